-- Owners, buildings, units, sections, tenant companies, leases.

create table property_owners (
    id uuid not null,
    name text not null,
    owner_type text not null,
    ticket_prefix text not null,
    vat_id text,
    address text,
    iban text,
    settings jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_property_owners primary key (id),
    constraint ck_property_owners_owner_type_known
        check (owner_type in ('property_management', 'landlord'))
);

create table buildings (
    id uuid not null,
    property_owner_id uuid not null,
    name text not null,
    address1 text,
    address2 text,
    city text,
    postal_code text,
    country text,
    time_zone text not null,
    default_language text not null,
    emergency_phone text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_buildings primary key (id),
    constraint uq_buildings_property_owner_id_id unique (property_owner_id, id)
);
create index ix_buildings_property_owner_id on buildings (property_owner_id);

create table tenant_companies (
    id uuid not null,
    property_owner_id uuid not null,
    name text not null,
    company_type text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_tenant_companies primary key (id),
    constraint uq_tenant_companies_property_owner_id_id unique (property_owner_id, id),
    constraint ck_tenant_companies_company_type_known
        check (company_type in ('corporate', 'residential', 'retail'))
);
create index ix_tenant_companies_property_owner_id_name
    on tenant_companies (property_owner_id, name);

create table leases (
    id uuid not null,
    property_owner_id uuid not null,
    tenant_company_id uuid not null,
    building_id uuid not null,
    start_date date not null,
    end_date date,
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_leases primary key (id),
    constraint uq_leases_property_owner_id_id unique (property_owner_id, id),
    constraint uq_leases_property_owner_id_building_id_id
        unique (property_owner_id, building_id, id),
    constraint ck_leases_period check (end_date is null or end_date >= start_date)
);
create index ix_leases_building_id on leases (building_id);
create index ix_leases_is_active on leases (is_active);
create index ix_leases_tenant_company_id on leases (tenant_company_id);

create table units (
    id uuid not null,
    property_owner_id uuid not null,
    building_id uuid not null,
    label text not null,
    unit_type text not null,
    floor text,
    description text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_units primary key (id),
    constraint uq_units_property_owner_id_id unique (property_owner_id, id),
    constraint uq_units_property_owner_id_building_id_id unique (property_owner_id, building_id, id),
    constraint uq_units_property_owner_id_building_id_label
        unique (property_owner_id, building_id, label),
    constraint ck_units_unit_type_known
        check (unit_type in ('APARTMENT', 'OFFICE', 'PARKING', 'STORAGE', 'RETAIL', 'COMMON_AREA',
            'AMENITY', 'ROOFTOP', 'OTHER'))
);
create index ix_units_building_id on units (building_id);
create index ix_units_unit_type on units (unit_type);

create table lease_units (
    id uuid not null,
    property_owner_id uuid not null,
    lease_id uuid not null,
    building_id uuid not null,
    unit_id uuid not null,
    created_at timestamptz not null,
    constraint pk_lease_units primary key (id),
    constraint uq_lease_units_property_owner_id_lease_id_unit_id
        unique (property_owner_id, lease_id, unit_id)
);
create index ix_lease_units_unit_id on lease_units (unit_id);

create table unit_sections (
    id uuid not null,
    property_owner_id uuid not null,
    unit_id uuid not null,
    name text not null,
    section_type text not null,
    floor text,
    room_number text,
    description text,
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_unit_sections primary key (id),
    constraint uq_unit_sections_property_owner_id_id unique (property_owner_id, id),
    constraint uq_unit_sections_property_owner_id_unit_id_id unique (property_owner_id, unit_id, id),
    constraint uq_unit_sections_property_owner_id_unit_id_name
        unique (property_owner_id, unit_id, name),
    constraint ck_unit_sections_section_type_known
        check (section_type in ('KITCHEN', 'PANTRY', 'BATHROOM', 'BEDROOM', 'LIVING_ROOM',
            'DINING_ROOM', 'CORRIDOR', 'ENTRANCE', 'BALCONY', 'CLOSET', 'LAUNDRY',
            'CONFERENCE_ROOM', 'WORKSPACE', 'RECEPTION', 'BREAKROOM', 'RESTROOM', 'LOBBY',
            'STAIRWELL', 'ELEVATOR', 'MECHANICAL', 'UTILITY', 'OTHER'))
);
create index ix_unit_sections_is_active on unit_sections (is_active);
create index ix_unit_sections_section_type on unit_sections (section_type);
create index ix_unit_sections_unit_id on unit_sections (unit_id);
