-- Tables that are taken over from elsewhere: the uploaded file, how its columns are read, how
-- far a worker is. The object goes a week after the end, the row stays.
create table imports (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid not null,
    kind text not null,
    language text not null,
    file_name text not null,
    storage_key text,
    size_bytes bigint not null,
    charset text not null,
    delimiter text not null,
    columns text[] not null,
    mapping jsonb not null,
    state text not null,
    rows_total integer not null,
    rows_done integer not null,
    created integer not null,
    changed integer not null,
    unchanged integer not null,
    refused integer not null,
    attempts integer not null,
    started_at timestamptz,
    ended_at timestamptz,
    created_at timestamptz not null,
    constraint pk_imports primary key (id),
    constraint uq_imports_property_owner_id_id unique (property_owner_id, id),
    constraint fk_imports_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_imports_user_id foreign key (user_id) references users (id),
    constraint ck_imports_kind_known check (kind in ('buildings', 'units', 'people', 'tickets')),
    constraint ck_imports_state_known
        check (state in ('uploaded', 'checking', 'checked', 'importing', 'done', 'failed',
            'cancelled'))
);
create index ix_imports_property_owner_id_created_at on imports (property_owner_id, created_at);
create index ix_imports_unfinished on imports (property_owner_id, created_at)
    where state in ('checking', 'importing');
create index ix_imports_kept on imports (ended_at) where storage_key is not null;

-- What a row of a file became: a file that comes again changes only what differs in it. Keys
-- stand here as hashes, for they may hold addresses.
create table import_keys (
    property_owner_id uuid not null,
    kind text not null,
    key_hash bytea not null,
    row_hash bytea not null,
    target_id uuid not null,
    import_id uuid not null,
    constraint pk_import_keys primary key (property_owner_id, kind, key_hash),
    constraint fk_import_keys_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_import_keys_property_owner_id_import_id
        foreign key (property_owner_id, import_id) references imports (property_owner_id, id),
    constraint ck_import_keys_kind_known
        check (kind in ('buildings', 'units', 'people', 'tickets'))
);

-- Rows that could not be taken, with the reason as it is translated when it is read.
create table import_errors (
    property_owner_id uuid not null,
    import_id uuid not null,
    line integer not null,
    number smallint not null,
    field text not null,
    message text not null,
    facts jsonb not null,
    constraint pk_import_errors primary key (import_id, line, number),
    constraint fk_import_errors_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_import_errors_property_owner_id_import_id
        foreign key (property_owner_id, import_id) references imports (property_owner_id, id)
);

do $$
declare
    name text;
    mine constant text := 'property_owner_id = any ((select app_owner_ids())::uuid[])';
begin
    foreach name in array array['imports', 'import_keys', 'import_errors'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy owner on %I using (%s) with check (%s)', name, mine, mine
        );
        execute format('grant select, insert, update on %I to ecopick_app', name);
    end loop;
end
$$;
-- A file that is checked again gets its errors anew.
grant delete on import_errors to ecopick_app;

-- Owners with files to be worked on, or with files whose week is over.
create function owners_with_imports(kind text, at timestamptz) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select distinct i.property_owner_id from imports i
    where (owners_with_imports.kind = 'unfinished' and i.state in ('checking', 'importing'))
        or (owners_with_imports.kind = 'expired' and i.storage_key is not null
            and coalesce(i.ended_at, i.created_at) <= at)
    order by 1
$$;
grant select on imports to ecopick_definer;

-- Which of these addresses belong to an account, and whose it is where the person has to do
-- with the owner (in the scope) already; of all others only that there is one.
create function known_people(owner uuid, addresses public.citext[])
returns table (email public.citext, user_id uuid)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select u.email,
        case when exists (
                select from user_units h where h.user_id = u.id and h.property_owner_id = owner
            ) or exists (
                select from memberships m where m.user_id = u.id and m.property_owner_id = owner
            ) or exists (
                select from tickets t
                where t.reporter_id = u.id and t.property_owner_id = owner
                    and t.channel in ('public', 'email', 'qr')
            ) or exists (
                select from request_links l
                where l.user_id = u.id and l.property_owner_id = owner
            )
            then u.id
        end
    -- Joined, not compared with the array: that would read all people for thousands of addresses.
    from unnest(addresses) wanted
    join users u on u.email operator(public.=) wanted
    where not u.is_system and owner = any (app_owner_ids())
$$;

do $$
declare
    signature regprocedure;
begin
    foreach signature in array array[
        'owners_with_imports(text, timestamptz)', 'known_people(uuid, public.citext[])'
    ]::regprocedure[] loop
        execute format('revoke execute on function %s from public', signature);
        execute format(
            'grant execute on function %s to ecopick_app, ecopick_definer, ecopick_migrator',
            signature
        );
        execute format('alter function %s owner to ecopick_definer', signature);
    end loop;
end
$$;
