-- Sessions, tokens, second factors, passkeys, proven addresses.

create table auth_email_verifications (
    id uuid not null,
    email citext not null,
    user_id uuid,
    purpose text not null,
    salt text not null,
    code_hash text not null,
    attempts integer not null,
    expires_at timestamptz not null,
    verified_at timestamptz,
    consumed_at timestamptz,
    created_at timestamptz not null,
    constraint pk_auth_email_verifications primary key (id),
    constraint ck_auth_email_verifications_purpose_known
        check (purpose in ('register', 'email_change', 'password_reset', 'public_request'))
);
create index ix_auth_email_verifications_email on auth_email_verifications (email);
create index ix_auth_email_verifications_expires_at on auth_email_verifications (expires_at);
create index ix_auth_email_verifications_verified_at on auth_email_verifications (verified_at);

create table auth_pending_logins (
    id uuid not null,
    user_id uuid not null,
    method text not null,
    code_salt text,
    code_hash text,
    code_attempts integer not null,
    code_sent_at timestamptz,
    expires_at timestamptz not null,
    consumed_at timestamptz,
    ip text,
    device_fingerprint text,
    created_at timestamptz not null,
    constraint pk_auth_pending_logins primary key (id),
    constraint ck_auth_pending_logins_method_known
        check (method in ('totp', 'email_code', 'passkey'))
);
create index ix_auth_pending_logins_expires_at on auth_pending_logins (expires_at);
create index ix_auth_pending_logins_user_id on auth_pending_logins (user_id);

create table auth_recovery_codes (
    id uuid not null,
    user_id uuid not null,
    salt text not null,
    hash text not null,
    used_at timestamptz,
    created_at timestamptz not null,
    constraint pk_auth_recovery_codes primary key (id)
);
create index ix_auth_recovery_codes_used_at on auth_recovery_codes (used_at);
create index ix_auth_recovery_codes_user_id on auth_recovery_codes (user_id);

create table auth_sessions (
    id uuid not null,
    property_owner_id uuid,
    user_id uuid not null,
    family_id uuid not null,
    remember_me boolean not null,
    device_fingerprint text,
    persistent_device_id text,
    user_agent text,
    ip text,
    location text,
    expires_at timestamptz not null,
    last_seen_at timestamptz not null,
    step_up_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null,
    constraint pk_auth_sessions primary key (id)
);
create index ix_auth_sessions_device_fingerprint on auth_sessions (device_fingerprint);
create index ix_auth_sessions_expires_at on auth_sessions (expires_at);
create index ix_auth_sessions_family_id on auth_sessions (family_id);
create index ix_auth_sessions_persistent_device_id on auth_sessions (persistent_device_id);
create index ix_auth_sessions_user_id on auth_sessions (user_id);

create table webauthn_credentials (
    id uuid not null,
    user_id uuid not null,
    credential_id bytea not null,
    public_key bytea not null,
    counter bigint not null,
    transports text[] not null,
    device_fingerprint text,
    persistent_device_id text,
    last_used_at timestamptz,
    created_at timestamptz not null,
    constraint pk_webauthn_credentials primary key (id),
    constraint uq_webauthn_credentials_credential_id unique (credential_id)
);
create index ix_webauthn_credentials_created_at on webauthn_credentials (created_at);
create index ix_webauthn_credentials_device_fingerprint
    on webauthn_credentials (device_fingerprint);
create index ix_webauthn_credentials_persistent_device_id
    on webauthn_credentials (persistent_device_id);
create index ix_webauthn_credentials_user_id on webauthn_credentials (user_id);

create table auth_refresh_tokens (
    id uuid not null,
    session_id uuid not null,
    user_id uuid not null,
    family_id uuid not null,
    token_hash text not null,
    device_fingerprint text,
    persistent_device_id text,
    expires_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null,
    constraint pk_auth_refresh_tokens primary key (id),
    constraint uq_auth_refresh_tokens_session_id unique (session_id)
);
create index ix_auth_refresh_tokens_device_fingerprint on auth_refresh_tokens (device_fingerprint);
create index ix_auth_refresh_tokens_expires_at on auth_refresh_tokens (expires_at);
create index ix_auth_refresh_tokens_family_id on auth_refresh_tokens (family_id);
create index ix_auth_refresh_tokens_persistent_device_id
    on auth_refresh_tokens (persistent_device_id);
create index ix_auth_refresh_tokens_revoked_at on auth_refresh_tokens (revoked_at);
create index ix_auth_refresh_tokens_token_hash on auth_refresh_tokens (token_hash);
create index ix_auth_refresh_tokens_user_id on auth_refresh_tokens (user_id);
