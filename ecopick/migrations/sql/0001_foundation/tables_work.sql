-- Routing, SLA, planned work, teams, suggestions, notifications.

create table notification_preferences (
    id uuid not null,
    user_id uuid not null,
    type text not null,
    channels text[] not null,
    enabled boolean not null,
    updated_at timestamptz not null,
    constraint pk_notification_preferences primary key (id),
    constraint uq_notification_preferences_user_id_type unique (user_id, type)
);

create table notifications (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid not null,
    type text not null,
    title text not null,
    body text,
    resource_type text,
    resource_id uuid,
    channel text not null,
    dedup_key text,
    read_at timestamptz,
    sent_at timestamptz,
    failed_at timestamptz,
    retry_at timestamptz,
    attempts integer not null,
    created_at timestamptz not null,
    constraint pk_notifications primary key (id),
    constraint ck_notifications_channel_known check (channel in ('in_app', 'email', 'push')),
    constraint uq_notifications_property_owner_id_user_id_channel_dedup_key
        unique (property_owner_id, user_id, channel, dedup_key)
);
create index ix_notifications_unsent
    on notifications (property_owner_id, created_at) where sent_at is null and failed_at is null;
create index ix_notifications_user_id on notifications (user_id, created_at desc);
create index ix_notifications_user_id_read_at on notifications (user_id, read_at);

create table sla_plans (
    id uuid not null,
    property_owner_id uuid not null,
    name text not null,
    default_minutes integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_sla_plans primary key (id),
    constraint uq_sla_plans_property_owner_id_id unique (property_owner_id, id)
);
create index ix_sla_plans_property_owner_id on sla_plans (property_owner_id);

create table team_templates (
    id uuid not null,
    property_owner_id uuid not null,
    name text not null,
    description text,
    roles jsonb not null,
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_team_templates primary key (id)
);
create index ix_team_templates_property_owner_id on team_templates (property_owner_id);

create table routing_rules (
    id uuid not null,
    property_owner_id uuid not null,
    building_id uuid not null,
    unit_id uuid,
    category text not null,
    default_assignee_user_id uuid,
    default_vendor_org_id uuid,
    priority integer not null,
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_routing_rules primary key (id),
    constraint uq_routing_rules_property_owner_id_id unique (property_owner_id, id),
    constraint ck_routing_rules_has_target
        check (default_assignee_user_id is not null or default_vendor_org_id is not null)
);
create index ix_routing_rules_building_id_unit_id on routing_rules (building_id, unit_id);
create index ix_routing_rules_category on routing_rules (category);
create index ix_routing_rules_property_owner_id_building_id
    on routing_rules (property_owner_id, building_id);

create table ai_insights (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    type text not null,
    content jsonb not null,
    confidence DOUBLE PRECISION,
    status text not null,
    accepted_by_id uuid,
    dismissed_by_id uuid,
    flagged_by_id uuid,
    model_id text,
    prompt_version text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_ai_insights primary key (id),
    constraint ck_ai_insights_type_known
        check (type in ('triage_suggestion', 'vendor_recommendation', 'priority_assessment',
            'summary')),
    constraint ck_ai_insights_status_known
        check (status in ('GENERATED', 'ACCEPTED', 'DISMISSED', 'FLAGGED')),
    constraint ck_ai_insights_confidence_range check (confidence between 0 and 1)
);
create index ix_ai_insights_created_at on ai_insights (created_at);
create index ix_ai_insights_status on ai_insights (status);
create index ix_ai_insights_ticket_id_type on ai_insights (ticket_id, type);

create table scheduled_tasks (
    id uuid not null,
    property_owner_id uuid not null,
    building_id uuid not null,
    unit_id uuid,
    title text not null,
    description text,
    category text not null,
    rrule text,
    next_occurrence timestamptz,
    assignee_user_id uuid,
    vendor_org_id uuid,
    auto_create_ticket boolean not null,
    last_ticket_id uuid,
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_scheduled_tasks primary key (id)
);
create index ix_scheduled_tasks_due
    on scheduled_tasks (next_occurrence) where is_active and auto_create_ticket;
create index ix_scheduled_tasks_property_owner_id_building_id
    on scheduled_tasks (property_owner_id, building_id);

create table sla_events (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    plan_id uuid,
    type text not null,
    occurred_at timestamptz not null,
    constraint pk_sla_events primary key (id),
    constraint ck_sla_events_type_known
        check (type in ('started', 'paused', 'resumed', 'breached', 'met'))
);
create index ix_sla_events_occurred_at on sla_events (occurred_at);
create index ix_sla_events_ticket_id on sla_events (ticket_id);
