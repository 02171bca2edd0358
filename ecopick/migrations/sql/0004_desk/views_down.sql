drop table ticket_reads;
drop table saved_views;
