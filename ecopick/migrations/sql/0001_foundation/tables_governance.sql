-- Approvals and grants.

create table resource_permissions (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid not null,
    resource_type text not null,
    resource_id uuid not null,
    permissions jsonb not null,
    "full" boolean not null,
    needs_approval boolean not null,
    emergency boolean not null,
    granted_by_id uuid,
    granted_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_resource_permissions primary key (id),
    constraint uq_resource_permissions_property_owner_id_user_id_resou_6f6d
        unique (property_owner_id, user_id, resource_type, resource_id)
);
create index ix_resource_permissions_expires_at on resource_permissions (expires_at);
create index ix_resource_permissions_resource_type_resource_id
    on resource_permissions (resource_type, resource_id);
create index ix_resource_permissions_revoked_at on resource_permissions (revoked_at);
create index ix_resource_permissions_user_id on resource_permissions (user_id);

create table access_requests (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid,
    requested_by_id uuid not null,
    approver_id uuid not null,
    action text not null,
    status text not null,
    reason text,
    decision_note text,
    metadata jsonb,
    submitted_at timestamptz,
    decided_at timestamptz,
    closed_at timestamptz,
    expires_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_access_requests primary key (id),
    constraint uq_access_requests_property_owner_id_id unique (property_owner_id, id),
    constraint ck_access_requests_status_known
        check (status in ('DRAFT', 'SUBMITTED', 'IN_REVIEW', 'APPROVED', 'REJECTED', 'CANCELLED',
            'CLOSED', 'EXPIRED'))
);
create index ix_access_requests_approver_id_status on access_requests (approver_id, status);
create index ix_access_requests_requested_by_id on access_requests (requested_by_id);
create index ix_access_requests_status_expires_at on access_requests (status, expires_at);
create index ix_access_requests_ticket_id on access_requests (ticket_id);

create table access_request_tasks (
    id uuid not null,
    property_owner_id uuid not null,
    access_request_id uuid not null,
    reviewer_user_id uuid not null,
    task_type text not null,
    status text not null,
    order_index integer not null,
    due_at timestamptz,
    decided_at timestamptz,
    decision_note text,
    metadata jsonb,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_access_request_tasks primary key (id),
    constraint ck_access_request_tasks_task_type_known
        check (task_type in ('review', 'approve', 'security_review')),
    constraint ck_access_request_tasks_status_known
        check (status in ('PENDING', 'IN_PROGRESS', 'APPROVED', 'REJECTED', 'SKIPPED', 'CANCELLED'))
);
create index ix_access_request_tasks_access_request_id_status
    on access_request_tasks (access_request_id, status);
create index ix_access_request_tasks_reviewer_user_id_status
    on access_request_tasks (reviewer_user_id, status);
create index ix_access_request_tasks_task_type on access_request_tasks (task_type);
