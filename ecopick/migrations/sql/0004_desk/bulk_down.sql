drop function owners_with_bulk_acts();
drop table bulk_results;
drop table bulk_acts;
