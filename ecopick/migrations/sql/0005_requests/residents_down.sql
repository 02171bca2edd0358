drop table ticket_ratings;
alter table tickets drop column shared_at_home;
