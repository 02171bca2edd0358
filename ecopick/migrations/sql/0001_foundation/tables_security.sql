-- Blocked sources, rate limits, alerts.

create table blocked_sources (
    id uuid not null,
    type text not null,
    value text not null,
    reason text,
    blocked_until timestamptz,
    permanent boolean not null,
    archived boolean not null,
    unblocked_at timestamptz,
    meta jsonb,
    user_id uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_blocked_sources primary key (id),
    constraint uq_blocked_sources_type_value unique (type, value),
    constraint ck_blocked_sources_type_known check (type in ('ip', 'device_fingerprint', 'user'))
);
create index ix_blocked_sources_archived on blocked_sources (archived);
create index ix_blocked_sources_blocked_until on blocked_sources (blocked_until);
create index ix_blocked_sources_user_id on blocked_sources (user_id);

create table rate_limit_attempts (
    id uuid not null,
    user_id uuid,
    type text not null,
    field text,
    key text,
    route text,
    method text,
    ip text,
    device_fingerprint text,
    persistent_device_id text,
    user_agent text,
    created_at timestamptz not null,
    constraint pk_rate_limit_attempts primary key (id)
);
create index ix_rate_limit_attempts_created_at on rate_limit_attempts (created_at);
create index ix_rate_limit_attempts_device_fingerprint on rate_limit_attempts (device_fingerprint);
create index ix_rate_limit_attempts_type_key_created_at
    on rate_limit_attempts (type, key, created_at);
create index ix_rate_limit_attempts_user_id on rate_limit_attempts (user_id);

create table rate_limit_violations (
    id uuid not null,
    user_id uuid,
    key text,
    field text,
    type text not null,
    method text,
    route text,
    ip text,
    device_fingerprint text,
    persistent_device_id text,
    count integer not null,
    last_violation timestamptz not null,
    attempts jsonb,
    banned_until timestamptz,
    expire_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_rate_limit_violations primary key (id)
);
create index ix_rate_limit_violations_banned_until on rate_limit_violations (banned_until);
create index ix_rate_limit_violations_device_fingerprint
    on rate_limit_violations (device_fingerprint);
create index ix_rate_limit_violations_expire_at on rate_limit_violations (expire_at);
create index ix_rate_limit_violations_type_field on rate_limit_violations (type, field);
create index ix_rate_limit_violations_type_key on rate_limit_violations (type, key);
create index ix_rate_limit_violations_user_id on rate_limit_violations (user_id);

create table security_alerts (
    id uuid not null,
    alert_code text not null,
    user_id uuid,
    source_id text,
    source_type text,
    source_snapshot jsonb,
    risk_score integer not null,
    type text not null,
    category text not null,
    severity text not null,
    status text not null,
    detected_at timestamptz not null,
    resolved_at timestamptz,
    field text,
    key text,
    count integer not null,
    device_info jsonb,
    device_fingerprint text,
    persistent_device_id text,
    ip text,
    method text,
    route text,
    meta jsonb,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_security_alerts primary key (id),
    constraint uq_security_alerts_alert_code unique (alert_code),
    constraint ck_security_alerts_type_known
        check (type in ('brute_force', 'credential_stuffing', 'impossible_travel', 'token_reuse')),
    constraint ck_security_alerts_category_known
        check (category in ('authentication', 'session', 'abuse')),
    constraint ck_security_alerts_severity_known
        check (severity in ('low', 'medium', 'high', 'critical')),
    constraint ck_security_alerts_status_known check (status in ('open', 'resolved'))
);
create index ix_security_alerts_device_fingerprint on security_alerts (device_fingerprint);
create index ix_security_alerts_source_id on security_alerts (source_id);
create index ix_security_alerts_status on security_alerts (status);
create index ix_security_alerts_updated_at on security_alerts (updated_at);
create index ix_security_alerts_user_id on security_alerts (user_id);
