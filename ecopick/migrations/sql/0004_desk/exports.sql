-- Files of ticket lists that a worker makes; the object goes after a day, the row stays.
create table list_exports (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid not null,
    language text not null,
    format text not null,
    filters jsonb not null,
    columns text[] not null,
    state text not null,
    rows_total integer not null,
    rows_done integer not null,
    attempts integer not null,
    storage_key text,
    size_bytes bigint,
    started_at timestamptz,
    ready_at timestamptz,
    expires_at timestamptz,
    created_at timestamptz not null,
    constraint pk_list_exports primary key (id),
    constraint fk_list_exports_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_list_exports_user_id foreign key (user_id) references users (id),
    constraint ck_list_exports_format_known check (format in ('csv', 'xlsx', 'json')),
    constraint ck_list_exports_state_known
        check (state in ('waiting', 'ready', 'failed', 'cancelled', 'removed'))
);
create index ix_list_exports_user_id_created_at on list_exports (user_id, created_at);
create index ix_list_exports_state_expires_at on list_exports (state, expires_at);
alter table list_exports enable row level security;
alter table list_exports force row level security;
create policy owner on list_exports
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on list_exports to ecopick_app;

-- Owners with lists to be made, or with files whose time is over.
create function owners_with_list_exports(kind text, at timestamptz) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select distinct x.property_owner_id from list_exports x
    where (kind = 'waiting' and x.state = 'waiting')
        or (kind = 'expired' and x.storage_key is not null and x.expires_at <= at)
    order by 1
$$;
grant select on list_exports to ecopick_definer;
revoke execute on function owners_with_list_exports(text, timestamptz) from public;
grant execute on function owners_with_list_exports(text, timestamptz)
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function owners_with_list_exports(text, timestamptz) owner to ecopick_definer;
