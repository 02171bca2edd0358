drop function owners_with_list_exports(text, timestamptz);
drop table list_exports;
