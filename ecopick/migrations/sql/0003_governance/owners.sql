-- Names of the owners whose staff a person is: for the switcher, which names owners that
-- the session does not act for. It answers for the acting person alone.
create function served_owners() returns table (id uuid, name text)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select o.id, o.name from property_owners o
    where o.id in (
        select m.property_owner_id from memberships m
        where m.user_id = app_user_id() and m.property_owner_id is not null
            and m.tenant_company_id is null and m.ended_at is null and m.status = 'active'
    )
$$;
grant select on property_owners to ecopick_definer;
revoke execute on function served_owners() from public;
grant execute on function served_owners() to ecopick_app, ecopick_definer, ecopick_migrator;
alter function served_owners() owner to ecopick_definer;
