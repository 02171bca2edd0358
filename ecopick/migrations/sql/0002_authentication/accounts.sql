-- Second factors, second steps, mailed proofs, passkeys' challenges, identity providers.

alter table users
    add column totp_pending_enc text,
    add column totp_last_step bigint,
    add column email_otp_enabled boolean not null default false;
alter table users alter column email_otp_enabled drop default;

alter table auth_sessions add column method text not null default 'password';
alter table auth_sessions alter column method drop default;

-- Second steps and proofs live for minutes: what is left over is dropped.
delete from auth_pending_logins;
alter table auth_pending_logins
    alter column method drop not null,
    add column first_factor text not null,
    add column remember_me boolean not null,
    add column code_version integer not null,
    add column persistent_device_id text;

delete from auth_email_verifications;
alter table auth_email_verifications
    drop constraint ck_auth_email_verifications_purpose_known,
    add constraint ck_auth_email_verifications_purpose_known check (purpose in
        ('register', 'email_change', 'password_reset', 'public_request', 'sign_in_link')),
    add column language text not null,
    add column version integer not null,
    add column token_hash bytea,
    add column browser_hash bytea,
    add column details jsonb,
    add column sent_at timestamptz,
    add constraint uq_auth_email_verifications_token_hash unique (token_hash);

alter table webauthn_credentials
    add column name text not null default '',
    add column aaguid text,
    add column backed_up boolean not null default false;
alter table webauthn_credentials
    alter column name drop default,
    alter column backed_up drop default;

create table auth_challenges (
    id uuid not null,
    challenge_hash bytea not null,
    purpose text not null,
    user_id uuid,
    pending_login_id uuid,
    expires_at timestamptz not null,
    consumed_at timestamptz,
    created_at timestamptz not null,
    constraint pk_auth_challenges primary key (id),
    constraint uq_auth_challenges_challenge_hash unique (challenge_hash),
    constraint fk_auth_challenges_user_id foreign key (user_id) references users (id),
    constraint ck_auth_challenges_purpose_known
        check (purpose in ('register', 'sign_in', 'second_step', 'step_up'))
);
create index ix_auth_challenges_expires_at on auth_challenges (expires_at);

create table auth_identities (
    id uuid not null,
    user_id uuid not null,
    issuer text not null,
    subject text not null,
    email citext,
    last_used_at timestamptz,
    created_at timestamptz not null,
    constraint pk_auth_identities primary key (id),
    constraint uq_auth_identities_issuer_subject unique (issuer, subject),
    constraint fk_auth_identities_user_id foreign key (user_id) references users (id)
);
create index ix_auth_identities_user_id on auth_identities (user_id);
alter table auth_identities enable row level security;
alter table auth_identities force row level security;
create policy person on auth_identities
    using (user_id = (select app_user_id())) with check (user_id = (select app_user_id()));

-- Read and sent by the product; whoever works on an account only adds.
create table account_mails (
    id uuid not null,
    property_owner_id uuid not null,
    kind text not null,
    user_id uuid,
    email citext not null,
    language text not null,
    subject_id uuid,
    version integer not null,
    facts jsonb,
    attempts integer not null,
    retry_at timestamptz,
    sent_at timestamptz,
    failed_at timestamptz,
    created_at timestamptz not null,
    constraint pk_account_mails primary key (id),
    constraint fk_account_mails_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_account_mails_user_id foreign key (user_id) references users (id),
    constraint ck_account_mails_kind_known check (kind in ('register_code', 'second_step_code',
        'sign_in_link', 'reset_link', 'email_change_code', 'invitation', 'email_changed',
        'password_changed', 'factor_added', 'factor_removed', 'recovery_codes_made',
        'recovery_code_used', 'new_device', 'sessions_ended', 'sign_in_blocked'))
);
create index ix_account_mails_retry_at on account_mails (retry_at);
create index ix_account_mails_user_id on account_mails (user_id);
alter table account_mails enable row level security;
alter table account_mails force row level security;
do $$
declare
    mine constant text := 'property_owner_id = any ((select app_owner_ids())::uuid[])';
begin
    execute format(
        'create policy read on account_mails for select'
        ' using (user_id = (select app_user_id()) or ((select app_is_system()) and %s))', mine
    );
    execute format(
        'create policy add on account_mails for insert'
        ' with check (sent_at is null and (%s or property_owner_id = platform_owner_id()))', mine
    );
    execute format(
        'create policy change on account_mails for update'
        ' using ((select app_is_system()) and %s)', mine
    );
    execute format(
        'create policy prune on account_mails for delete'
        ' using ((select app_is_system()) and %s)', mine
    );
end
$$;

alter table rate_limit_violations
    add constraint uq_rate_limit_violations_type_field_key unique (type, field, key);
alter table security_alerts
    drop constraint ck_security_alerts_type_known,
    add constraint ck_security_alerts_type_known check (type in ('brute_force',
        'credential_stuffing', 'impossible_travel', 'token_reuse', 'passkey_counter'));

-- The guard of how somebody signs in covers the new columns.
drop trigger guard on users;
create trigger guard before update of id, email, email_verified, is_app_admin, is_system,
    password_hash, password_updated_at, two_factor_enabled, totp_secret_enc,
    two_factor_enabled_at, totp_pending_enc, totp_last_step, email_otp_enabled
    on users for each row
    when (
        (old.id, old.email, old.email_verified, old.is_app_admin, old.is_system, old.password_hash,
            old.password_updated_at, old.two_factor_enabled, old.totp_secret_enc,
            old.two_factor_enabled_at, old.totp_pending_enc, old.totp_last_step,
            old.email_otp_enabled)
        is distinct from
        (new.id, new.email, new.email_verified, new.is_app_admin, new.is_system, new.password_hash,
            new.password_updated_at, new.two_factor_enabled, new.totp_secret_enc,
            new.two_factor_enabled_at, new.totp_pending_enc, new.totp_last_step,
            new.email_otp_enabled)
    )
    execute function users_guard();

grant select, insert, update, delete on auth_challenges, auth_identities, account_mails
    to ecopick_app;
grant select on auth_pending_logins, auth_email_verifications, webauthn_credentials,
    auth_identities to ecopick_definer;

-- A second step, by the id that its browser holds.
create function find_pending_login(pending_id uuid) returns table (id uuid, user_id uuid)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select p.id, p.user_id from auth_pending_logins p where p.id = pending_id
$$;

-- A mailed proof, by its id (rendering its mail) or by the hash of its link's token.
create function find_email_verification(proof_id uuid, hash bytea default null)
returns table (id uuid, email public.citext, user_id uuid, purpose text)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select v.id, v.email, v.user_id, v.purpose from auth_email_verifications v
    where v.id = proof_id or v.token_hash = hash
$$;

-- A passkey, by what it calls itself.
create function find_passkey(passkey bytea) returns table (id uuid, user_id uuid)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select c.id, c.user_id from webauthn_credentials c where c.credential_id = passkey
$$;

-- A person, by their account at an identity provider.
create function find_identity(provider text, account text) returns table (id uuid, user_id uuid)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select i.id, i.user_id from auth_identities i
    where i.issuer = provider and i.subject = account
$$;
