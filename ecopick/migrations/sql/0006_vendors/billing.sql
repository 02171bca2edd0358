-- Where invoices are sent from and to, as EN 16931 asks for it, and until when they are paid.
alter table vendor_orgs
    add column postcode text,
    add column city text,
    add column country text,
    add column tax_number text,
    add column payment_days integer,
    add constraint ck_vendor_orgs_payment_days_range check (payment_days between 0 and 365);
alter table property_owners
    add column postcode text,
    add column city text,
    add column country text;

-- A price of the vendor for everybody, or one agreed with a single owner.
alter table billing_rates
    add column property_owner_id uuid,
    add column note text,
    add constraint fk_billing_rates_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_billing_rates_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id)
        references owner_vendors (property_owner_id, vendor_org_id);
-- Of the same price written twice the newer one counts.
update billing_rates set is_active = false where id in (
    select id from (
        select id, row_number() over (
            partition by vendor_org_id, category, rate_type order by created_at desc, id desc
        ) as place
        from billing_rates where is_active
    ) as rates where place > 1
);
create unique index uq_billing_rates_active on billing_rates
    (vendor_org_id, property_owner_id, category, rate_type) nulls not distinct
    where is_active;
drop policy vendor on billing_rates;
create policy vendor on billing_rates
    using (
        vendor_org_id = any ((select app_vendor_org_ids())::uuid[])
        and (property_owner_id is null
            or property_owner_id = any ((select app_owner_ids())::uuid[]))
    )
    with check (
        vendor_org_id = any ((select app_vendor_org_ids())::uuid[])
        and (property_owner_id is null
            or property_owner_id = any ((select app_owner_ids())::uuid[]))
    );

-- Who did what to an invoice, both sides as they stood on it, and the file it came in.
alter table invoices
    add column source text not null default 'vendor',
    add column seller jsonb not null default '{}',
    add column buyer jsonb not null default '{}',
    add column service_date date,
    add column note text,
    add column tax_note text,
    add column created_by_id uuid,
    add column submitted_at timestamptz,
    add column submitted_by_id uuid,
    add column first_approved_at timestamptz,
    add column first_approved_by_id uuid,
    add column approved_at timestamptz,
    add column disputed_at timestamptz,
    add column disputed_by_id uuid,
    add column dispute_reason text,
    add column paid_by_id uuid,
    add column payment_reference text,
    add column cancelled_at timestamptz,
    add column cancelled_by_id uuid,
    add column cancel_reason text,
    add column version integer not null default 1,
    add column storage_key text,
    add column file_name text,
    add column content_type text,
    add column size_bytes bigint,
    add column sha256 bytea,
    add column scan_state text,
    add column scan_attempts integer not null default 0,
    add column scan_retry_at timestamptz,
    add column scan_note text,
    add constraint fk_invoices_created_by_id foreign key (created_by_id) references users (id),
    add constraint fk_invoices_submitted_by_id foreign key (submitted_by_id) references users (id),
    add constraint fk_invoices_first_approved_by_id
        foreign key (first_approved_by_id) references users (id),
    add constraint fk_invoices_disputed_by_id foreign key (disputed_by_id) references users (id),
    add constraint fk_invoices_paid_by_id foreign key (paid_by_id) references users (id),
    add constraint fk_invoices_cancelled_by_id foreign key (cancelled_by_id) references users (id),
    add constraint ck_invoices_source_known check (source in ('vendor', 'link', 'e_invoice', 'received')),
    add constraint ck_invoices_scan_state_known
        check (scan_state in ('pending', 'clean', 'infected')),
    add constraint ck_invoices_file_is_scanned
        check ((storage_key is null) = (scan_state is null)),
    add constraint ck_invoices_four_eyes check (first_approved_by_id <> approved_by_id);
update invoices set paid_at = case when status = 'PAID' then coalesce(paid_at, updated_at) end
    where (status = 'PAID') <> (paid_at is not null);
alter table invoices
    add constraint ck_invoices_paid_when check ((status = 'PAID') = (paid_at is not null));
alter table invoices
    alter column source drop default,
    alter column seller drop default,
    alter column buyer drop default,
    alter column version drop default,
    alter column scan_attempts drop default;
create index ix_invoices_property_owner_id_created_at
    on invoices (property_owner_id, created_at desc, id desc);
create index ix_invoices_unscanned on invoices (created_at) where scan_state = 'pending';

-- Owners with invoices whose files wait for the scanner.
create function owners_with_invoice_files(at timestamptz) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select distinct i.property_owner_id from invoices i
    where i.scan_state = 'pending' and (i.scan_retry_at is null or i.scan_retry_at <= at)
    order by 1
$$;
grant select on invoices to ecopick_definer;
revoke execute on function owners_with_invoice_files(timestamptz) from public;
grant execute on function owners_with_invoice_files(timestamptz)
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function owners_with_invoice_files(timestamptz) owner to ecopick_definer;
