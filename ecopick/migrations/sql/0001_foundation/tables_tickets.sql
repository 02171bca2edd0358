-- Tickets and what hangs on them.

create table ticket_counters (
    property_owner_id uuid not null,
    last_number bigint not null,
    constraint pk_ticket_counters primary key (property_owner_id)
);

create table tickets (
    id uuid not null,
    property_owner_id uuid not null,
    number bigint not null,
    public_reference text,
    tenant_company_id uuid,
    building_id uuid not null,
    unit_id uuid,
    unit_section_id uuid,
    parent_id uuid,
    title text not null,
    description text,
    category text not null,
    priority text not null,
    status text not null,
    resume_status text,
    channel text not null,
    access_note text,
    reporter_id uuid not null,
    reporter_email text,
    current_assignment_id uuid,
    vendor_org_id uuid,
    sla_due_at timestamptz,
    sla_warn_at timestamptz,
    sla_warned_at timestamptz,
    sla_breached_at timestamptz,
    triaged_at timestamptz,
    resolved_at timestamptz,
    closed_at timestamptz,
    cancelled_at timestamptz,
    open_to_vendors boolean not null,
    vendor_deadline timestamptz,
    version integer not null,
    search tsvector generated always as (ticket_search_vector(number, title, description)) stored not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_tickets primary key (id),
    constraint uq_tickets_property_owner_id_id unique (property_owner_id, id),
    constraint uq_tickets_property_owner_id_number unique (property_owner_id, number),
    constraint uq_tickets_property_owner_id_public_reference
        unique (property_owner_id, public_reference),
    constraint ck_tickets_priority_known check (priority in ('LOW', 'MEDIUM', 'HIGH', 'URGENT')),
    constraint ck_tickets_status_known
        check (status in ('NEW', 'TRIAGED', 'ASSIGNED', 'VENDOR_OPPORTUNITY', 'VENDOR_PENDING',
            'IN_PROGRESS', 'AWAITING_TENANT', 'AWAITING_VENDOR', 'RESOLVED', 'CLOSED', 'CANCELLED')),
    constraint ck_tickets_resume_status_known
        check (resume_status in ('NEW', 'TRIAGED', 'ASSIGNED', 'VENDOR_OPPORTUNITY',
            'VENDOR_PENDING', 'IN_PROGRESS', 'AWAITING_TENANT', 'AWAITING_VENDOR', 'RESOLVED',
            'CLOSED', 'CANCELLED')),
    constraint ck_tickets_channel_known
        check (channel in ('web', 'qr', 'email', 'phone', 'api', 'public', 'schedule')),
    constraint ck_tickets_section_in_unit check (unit_section_id is null or unit_id is not null)
);
create index ix_tickets_building_id on tickets (building_id);
create index ix_tickets_open_to_vendors_category on tickets (open_to_vendors, category);
create index ix_tickets_outside_reporters
    on tickets (property_owner_id, reporter_id) where channel in ('public', 'email');
create index ix_tickets_parent_id on tickets (parent_id) where parent_id is not null;
create index ix_tickets_property_owner_id on tickets (property_owner_id, created_at desc, id desc);
create index ix_tickets_property_owner_id_status
    on tickets (property_owner_id, status, created_at desc);
create index ix_tickets_reporter_id on tickets (reporter_id);
create index ix_tickets_resolved on tickets (resolved_at) where status = 'RESOLVED';
create index ix_tickets_search on tickets using gin (search);
create index ix_tickets_sla_due on tickets (sla_due_at) where sla_breached_at is null;
create index ix_tickets_sla_warn on tickets (sla_warn_at) where sla_warned_at is null;
create index ix_tickets_tenant_company_id_status on tickets (tenant_company_id, status);
create index ix_tickets_title_trigrams on tickets using gin (app_fold(title) gin_trgm_ops);
create index ix_tickets_unit_id on tickets (unit_id);
create index ix_tickets_unit_section_id on tickets (unit_section_id);
create index ix_tickets_vendor_deadline
    on tickets (vendor_deadline) where status = 'VENDOR_OPPORTUNITY';
create index ix_tickets_vendor_org_id on tickets (vendor_org_id);

create table assignments (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    type text not null,
    state text not null,
    assigned_to_user_id uuid,
    vendor_org_id uuid,
    is_claim boolean not null,
    respond_by timestamptz,
    arrival_from timestamptz,
    arrival_until timestamptz,
    reason text,
    responded_at timestamptz,
    responded_by_id uuid,
    undo_until timestamptz,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_assignments primary key (id),
    constraint uq_assignments_property_owner_id_id unique (property_owner_id, id),
    constraint uq_assignments_property_owner_id_ticket_id_id
        unique (property_owner_id, ticket_id, id),
    constraint ck_assignments_type_known check (type in ('INTERNAL', 'VENDOR')),
    constraint ck_assignments_state_known
        check (state in ('PENDING', 'ACCEPTED', 'DECLINED', 'CANCELLED')),
    constraint ck_assignments_target
        check ((type = 'INTERNAL' and assigned_to_user_id is not null and vendor_org_id is null) or
            (type = 'VENDOR' and vendor_org_id is not null)),
    constraint ck_assignments_arrival_window check (arrival_until >= arrival_from)
);
create index ix_assignments_assigned_to_user_id on assignments (assigned_to_user_id);
create index ix_assignments_respond_by on assignments (respond_by) where state = 'PENDING';
create index ix_assignments_ticket_id on assignments (ticket_id);
create index ix_assignments_vendor_org_id on assignments (vendor_org_id);
create unique index uq_assignments_open
    on assignments (property_owner_id, ticket_id) where state in ('PENDING', 'ACCEPTED');

create table messages (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    author_id uuid not null,
    body text not null,
    visibility text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_messages primary key (id),
    constraint uq_messages_property_owner_id_id unique (property_owner_id, id),
    constraint uq_messages_property_owner_id_ticket_id_id unique (property_owner_id, ticket_id, id),
    constraint ck_messages_visibility_known check (visibility in ('everyone', 'team'))
);
create index ix_messages_ticket_id_created_at on messages (ticket_id, created_at);

create table ticket_stakeholders (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    user_id uuid not null,
    role text not null,
    can_view boolean not null,
    can_comment boolean not null,
    can_edit boolean not null,
    can_resolve boolean not null,
    added_by_id uuid not null,
    added_at timestamptz not null,
    removed_at timestamptz,
    constraint pk_ticket_stakeholders primary key (id),
    constraint uq_ticket_stakeholders_property_owner_id_ticket_id_user_id
        unique (property_owner_id, ticket_id, user_id),
    constraint ck_ticket_stakeholders_role_known
        check (role in ('observer', 'participant', 'assignee', 'vendor', 'approver'))
);
create index ix_ticket_stakeholders_ticket_id on ticket_stakeholders (ticket_id);
create index ix_ticket_stakeholders_user_id on ticket_stakeholders (user_id);

create table attachments (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    message_id uuid,
    uploaded_by_id uuid not null,
    type text not null,
    storage_key text not null,
    thumbnail_key text,
    file_name text not null,
    content_type text,
    size_bytes bigint,
    width integer,
    height integer,
    sha256 bytea,
    scan_state text not null,
    created_at timestamptz not null,
    constraint pk_attachments primary key (id),
    constraint uq_attachments_property_owner_id_storage_key unique (property_owner_id, storage_key),
    constraint ck_attachments_type_known
        check (type in ('COMMENT_ATTACHMENT', 'RESOLUTION_EVIDENCE')),
    constraint ck_attachments_scan_state_known
        check (scan_state in ('pending', 'clean', 'infected'))
);
create index ix_attachments_message_id on attachments (message_id);
create index ix_attachments_ticket_id on attachments (ticket_id);
create index ix_attachments_type on attachments (type);

create table vendor_links (
    id uuid not null,
    property_owner_id uuid not null,
    assignment_id uuid not null,
    vendor_org_id uuid not null,
    recipient_id uuid not null,
    version integer not null,
    token_hash bytea not null,
    message_id text,
    expires_at timestamptz not null,
    fetched_at timestamptz,
    accepted_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null,
    constraint pk_vendor_links primary key (id),
    constraint uq_vendor_links_token_hash unique (token_hash),
    constraint uq_vendor_links_property_owner_id_assignment_id_recipie_6b70
        unique (property_owner_id, assignment_id, recipient_id, version)
);
create index ix_vendor_links_recipient_id on vendor_links (recipient_id);
