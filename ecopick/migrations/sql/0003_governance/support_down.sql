drop function owners_for_support();
drop table support_accesses;
