drop function owners_with_visits(timestamptz);
drop function find_vendor_sublink(bytea);
drop table vendor_sublinks;
drop table visit_checks;
drop table visits;
alter table attachments drop constraint uq_attachments_property_owner_id_id;
alter table vendor_links drop constraint uq_vendor_links_property_owner_id_id;
