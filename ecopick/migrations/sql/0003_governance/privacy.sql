-- Privacy: exports of all data on a person, erasure, legal holds, retention.

-- What an audit key is for; keys of months are needed by whoever reads their own entries.
alter table subject_keys add column kind text not null default 'person';
alter table subject_keys add constraint ck_subject_keys_kind_known
    check (kind in ('person', 'text', 'period'));
drop policy owner_or_person on subject_keys;
create policy owner_or_person on subject_keys
    using (property_owner_id = any ((select app_owner_ids())::uuid[])
        or (property_owner_id = platform_owner_id()
            and (subject_id = (select app_user_id()) or kind = 'period')))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[])
        or (property_owner_id = platform_owner_id()
            and (subject_id = (select app_user_id()) or kind = 'period')));

create table privacy_exports (
    id uuid not null,
    property_owner_id uuid not null,
    subject_id uuid not null,
    asked_by_id uuid not null,
    language text not null,
    state text not null,
    files_total integer not null,
    files_done integer not null,
    attempts integer not null,
    storage_key text,
    size_bytes bigint,
    sha256 bytea,
    ready_at timestamptz,
    expires_at timestamptz,
    created_at timestamptz not null,
    constraint pk_privacy_exports primary key (id),
    constraint fk_privacy_exports_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_privacy_exports_subject_id foreign key (subject_id) references users (id),
    constraint fk_privacy_exports_asked_by_id foreign key (asked_by_id) references users (id),
    constraint ck_privacy_exports_state_known
        check (state in ('waiting', 'ready', 'failed', 'removed'))
);
create index ix_privacy_exports_subject_id_created_at on privacy_exports (subject_id, created_at);

create table privacy_erasures (
    id uuid not null,
    property_owner_id uuid not null,
    subject_id uuid not null,
    asked_by_id uuid not null,
    state text not null,
    due_at timestamptz not null,
    undone_at timestamptz,
    done_at timestamptz,
    attempts integer not null,
    told jsonb,
    created_at timestamptz not null,
    constraint pk_privacy_erasures primary key (id),
    constraint fk_privacy_erasures_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_privacy_erasures_subject_id foreign key (subject_id) references users (id),
    constraint fk_privacy_erasures_asked_by_id foreign key (asked_by_id) references users (id),
    constraint ck_privacy_erasures_state_known
        check (state in ('waiting', 'undone', 'held', 'done'))
);
create index ix_privacy_erasures_state_due_at on privacy_erasures (state, due_at);
create index ix_privacy_erasures_subject_id on privacy_erasures (subject_id);

create table privacy_holds (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid not null,
    reason text not null,
    set_by_id uuid not null,
    lifted_at timestamptz,
    lifted_by_id uuid,
    created_at timestamptz not null,
    constraint pk_privacy_holds primary key (id),
    constraint fk_privacy_holds_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_privacy_holds_user_id foreign key (user_id) references users (id),
    constraint fk_privacy_holds_set_by_id foreign key (set_by_id) references users (id),
    constraint fk_privacy_holds_lifted_by_id foreign key (lifted_by_id) references users (id)
);
create unique index uq_privacy_holds_live on privacy_holds (property_owner_id, user_id)
    where lifted_at is null;

create table privacy_retention (
    id uuid not null,
    property_owner_id uuid not null,
    stream text not null,
    months integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_privacy_retention primary key (id),
    constraint fk_privacy_retention_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint uq_privacy_retention_property_owner_id_stream unique (property_owner_id, stream),
    constraint ck_privacy_retention_stream_known
        check (stream in ('audit_events', 'access_events', 'access_decisions')),
    constraint ck_privacy_retention_months check (months >= 3)
);

do $$
declare
    name text;
    mine constant text := 'property_owner_id = any ((select app_owner_ids())::uuid[])';
begin
    foreach name in array
        array['privacy_exports', 'privacy_erasures', 'privacy_holds', 'privacy_retention']
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('grant select, insert, update on %I to ecopick_app', name);
        execute format('grant select on %I to ecopick_definer', name);
    end loop;
    foreach name in array array['privacy_holds', 'privacy_retention'] loop
        execute format('create policy owner on %I using (%s) with check (%s)', name, mine, mine);
    end loop;
    -- What concerns a whole account stands with the platform, seen by whoever asked for it.
    foreach name in array array['privacy_exports', 'privacy_erasures'] loop
        execute format(
            'create policy owner_or_person on %1$I'
            ' using (%2$s or (property_owner_id = platform_owner_id()'
            ' and (select app_user_id()) in (subject_id, asked_by_id)))'
            ' with check (%2$s or (property_owner_id = platform_owner_id()'
            ' and (select app_user_id()) in (subject_id, asked_by_id)))', name, mine
        );
    end loop;
end
$$;

-- Owners with privacy work of a kind that is due at `at`.
create function owners_with_privacy_work(kind text, at timestamptz) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select x.property_owner_id from privacy_exports x
    where (kind = 'exports' and x.state = 'waiting')
        or (kind = 'expired' and x.storage_key is not null and x.expires_at <= at)
    union
    select e.property_owner_id from privacy_erasures e
    where kind = 'erasures' and e.state = 'waiting' and e.due_at <= at
    order by 1
$$;

-- Whether anybody has to keep what they hold on a person.
create function is_held(person uuid) returns boolean
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select exists (select from privacy_holds h where h.user_id = person and h.lifted_at is null)
$$;

-- Whether an owner would be left without anybody in its owner role.
create function is_last_owner(person uuid) returns boolean
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select exists (
        select from memberships m
        where m.user_id = person and m.role = 'PROPERTY_OWNER'
            and m.status = 'active' and m.ended_at is null
            and not exists (
                select from memberships other
                where other.property_owner_id = m.property_owner_id
                    and other.role = 'PROPERTY_OWNER' and other.user_id <> person
                    and other.status = 'active' and other.ended_at is null
            )
    )
$$;

-- Every owner, and whether it has to do with the person: only there is a name theirs.
create function owners_holding(person uuid)
returns table (property_owner_id uuid, is_related boolean)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select o.id,
        o.id = platform_owner_id()
        or exists (select from subject_keys k
            where k.property_owner_id = o.id and k.subject_id = person
                and k.destroyed_at is null)
        or exists (select from memberships m
            where m.property_owner_id = o.id and m.user_id = person)
        or exists (select from user_units u
            where u.property_owner_id = o.id and u.user_id = person)
        or exists (select from tickets t
            where t.property_owner_id = o.id and t.reporter_id = person)
        or exists (select from memberships m join owner_vendors v using (vendor_org_id)
            where v.property_owner_id = o.id and m.user_id = person)
    from property_owners o
    order by o.id
$$;

-- Takes a whole account away; does so only for an erasure that is due and was not taken
-- back: of the account, or of the last owner that knew a person who cannot sign in anyway.
-- The row stays with nothing of the person in it.
create function erase_account(erasure uuid, at timestamptz) returns boolean
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    person uuid;
begin
    select e.subject_id into person from privacy_erasures e
        where e.id = erasure and e.state = 'waiting' and e.due_at <= at
            and (e.property_owner_id = platform_owner_id() or not (
                exists (select from users u where u.id = e.subject_id and u.password_hash is not null)
                or exists (select from webauthn_credentials c where c.user_id = e.subject_id)
                or exists (select from auth_identities i where i.user_id = e.subject_id)
                or exists (select from memberships m
                    where m.user_id = e.subject_id and m.ended_at is null)
            ));
    if person is null or is_held(person) then
        return false;
    end if;
    delete from auth_recovery_codes where user_id = person;
    delete from webauthn_credentials where user_id = person;
    delete from auth_identities where user_id = person;
    delete from auth_pending_logins where user_id = person;
    delete from auth_challenges where user_id = person;
    delete from auth_email_verifications v using users u
        where u.id = person and (v.user_id = person or v.email = u.email);
    delete from account_mails m using users u
        where u.id = person and (m.user_id = person or m.email = u.email);
    delete from idempotency_keys where actor_id = person;
    delete from notifications where user_id = person;
    delete from notification_preferences where user_id = person;
    delete from user_onboardings where user_id = person;
    delete from rate_limit_attempts a using users u
        where u.id = person and (a.user_id = person or a.key = u.email::text);
    delete from rate_limit_violations v using users u
        where u.id = person and (v.user_id = person or v.key = u.email::text);
    update auth_refresh_tokens set revoked_at = coalesce(revoked_at, at),
        device_fingerprint = null, persistent_device_id = null where user_id = person;
    update auth_sessions set revoked_at = coalesce(revoked_at, at), user_agent = null, ip = null,
        location = null, device_fingerprint = null, persistent_device_id = null
        where user_id = person;
    update security_alerts set source_snapshot = null, key = null, device_info = null,
        device_fingerprint = null, persistent_device_id = null, ip = null, meta = null
        where user_id = person;
    update blocked_sources set meta = null where user_id = person;
    update memberships set ended_at = coalesce(ended_at, at) where user_id = person;
    update user_units set is_active = false,
        end_date = greatest(start_date, coalesce(end_date, at::date)) where user_id = person;
    update subject_keys set wrapped_key = null, destroyed_at = at
        where subject_id = person and destroyed_at is null;
    update users set email = 'erased-' || replace(person::text, '-', '') || '@erased.invalid',
        email_verified = false, name = '[erased]', first_name = null, last_name = null,
        phone = null, birth_date = null, sex = null, is_app_admin = false, password_hash = null,
        password_updated_at = null, two_factor_enabled = false, totp_secret_enc = null,
        two_factor_enabled_at = null, totp_pending_enc = null, totp_last_step = null,
        email_otp_enabled = false, updated_at = at
        where id = person;
    return true;
end
$$;

grant select, delete on auth_recovery_codes, webauthn_credentials, auth_identities,
    auth_challenges, account_mails, notifications, notification_preferences, user_onboardings
    to ecopick_definer;
grant update on auth_refresh_tokens, auth_sessions, memberships, user_units, subject_keys, users
    to ecopick_definer;
grant select, update on security_alerts, blocked_sources, subject_keys to ecopick_definer;

do $$
declare
    signature regprocedure;
begin
    foreach signature in array array[
        'owners_with_privacy_work(text, timestamptz)', 'is_held(uuid)', 'owners_holding(uuid)',
        'is_last_owner(uuid)',
        'erase_account(uuid, timestamptz)'
    ]::regprocedure[] loop
        execute format('revoke execute on function %s from public', signature);
        execute format(
            'grant execute on function %s to ecopick_app, ecopick_definer, ecopick_migrator',
            signature
        );
        execute format('alter function %s owner to ecopick_definer', signature);
    end loop;
end
$$;
