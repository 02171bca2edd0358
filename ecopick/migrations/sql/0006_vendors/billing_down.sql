drop function owners_with_invoice_files(timestamptz);
revoke select on invoices from ecopick_definer;
alter table invoices
    drop column source, drop column seller, drop column buyer, drop column service_date,
    drop column note, drop column tax_note, drop column created_by_id, drop column submitted_at,
    drop column submitted_by_id, drop column first_approved_at, drop column first_approved_by_id,
    drop column approved_at, drop column disputed_at, drop column disputed_by_id,
    drop column dispute_reason, drop column paid_by_id, drop column payment_reference,
    drop column cancelled_at, drop column cancelled_by_id, drop column cancel_reason,
    drop column version, drop column storage_key, drop column file_name,
    drop column content_type, drop column size_bytes, drop column sha256,
    drop column scan_state, drop column scan_attempts, drop column scan_retry_at,
    drop column scan_note,
    drop constraint if exists ck_invoices_paid_when;
drop index if exists ix_invoices_property_owner_id_created_at;

drop policy vendor on billing_rates;
drop index uq_billing_rates_active;
alter table billing_rates drop column property_owner_id, drop column note;
create policy vendor on billing_rates
    using (vendor_org_id = any ((select app_vendor_org_ids())::uuid[]))
    with check (vendor_org_id = any ((select app_vendor_org_ids())::uuid[]));

alter table property_owners drop column postcode, drop column city, drop column country;
alter table vendor_orgs
    drop column postcode, drop column city, drop column country, drop column tax_number,
    drop column payment_days;
