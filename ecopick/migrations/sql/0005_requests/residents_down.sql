drop table ticket_ratings;
alter table ticket_stakeholders drop column of_household;
alter table tickets drop column shared_at_home;
