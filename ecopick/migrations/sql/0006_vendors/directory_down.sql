alter table service_items drop column price_from, drop column currency;
drop index ix_vendor_performances_vendor_org_id_created_at;
alter table vendor_performances
    drop column reopened_at, drop column visits, drop column rated_at, drop column rated_by_id;
drop function owners_with_certificates(text, timestamptz);
drop table vendor_certificates;
drop index ix_vendor_orgs_name;
alter table vendor_orgs
    drop column contact_name, drop column emergency_phone, drop column website,
    drop column kept_by_id;
alter table owner_vendors
    drop column categories, drop column note, drop column blocked_at, drop column blocked_reason,
    drop column blocked_by_id;
