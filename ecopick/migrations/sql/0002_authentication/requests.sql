-- Whoever asks for a role or a home names a unit or company that they cannot see yet.

grant select on units, tenant_companies to ecopick_definer;

-- The place of a unit, for the person who says to live there.
create function find_unit_place(unit uuid)
returns table (property_owner_id uuid, building_id uuid)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select u.property_owner_id, u.building_id from units u where u.id = unit
$$;

-- The owner of a tenant company, for the person who asks for a role in it.
create function find_tenant_company(company uuid) returns table (property_owner_id uuid)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select c.property_owner_id from tenant_companies c where c.id = company
$$;
