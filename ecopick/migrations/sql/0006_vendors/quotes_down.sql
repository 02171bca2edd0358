drop function find_opportunity_link(bytea);
drop table opportunity_links;
drop table quotes;
alter table tickets drop column quotes_told_at, drop column collects_quotes;
