-- People, roles, ties to units, invitations.

create table users (
    id uuid not null,
    email citext not null,
    email_verified boolean not null,
    name text,
    first_name text,
    last_name text,
    phone text,
    birth_date date,
    sex text,
    language text not null,
    is_app_admin boolean not null,
    is_system boolean not null,
    password_hash text,
    password_updated_at timestamptz,
    two_factor_enabled boolean not null,
    totp_secret_enc text,
    two_factor_enabled_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_users primary key (id),
    constraint uq_users_email unique (email)
);

create table user_onboardings (
    id uuid not null,
    user_id uuid not null,
    type text not null,
    role text,
    step text not null,
    data jsonb,
    started_at timestamptz not null,
    completed_at timestamptz,
    updated_at timestamptz not null,
    constraint pk_user_onboardings primary key (id),
    constraint uq_user_onboardings_user_id_type unique (user_id, type),
    constraint ck_user_onboardings_type_known check (type in ('user', 'role')),
    constraint ck_user_onboardings_role_known
        check (role in ('PROPERTY_OWNER', 'BUILDING_MANAGER', 'BUILDING_MAINTENANCE',
            'TENANT_ADMIN', 'TENANT_COORDINATOR', 'TENANT_OCCUPANT', 'RESIDENT', 'BUILDING_ADMIN',
            'CARETAKER', 'VENDOR_ADMIN', 'VENDOR_TECH'))
);

create table invitations (
    id uuid not null,
    property_owner_id uuid not null,
    token_hash bytea not null,
    version integer not null,
    email citext not null,
    first_name text,
    last_name text,
    role text not null,
    organization_type text,
    organization_id uuid,
    building_id uuid,
    unit_id uuid,
    metadata jsonb,
    status text not null,
    invited_by uuid,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null,
    constraint pk_invitations primary key (id),
    constraint uq_invitations_token_hash unique (token_hash),
    constraint ck_invitations_role_known
        check (role in ('PROPERTY_OWNER', 'BUILDING_MANAGER', 'BUILDING_MAINTENANCE',
            'TENANT_ADMIN', 'TENANT_COORDINATOR', 'TENANT_OCCUPANT', 'RESIDENT', 'BUILDING_ADMIN',
            'CARETAKER', 'VENDOR_ADMIN', 'VENDOR_TECH')),
    constraint ck_invitations_organization_type_known
        check (organization_type in ('property_owner', 'tenant_company', 'vendor_org')),
    constraint ck_invitations_status_known
        check (status in ('pending', 'accepted', 'expired', 'revoked')),
    constraint ck_invitations_unit_in_building check (unit_id is null or building_id is not null)
);
create index ix_invitations_email on invitations (email);
create index ix_invitations_organization_id on invitations (organization_id);
create index ix_invitations_property_owner_id_status on invitations (property_owner_id, status);

create table memberships (
    id uuid not null,
    property_owner_id uuid,
    user_id uuid not null,
    role text not null,
    tenant_company_id uuid,
    vendor_org_id uuid,
    building_id uuid,
    unit_id uuid,
    status text not null,
    ended_at timestamptz,
    ended_by_id uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_memberships primary key (id),
    constraint ck_memberships_role_known
        check (role in ('PROPERTY_OWNER', 'BUILDING_MANAGER', 'BUILDING_MAINTENANCE',
            'TENANT_ADMIN', 'TENANT_COORDINATOR', 'TENANT_OCCUPANT', 'RESIDENT', 'BUILDING_ADMIN',
            'CARETAKER', 'VENDOR_ADMIN', 'VENDOR_TECH')),
    constraint ck_memberships_status_known check (status in ('pending', 'active')),
    constraint ck_memberships_one_organisation
        check ((property_owner_id is null) <> (vendor_org_id is null)),
    constraint ck_memberships_vendor_alone
        check (property_owner_id is not null or (tenant_company_id is null and building_id is null
            and unit_id is null)),
    constraint ck_memberships_unit_in_building check (unit_id is null or building_id is not null),
    constraint ck_memberships_vendor_role
        check ((role in ('VENDOR_ADMIN', 'VENDOR_TECH')) = (vendor_org_id is not null)),
    constraint ck_memberships_tenant_staff_company
        check (tenant_company_id is not null or role not in ('TENANT_ADMIN', 'TENANT_COORDINATOR')),
    constraint ck_memberships_company_tenant_role
        check (tenant_company_id is null or role in ('TENANT_ADMIN', 'TENANT_COORDINATOR',
            'TENANT_OCCUPANT'))
);
create index ix_memberships_building_id on memberships (building_id);
create index ix_memberships_property_owner_id on memberships (property_owner_id);
create index ix_memberships_tenant_company_id on memberships (tenant_company_id);
create index ix_memberships_unit_id on memberships (unit_id);
create index ix_memberships_user_id on memberships (user_id);
create index ix_memberships_vendor_org_id on memberships (vendor_org_id);

create table user_units (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid not null,
    unit_id uuid not null,
    building_id uuid not null,
    relationship text not null,
    is_primary boolean not null,
    can_raise_tickets boolean not null,
    start_date date not null,
    end_date date,
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_user_units primary key (id),
    constraint uq_user_units_property_owner_id_user_id_unit_id
        unique (property_owner_id, user_id, unit_id),
    constraint ck_user_units_relationship_known
        check (relationship in ('resident', 'owner', 'parking', 'workspace')),
    constraint ck_user_units_period check (end_date is null or end_date >= start_date)
);
create index ix_user_units_building_id on user_units (building_id);
create index ix_user_units_is_active on user_units (is_active);
create index ix_user_units_unit_id on user_units (unit_id);
create index ix_user_units_user_id on user_units (user_id);
