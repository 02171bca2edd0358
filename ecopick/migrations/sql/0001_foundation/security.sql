-- Row-level security by family, forced, and the rights of the application's role.
-- Without it, by design: blocked_sources, rate_limit_attempts, rate_limit_violations,
-- security_alerts, which only the auth and security domains touch.

do $$
declare
    mine constant text := 'property_owner_id = any ((select app_owner_ids())::uuid[])';
    name text;
begin
    -- Everything that belongs to one owner.
    foreach name in array array[
        'buildings', 'units', 'unit_sections', 'tenant_companies', 'leases', 'lease_units',
        'owner_vendors', 'vendor_subscriptions', 'vendor_opportunity_views', 'vendor_performances',
        'routing_rules', 'sla_plans', 'sla_events',
        'tickets', 'ticket_counters', 'assignments', 'ticket_stakeholders', 'messages',
        'attachments', 'vendor_links', 'ai_insights', 'invoices', 'scheduled_tasks',
        'team_templates', 'access_requests', 'access_request_tasks', 'resource_permissions'
    ] loop
        execute format('create policy owner on %I using (%s) with check (%s)', name, mine, mine);
    end loop;

    -- What a person alone may see.
    foreach name in array array[
        'auth_sessions', 'auth_refresh_tokens', 'auth_pending_logins', 'auth_recovery_codes',
        'webauthn_credentials', 'user_onboardings'
    ] loop
        execute format(
            'create policy person on %I using (user_id = (select app_user_id()))'
            ' with check (user_id = (select app_user_id()))', name
        );
    end loop;

    -- What belongs to an owner or to a vendor.
    foreach name in array array['service_catalogs', 'service_items'] loop
        execute format(
            'create policy owner_or_vendor on %I'
            ' using (%s or vendor_org_id = any ((select app_vendor_org_ids())::uuid[]))'
            ' with check (%s or vendor_org_id = any ((select app_vendor_org_ids())::uuid[]))',
            name, mine, mine
        );
    end loop;

    -- Streams: written for an owner in the scope or, for accounts, for the platform.
    foreach name in array array['audit_events', 'access_events', 'access_decisions'] loop
        execute format('create policy read on %I for select using (%s)', name, mine);
    end loop;
    execute format(
        'create policy read on auth_audit_events for select'
        ' using (%s or user_id = (select app_user_id()))', mine
    );
    foreach name in array
        array['audit_events', 'auth_audit_events', 'access_events', 'access_decisions', 'outbox']
    loop
        execute format(
            'create policy write on %I for insert'
            ' with check (%s or property_owner_id = platform_owner_id())', name, mine
        );
    end loop;
    foreach name in array array['audit_seals', 'audit_heads'] loop
        execute format('create policy read on %I for select using (%s)', name, mine);
    end loop;
    execute format('create policy read on outbox for select using (%s)', mine);
    execute format('create policy dispatch on outbox for update using (%s) with check (%s)', mine, mine);
    execute format(
        'create policy owner_or_actor on idempotency_keys'
        ' using (%s or actor_id = (select app_user_id()))'
        ' with check (%s or actor_id = (select app_user_id()))', mine, mine
    );

    -- A person's key with an owner; with the platform only their own.
    execute format(
        'create policy owner_or_person on subject_keys'
        ' using (%s or (property_owner_id = platform_owner_id() and subject_id = (select app_user_id())))'
        ' with check'
        ' (%s or (property_owner_id = platform_owner_id() and subject_id = (select app_user_id())))',
        mine, mine
    );

    -- A person asks for a role or a home (pending); the owner grants it.
    execute format(
        'create policy read on memberships for select using (%s'
        ' or user_id = (select app_user_id())'
        ' or vendor_org_id = any ((select app_vendor_org_ids())::uuid[]))', mine
    );
    execute format(
        'create policy add on memberships for insert with check (%s'
        ' or vendor_org_id = any ((select app_vendor_org_ids())::uuid[])'
        ' or (user_id = (select app_user_id()) and status = ''pending''))', mine
    );
    execute format(
        'create policy change on memberships for update'
        ' using (%s or vendor_org_id = any ((select app_vendor_org_ids())::uuid[]))'
        ' with check (%s or vendor_org_id = any ((select app_vendor_org_ids())::uuid[]))', mine, mine
    );
    execute format(
        'create policy read on user_units for select using (%s or user_id = (select app_user_id()))',
        mine
    );
    execute format(
        'create policy add on user_units for insert'
        ' with check (%s or (user_id = (select app_user_id()) and not is_active))', mine
    );
    execute format(
        'create policy change on user_units for update using (%s) with check (%s)', mine, mine
    );

    -- A vendor's own invitations stand with the platform.
    execute format(
        'create policy read on invitations for select using (%s'
        ' or invited_by = (select app_user_id())'
        ' or (organization_type = ''vendor_org'''
        ' and organization_id = any ((select app_own_vendor_org_ids())::uuid[])))', mine
    );
    execute format(
        'create policy add on invitations for insert with check (%s'
        ' or (organization_type = ''vendor_org'''
        ' and organization_id = any ((select app_own_vendor_org_ids())::uuid[])))', mine
    );
    execute format(
        'create policy change on invitations for update using (%s'
        ' or (organization_type = ''vendor_org'''
        ' and organization_id = any ((select app_own_vendor_org_ids())::uuid[])))', mine
    );

    -- Told to a person; made and delivered by the product, owner by owner.
    execute format(
        'create policy read on notifications for select'
        ' using (user_id = (select app_user_id()) or ((select app_is_system()) and %s))', mine
    );
    execute format(
        'create policy add on notifications for insert'
        ' with check (%s or user_id = (select app_user_id()))', mine
    );
    execute format(
        'create policy change on notifications for update'
        ' using (user_id = (select app_user_id()) or ((select app_is_system()) and %s))', mine
    );
end
$$;

create policy owner on property_owners
    using (id = any ((select app_owner_ids())::uuid[]))
    with check (id = any ((select app_owner_ids())::uuid[]));

-- A vendor is made before anybody works with it, by somebody with a scope.
create policy read on vendor_orgs for select
    using (id = any ((select app_vendor_org_ids())::uuid[]));
create policy add on vendor_orgs for insert
    with check ((select coalesce(cardinality(app_owner_ids()), 0) > 0 or app_user_id() is not null));
create policy change on vendor_orgs for update
    using (id = any ((select app_vendor_org_ids())::uuid[]));

create policy vendor on billing_rates
    using (vendor_org_id = any ((select app_vendor_org_ids())::uuid[]))
    with check (vendor_org_id = any ((select app_vendor_org_ids())::uuid[]));

-- People: oneself, whoever belongs to the scope by role or unit, whoever reported from
-- outside, and with any scope the system's own person. An array: EXISTS scanned all people.
create policy read on users for select using (
    id = any (
        (select app_user_id())
        || array(select user_id from memberships)
        || array(select user_id from user_units)
        || array(select reporter_id from tickets where channel in ('public', 'email'))
        || (select array(select system_user_id()
            where app_owner_ids() is not null or app_user_id() is not null))
    )
);
create policy add on users for insert
    with check ((select app_owner_ids() is not null or app_user_id() is not null));
create policy change on users for update using (
    id = any (
        (select app_user_id())
        || array(select user_id from memberships)
        || array(select user_id from user_units)
        || array(select reporter_id from tickets where channel in ('public', 'email'))
    )
);

-- Whoever may change a person's details may still not touch how they sign in.
create function users_guard() returns trigger
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
begin
    if row_security_active('public.users') and new.id is distinct from app_user_id() then
        raise exception 'only the person may change how they sign in'
            using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$;
create trigger guard before update of id, email, email_verified, is_app_admin, is_system,
    password_hash, password_updated_at, two_factor_enabled, totp_secret_enc, two_factor_enabled_at
    on users for each row
    when (
        (old.id, old.email, old.email_verified, old.is_app_admin, old.is_system, old.password_hash,
            old.password_updated_at, old.two_factor_enabled, old.totp_secret_enc,
            old.two_factor_enabled_at)
        is distinct from
        (new.id, new.email, new.email_verified, new.is_app_admin, new.is_system, new.password_hash,
            new.password_updated_at, new.two_factor_enabled, new.totp_secret_enc,
            new.two_factor_enabled_at)
    )
    execute function users_guard();

create policy proof on auth_email_verifications
    using (email = (select app_email()) or user_id = (select app_user_id()))
    with check (email = (select app_email()) or user_id = (select app_user_id()));

create policy read on notification_preferences for select using (
    user_id = (select app_user_id())
    or ((select app_is_system()) and user_id = any (
        array(select user_id from memberships) || array(select user_id from user_units)
    ))
);
create policy add on notification_preferences for insert
    with check (user_id = (select app_user_id()));
create policy change on notification_preferences for update
    using (user_id = (select app_user_id()));

do $$
declare
    name text;
begin
    for name in
        select tablename from pg_tables
        where schemaname = 'public' and tablename not in (
            'alembic_version', 'blocked_sources', 'rate_limit_attempts', 'rate_limit_violations',
            'security_alerts'
        )
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
    end loop;
end
$$;
