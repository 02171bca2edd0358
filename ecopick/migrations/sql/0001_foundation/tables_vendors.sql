-- Vendors, catalogues, rates, invoices.

create table vendor_orgs (
    id uuid not null,
    name text not null,
    email text,
    phone text,
    language text not null,
    vat_id text,
    address text,
    iban text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_vendor_orgs primary key (id)
);

create table billing_rates (
    id uuid not null,
    vendor_org_id uuid not null,
    category text not null,
    rate_type text not null,
    amount numeric(10, 2) not null,
    currency text not null,
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_billing_rates primary key (id),
    constraint ck_billing_rates_rate_type_known check (rate_type in ('HOURLY', 'FIXED', 'PER_UNIT'))
);
create index ix_billing_rates_category on billing_rates (category);
create index ix_billing_rates_is_active on billing_rates (is_active);
create index ix_billing_rates_vendor_org_id on billing_rates (vendor_org_id);

create table owner_vendors (
    id uuid not null,
    property_owner_id uuid not null,
    vendor_org_id uuid not null,
    ended_at timestamptz,
    created_at timestamptz not null,
    constraint pk_owner_vendors primary key (id),
    constraint uq_owner_vendors_property_owner_id_vendor_org_id
        unique (property_owner_id, vendor_org_id)
);
create index ix_owner_vendors_vendor_org_id on owner_vendors (vendor_org_id);

create table service_catalogs (
    id uuid not null,
    property_owner_id uuid,
    vendor_org_id uuid,
    name text not null,
    description text,
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_service_catalogs primary key (id),
    constraint uq_service_catalogs_property_owner_id_id unique (property_owner_id, id),
    constraint uq_service_catalogs_vendor_org_id_id unique (vendor_org_id, id),
    constraint ck_service_catalogs_one_side
        check ((property_owner_id is null) <> (vendor_org_id is null))
);
create index ix_service_catalogs_property_owner_id on service_catalogs (property_owner_id);
create index ix_service_catalogs_vendor_org_id on service_catalogs (vendor_org_id);

create table service_items (
    id uuid not null,
    property_owner_id uuid,
    vendor_org_id uuid,
    catalog_id uuid not null,
    name text not null,
    description text,
    category text not null,
    estimated_duration_minutes integer,
    requires_access boolean not null,
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_service_items primary key (id),
    constraint ck_service_items_one_side
        check ((property_owner_id is null) <> (vendor_org_id is null))
);
create index ix_service_items_catalog_id on service_items (catalog_id);

create table vendor_subscriptions (
    id uuid not null,
    property_owner_id uuid not null,
    vendor_org_id uuid not null,
    building_id uuid,
    categories text[] not null,
    is_active boolean not null,
    notify_urgent boolean not null,
    notify_high boolean not null,
    notify_medium boolean not null,
    notify_low boolean not null,
    max_concurrent_jobs integer,
    service_radius_miles numeric(8, 2),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_vendor_subscriptions primary key (id),
    constraint uq_vendor_subscriptions_vendor_org_id_building_id_prope_36a8
        unique nulls not distinct (vendor_org_id, building_id, property_owner_id)
);
create index ix_vendor_subscriptions_property_owner_id_is_active
    on vendor_subscriptions (property_owner_id, is_active);

create table invoices (
    id uuid not null,
    property_owner_id uuid not null,
    vendor_org_id uuid not null,
    ticket_id uuid,
    invoice_number text not null,
    status text not null,
    total_amount numeric(12, 2) not null,
    tax_amount numeric(12, 2),
    currency text not null,
    issue_date date,
    due_date date,
    line_items jsonb not null,
    approved_by_id uuid,
    paid_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_invoices primary key (id),
    constraint uq_invoices_property_owner_id_vendor_org_id_invoice_number
        unique (property_owner_id, vendor_org_id, invoice_number),
    constraint ck_invoices_status_known
        check (status in ('DRAFT', 'SUBMITTED', 'APPROVED', 'PAID', 'DISPUTED', 'CANCELLED'))
);
create index ix_invoices_due_date on invoices (due_date);
create index ix_invoices_property_owner_id on invoices (property_owner_id);
create index ix_invoices_status on invoices (status);
create index ix_invoices_ticket_id on invoices (ticket_id);
create index ix_invoices_vendor_org_id on invoices (vendor_org_id);

create table vendor_opportunity_views (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    vendor_org_id uuid not null,
    viewed_at timestamptz not null,
    viewed_by_id uuid not null,
    constraint pk_vendor_opportunity_views primary key (id),
    constraint uq_vendor_opportunity_views_property_owner_id_ticket_id_cc95
        unique (property_owner_id, ticket_id, vendor_org_id)
);

create table vendor_performances (
    id uuid not null,
    property_owner_id uuid not null,
    vendor_org_id uuid not null,
    ticket_id uuid not null,
    response_time_minutes integer,
    resolution_time_minutes integer,
    rating integer,
    rating_comment text,
    sla_met_deadline boolean,
    created_at timestamptz not null,
    constraint pk_vendor_performances primary key (id),
    constraint uq_vendor_performances_property_owner_id_vendor_org_id__38eb
        unique (property_owner_id, vendor_org_id, ticket_id),
    constraint ck_vendor_performances_rating_range check (rating between 1 and 5)
);
create index ix_vendor_performances_ticket_id on vendor_performances (ticket_id);
