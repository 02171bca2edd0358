-- Rights. The application's role owns nothing, deletes almost nothing and never changes
-- the streams; functions are for those who were given them.

do $$
declare
    name text;
begin
    for name in
        select t.tablename from pg_tables t
        where t.schemaname = 'public'
            and t.tablename not in ('alembic_version', 'audit_heads', 'audit_seals')
            and not (select c.relispartition from pg_class c
                where c.oid = to_regclass(format('public.%I', t.tablename)))
            and t.tablename not in (
                'audit_events', 'auth_audit_events', 'access_events', 'access_decisions'
            )
    loop
        execute format('grant select, insert, update on %I to ecopick_app', name);
    end loop;
end
$$;

grant select, insert on audit_events, auth_audit_events, access_events, access_decisions
    to ecopick_app;
grant select on audit_seals, audit_heads, alembic_version to ecopick_app;
grant usage on sequence outbox_stream_ids to ecopick_app;
-- Real deletion: passkeys on request, the rest is used up.
grant delete on webauthn_credentials, auth_recovery_codes, auth_pending_logins,
    auth_email_verifications, rate_limit_attempts, rate_limit_violations, idempotency_keys
    to ecopick_app;

grant select on
    users, memberships, user_units, owner_vendors, resource_permissions,
    auth_sessions, auth_refresh_tokens, vendor_links, invitations,
    tickets, assignments, attachments, outbox, notifications, scheduled_tasks, access_requests
    to ecopick_definer;
grant select, delete on rate_limit_attempts, rate_limit_violations, auth_pending_logins,
    auth_email_verifications, idempotency_keys to ecopick_definer;
grant select on audit_events, auth_audit_events, access_events, access_decisions to ecopick_definer;
grant select, insert on audit_seals to ecopick_definer;
grant select, insert, update on audit_heads to ecopick_definer;

do $$
declare
    each record;
begin
    for each in
        select p.oid::regprocedure as signature, p.proname, p.prorettype = 'trigger'::regtype as fires
        from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
            and not exists (
                select from pg_depend d
                where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
            )
    loop
        execute format('revoke execute on function %s from public', each.signature);
        if not each.fires and each.proname <> 'audit_close_partition' then
            execute format(
                'grant execute on function %s to ecopick_app, ecopick_definer, ecopick_migrator',
                each.signature
            );
        end if;
        if each.proname in (
            'app_own_vendor_org_ids', 'app_vendor_org_ids', 'find_user_by_email', 'find_session',
            'find_refresh_token', 'find_vendor_link', 'find_invitation', 'auth_scope', 'due_work',
            'prune_rate_limits', 'prune_sign_in', 'prune_idempotency_keys', 'search_tickets',
            'audit_seal'
        ) then
            execute format('alter function %s owner to ecopick_definer', each.signature);
        end if;
    end loop;
end
$$;

-- A new partition takes its stream's triggers along.
set local role ecopick_definer;
grant execute on function audit_seal() to ecopick_owner;
set local role ecopick_owner;
