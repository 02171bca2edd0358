drop function similar_tickets(uuid, uuid[], integer);
alter table tickets drop constraint ck_tickets_not_its_own_parent;
drop table ticket_links;
