-- The four streams, their seals, the keys of people.

create table access_decisions (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid not null,
    action text not null,
    resource_type text not null,
    resource_id uuid,
    granted boolean not null,
    policy_name text,
    reason text,
    ip text,
    user_agent text,
    method text,
    route text,
    request_id text,
    correlation_id text,
    body bytea not null,
    content_hash bytea generated always as (sha256(body)) stored not null,
    xid xid8 default pg_current_xact_id() not null,
    created_at timestamptz not null,
    constraint pk_access_decisions primary key (id, created_at)
) partition by range (created_at);
create index ix_access_decisions_granted_created_at on access_decisions (granted, created_at);
create index ix_access_decisions_property_owner_id_created_at
    on access_decisions (property_owner_id, created_at);
create index ix_access_decisions_resource_type_resource_id_created_at
    on access_decisions (resource_type, resource_id, created_at);
create index ix_access_decisions_user_id_created_at on access_decisions (user_id, created_at);
create index ix_access_decisions_xid on access_decisions (xid);

create table access_events (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid not null,
    action text not null,
    resource_type text not null,
    resource_id uuid,
    context_org_id uuid,
    metadata jsonb,
    ip text,
    user_agent text,
    method text,
    route text,
    request_id text,
    correlation_id text,
    body bytea not null,
    content_hash bytea generated always as (sha256(body)) stored not null,
    xid xid8 default pg_current_xact_id() not null,
    created_at timestamptz not null,
    constraint pk_access_events primary key (id, created_at),
    constraint ck_access_events_action_known
        check (action in ('VIEW', 'LIST', 'SEARCH', 'EXPORT', 'DOWNLOAD'))
) partition by range (created_at);
create index ix_access_events_context_org_id_created_at
    on access_events (context_org_id, created_at);
create index ix_access_events_property_owner_id_created_at
    on access_events (property_owner_id, created_at);
create index ix_access_events_resource_type_resource_id_created_at
    on access_events (resource_type, resource_id, created_at);
create index ix_access_events_user_id_created_at on access_events (user_id, created_at);
create index ix_access_events_xid on access_events (xid);

create table audit_heads (
    property_owner_id uuid not null,
    stream text not null,
    seq bigint not null,
    hash bytea not null,
    constraint pk_audit_heads primary key (property_owner_id, stream)
);

create table audit_seals (
    property_owner_id uuid not null,
    stream text not null,
    seq bigint not null,
    entry_id uuid not null,
    entry_created_at timestamptz not null,
    content_hash bytea not null,
    prev_hash bytea not null,
    hash bytea not null,
    constraint pk_audit_seals primary key (property_owner_id, stream, seq),
    constraint uq_audit_seals_entry_id unique (entry_id)
);

create table auth_audit_events (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid,
    email text,
    action text not null,
    outcome text not null,
    reason_code text,
    device_fingerprint text,
    meta jsonb,
    ip text,
    user_agent text,
    method text,
    route text,
    request_id text,
    correlation_id text,
    body bytea not null,
    content_hash bytea generated always as (sha256(body)) stored not null,
    xid xid8 default pg_current_xact_id() not null,
    created_at timestamptz not null,
    constraint pk_auth_audit_events primary key (id, created_at)
) partition by range (created_at);
create index ix_auth_audit_events_created_at on auth_audit_events (created_at);
create index ix_auth_audit_events_property_owner_id_created_at
    on auth_audit_events (property_owner_id, created_at);
create index ix_auth_audit_events_user_id_created_at on auth_audit_events (user_id, created_at);
create index ix_auth_audit_events_xid on auth_audit_events (xid);

create table subject_keys (
    property_owner_id uuid not null,
    subject_id uuid not null,
    wrapped_key bytea,
    destroyed_at timestamptz,
    created_at timestamptz not null,
    constraint pk_subject_keys primary key (property_owner_id, subject_id)
);

create table audit_events (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid,
    actor_id uuid,
    action text not null,
    meta jsonb,
    changes jsonb,
    ip text,
    user_agent text,
    method text,
    route text,
    request_id text,
    correlation_id text,
    body bytea not null,
    content_hash bytea generated always as (sha256(body)) stored not null,
    xid xid8 default pg_current_xact_id() not null,
    created_at timestamptz not null,
    constraint pk_audit_events primary key (id, created_at),
    constraint ck_audit_events_action_known
        check (action in ('TICKET_CREATED', 'STATUS_CHANGED', 'TRIAGED', 'ASSIGNED', 'DISPATCHED',
            'VENDOR_ACCEPTED', 'VENDOR_DECLINED', 'MESSAGE_POSTED', 'ATTACHMENT_UPLOADED',
            'RESOLVED', 'CLOSED', 'CANCELLED', 'STAKEHOLDER_ADDED', 'STAKEHOLDER_REMOVED',
            'TICKET_UPDATED', 'ENTITY_CREATED', 'ENTITY_UPDATED', 'ENTITY_STATUS_CHANGED',
            'ENTITY_DEACTIVATED'))
) partition by range (created_at);
create index ix_audit_events_actor_id_created_at on audit_events (actor_id, created_at);
create index ix_audit_events_property_owner_id_created_at
    on audit_events (property_owner_id, created_at);
create index ix_audit_events_ticket_id_created_at on audit_events (ticket_id, created_at);
create index ix_audit_events_xid on audit_events (xid);
