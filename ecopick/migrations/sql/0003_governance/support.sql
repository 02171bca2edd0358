-- App administrators at work for an owner, for a stated reason and a short time: with
-- all rights there (no subject), or seeing with the eyes of one person.
create table support_accesses (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid not null,
    family_id uuid not null,
    subject_id uuid,
    reason text not null,
    ends_at timestamptz not null,
    ended_at timestamptz,
    created_at timestamptz not null,
    constraint pk_support_accesses primary key (id),
    constraint fk_support_accesses_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_support_accesses_user_id foreign key (user_id) references users (id),
    constraint fk_support_accesses_subject_id foreign key (subject_id) references users (id)
);
create index ix_support_accesses_user_id_family_id on support_accesses (user_id, family_id);
create index ix_support_accesses_property_owner_id_created_at
    on support_accesses (property_owner_id, created_at);
alter table support_accesses enable row level security;
alter table support_accesses force row level security;
do $$
declare
    mine constant text := 'property_owner_id = any ((select app_owner_ids())::uuid[])';
begin
    execute format(
        'create policy read on support_accesses for select'
        ' using (%s or user_id = (select app_user_id()))', mine
    );
    execute format('create policy add on support_accesses for insert with check (%s)', mine);
    execute format(
        'create policy change on support_accesses for update'
        ' using (user_id = (select app_user_id())) with check (%s)', mine
    );
end
$$;
grant select, insert, update on support_accesses to ecopick_app;

-- Every owner by name, for app administrators alone.
create function owners_for_support() returns table (id uuid, name text)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select o.id, o.name from property_owners o
    where o.id <> platform_owner_id()
        and exists (select from users u where u.id = app_user_id() and u.is_app_admin)
    order by lower(o.name), o.id
$$;
revoke execute on function owners_for_support() from public;
grant execute on function owners_for_support()
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function owners_for_support() owner to ecopick_definer;
