-- What an owner notes of a vendor, and whether it gets work from this owner.
alter table owner_vendors
    add column categories text[] not null default '{}',
    add column note text,
    add column blocked_at timestamptz,
    add column blocked_reason text,
    add column blocked_by_id uuid,
    add constraint fk_owner_vendors_blocked_by_id foreign key (blocked_by_id) references users (id),
    add constraint ck_owner_vendors_blocked_with_reason
        check ((blocked_at is null) = (blocked_reason is null));
alter table owner_vendors alter column categories drop default;

-- How to reach a vendor. ``kept_by_id`` is the owner that entered it and keeps these details
-- until the vendor does so itself or another owner works with it too.
alter table vendor_orgs
    add column contact_name text,
    add column emergency_phone text,
    add column website text,
    add column kept_by_id uuid,
    add constraint fk_vendor_orgs_kept_by_id
        foreign key (kept_by_id) references property_owners (id);
create index ix_vendor_orgs_name on vendor_orgs (lower(name), id);

-- Insurances and certificates, kept by each owner for itself, with the file and who checked it.
create table vendor_certificates (
    id uuid not null,
    property_owner_id uuid not null,
    vendor_org_id uuid not null,
    kind text not null,
    title text,
    number text,
    issuer text,
    valid_from date,
    valid_until date,
    added_by_id uuid not null,
    verified_at timestamptz,
    verified_by_id uuid,
    removed_at timestamptz,
    storage_key text,
    thumbnail_key text,
    file_name text,
    content_type text,
    size_bytes bigint,
    sha256 bytea,
    scan_state text,
    scan_attempts integer not null,
    scan_retry_at timestamptz,
    scan_note text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_vendor_certificates primary key (id),
    constraint fk_vendor_certificates_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_vendor_certificates_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id)
        references owner_vendors (property_owner_id, vendor_org_id),
    constraint fk_vendor_certificates_added_by_id foreign key (added_by_id) references users (id),
    constraint fk_vendor_certificates_verified_by_id
        foreign key (verified_by_id) references users (id),
    constraint ck_vendor_certificates_kind_known
        check (kind in ('liability_insurance', 'accident_insurance', 'trade_licence',
            'qualification', 'tax_exemption', 'other')),
    constraint ck_vendor_certificates_scan_state_known
        check (scan_state in ('pending', 'clean', 'infected')),
    constraint ck_vendor_certificates_file_is_scanned
        check ((storage_key is null) = (scan_state is null)),
    constraint ck_vendor_certificates_period check (valid_until >= valid_from)
);
create index ix_vendor_certificates_property_owner_id_vendor_org_id
    on vendor_certificates (property_owner_id, vendor_org_id);
create index ix_vendor_certificates_due on vendor_certificates (property_owner_id, valid_until)
    where removed_at is null;
create index ix_vendor_certificates_unscanned on vendor_certificates (created_at)
    where scan_state = 'pending';
alter table vendor_certificates enable row level security;
alter table vendor_certificates force row level security;
create policy owner on vendor_certificates
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on vendor_certificates to ecopick_app;

-- Owners with certificates that end by a day, or with files that wait for the scanner.
create function owners_with_certificates(kind text, at timestamptz) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select distinct c.property_owner_id from vendor_certificates c
    where c.removed_at is null
        and (
            (owners_with_certificates.kind = 'ending' and c.valid_until <= at::date)
            or (owners_with_certificates.kind = 'unscanned' and c.scan_state = 'pending'
                and (c.scan_retry_at is null or c.scan_retry_at <= at))
        )
    order by 1
$$;
grant select on vendor_certificates to ecopick_definer;
revoke execute on function owners_with_certificates(text, timestamptz) from public;
grant execute on function owners_with_certificates(text, timestamptz)
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function owners_with_certificates(text, timestamptz) owner to ecopick_definer;

-- Whether a solution held, after how many visits, and what management found of it.
alter table vendor_performances
    add column reopened_at timestamptz,
    add column visits integer,
    add column rated_at timestamptz,
    add column rated_by_id uuid,
    add constraint fk_vendor_performances_rated_by_id foreign key (rated_by_id) references users (id);
create index ix_vendor_performances_vendor_org_id_created_at
    on vendor_performances (property_owner_id, vendor_org_id, created_at);

-- Roughly what a service costs.
alter table service_items
    add column price_from numeric(10, 2),
    add column currency text,
    add constraint ck_service_items_price_has_currency
        check ((price_from is null) = (currency is null));
