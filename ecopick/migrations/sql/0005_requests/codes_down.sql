drop function find_place_code(text);
drop table place_codes;
revoke select on unit_sections from ecopick_definer;
