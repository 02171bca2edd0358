drop function known_people(uuid, public.citext[]);
drop function owners_with_imports(text, timestamptz);
drop table import_errors;
drop table import_keys;
drop table imports;
