-- The scope of a transaction, as set by the application with set_config(…, true),
-- and the folding of text for search. Unset settings give null, hence no rows.

create function app_owner_ids() returns uuid[]
language sql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$ select nullif(current_setting('app.owner_ids', true), '')::uuid[] $$;

create function app_user_id() returns uuid
language sql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$ select nullif(current_setting('app.user_id', true), '')::uuid $$;

-- The address whose control is being proved, before there is a person.
create function app_email() returns public.citext
language sql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$ select nullif(current_setting('app.email', true), '')::public.citext $$;

create function platform_owner_id() returns uuid
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$ select '00000000-0000-0000-0000-000000000001'::uuid $$;

create function system_user_id() returns uuid
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$ select '00000000-0000-0000-0000-000000000002'::uuid $$;

-- Whether the product itself is at work, rather than a person.
create function app_is_system() returns boolean
language sql stable parallel safe
set search_path = pg_catalog, public, pg_temp
as $$ select coalesce(app_user_id(), system_user_id()) = system_user_id() $$;

-- Text without case and accents.
create function app_fold(value text) returns text
language sql immutable parallel safe strict
set search_path = pg_catalog, public, pg_temp
as $$ select lower(public.unaccent('public.unaccent'::regdictionary, value)) $$;

create function ticket_search_vector(number bigint, title text, description text) returns tsvector
language sql immutable parallel safe
set search_path = pg_catalog, public, pg_temp
as $$
    select setweight(to_tsvector('simple', number::text), 'A')
        || setweight(to_tsvector('simple', app_fold(title)), 'A')
        || setweight(to_tsvector('simple', coalesce(app_fold(description), '')), 'B')
$$;
