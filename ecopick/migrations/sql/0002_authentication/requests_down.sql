drop function find_unit_place(uuid);
drop function find_tenant_company(uuid);
revoke select on units, tenant_companies from ecopick_definer;
