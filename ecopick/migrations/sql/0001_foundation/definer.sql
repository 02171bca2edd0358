-- Functions that look past row security, each for one narrow purpose. They belong to
-- ecopick_definer, which holds only the grants that they need.

-- Vendors for whom the acting person works.
create function app_own_vendor_org_ids() returns uuid[]
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select array(
        select m.vendor_org_id from memberships m
        where m.user_id = app_user_id() and m.vendor_org_id is not null
            and m.ended_at is null and m.status = 'active'
    )
$$;

-- Those, and the vendors that work or worked for an owner in the scope.
create function app_vendor_org_ids() returns uuid[]
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select app_own_vendor_org_ids() || array(
        select v.vendor_org_id from owner_vendors v
        where v.property_owner_id = any (app_owner_ids())
    )
$$;

-- Sign-in: the person behind an address.
create function find_user_by_email(address public.citext)
returns table (
    id uuid, email public.citext, password_hash text, two_factor_enabled boolean, language text,
    name text, is_app_admin boolean, is_system boolean
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select u.id, u.email, u.password_hash, u.two_factor_enabled, u.language, u.name,
        u.is_app_admin, u.is_system
    from users u where u.email operator(public.=) address
$$;

-- Each request: the session behind a cookie, revoked and expired ones included.
create function find_session(session_id uuid)
returns table (
    id uuid, user_id uuid, property_owner_id uuid, family_id uuid, remember_me boolean,
    created_at timestamptz, expires_at timestamptz, last_seen_at timestamptz,
    step_up_at timestamptz, revoked_at timestamptz
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select s.id, s.user_id, s.property_owner_id, s.family_id, s.remember_me, s.created_at,
        s.expires_at, s.last_seen_at, s.step_up_at, s.revoked_at
    from auth_sessions s where s.id = session_id
$$;

create function find_refresh_token(hash text)
returns table (
    id uuid, session_id uuid, user_id uuid, family_id uuid,
    expires_at timestamptz, revoked_at timestamptz
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select t.id, t.session_id, t.user_id, t.family_id, t.expires_at, t.revoked_at
    from auth_refresh_tokens t where t.token_hash = hash
$$;

create function find_vendor_link(hash bytea)
returns table (
    id uuid, property_owner_id uuid, assignment_id uuid, vendor_org_id uuid, recipient_id uuid,
    version integer, expires_at timestamptz, accepted_at timestamptz, revoked_at timestamptz
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select l.id, l.property_owner_id, l.assignment_id, l.vendor_org_id, l.recipient_id, l.version,
        l.expires_at, l.accepted_at, l.revoked_at
    from vendor_links l where l.token_hash = hash
$$;

create function find_invitation(hash bytea)
returns table (
    id uuid, property_owner_id uuid, email public.citext, role text, organization_type text,
    organization_id uuid, status text, expires_at timestamptz
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select i.id, i.property_owner_id, i.email, i.role, i.organization_type, i.organization_id,
        i.status, i.expires_at
    from invitations i where i.token_hash = hash
$$;

-- Owners that a person has to do with, and how: staff, tenant, resident,
-- former_resident, vendor, grantee. Without `today` every dated tie counts.
create function auth_scope(person uuid, today date default null)
returns table (property_owner_id uuid, kind text)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select m.property_owner_id,
        case
            when m.role in ('TENANT_ADMIN', 'TENANT_COORDINATOR', 'TENANT_OCCUPANT') then 'tenant'
            when m.role = 'RESIDENT' then 'resident'
            else 'staff'
        end
    from memberships m
    where m.user_id = person and m.property_owner_id is not null
        and m.ended_at is null and m.status = 'active'
    union
    select u.property_owner_id,
        case
            when u.is_active and (today is null
                or (u.start_date <= today and coalesce(u.end_date, today) >= today))
            then 'resident' else 'former_resident'
        end
    from user_units u
    where u.user_id = person
        and (u.is_active or u.end_date is not null)
        and (today is null or u.start_date <= today)
    union
    select v.property_owner_id, 'vendor'
    from memberships m join owner_vendors v on v.vendor_org_id = m.vendor_org_id
    where m.user_id = person and m.ended_at is null and m.status = 'active'
        and v.ended_at is null
    union
    select p.property_owner_id, 'grantee'
    from resource_permissions p
    where p.user_id = person and p.revoked_at is null
        and (today is null or p.expires_at is null or p.expires_at >= today)
$$;

-- Owners with work of a kind that is due at or before `at`. For auto_close, `at` is the
-- latest resolution that closes now; for outbox, the latest event to dispatch.
create function due_work(kind text, at timestamptz) returns setof uuid
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
    case kind
    when 'sla_sweep' then
        return query select distinct t.property_owner_id from tickets t
            where t.sla_breached_at is null and t.sla_due_at <= at
                and t.status not in ('AWAITING_TENANT', 'RESOLVED', 'CLOSED', 'CANCELLED');
    when 'sla_warning' then
        return query select distinct t.property_owner_id from tickets t
            where t.sla_warned_at is null and t.sla_breached_at is null and t.sla_warn_at <= at
                and t.status not in ('AWAITING_TENANT', 'RESOLVED', 'CLOSED', 'CANCELLED');
    when 'respond_by' then
        return query select distinct a.property_owner_id from assignments a
            where a.state = 'PENDING' and a.respond_by <= at;
    when 'auto_close' then
        return query select distinct t.property_owner_id from tickets t
            where t.status = 'RESOLVED' and t.resolved_at <= at;
    when 'vendor_deadlines' then
        return query select distinct t.property_owner_id from tickets t
            where t.status = 'VENDOR_OPPORTUNITY' and t.vendor_deadline <= at;
    when 'outbox' then
        return query select distinct o.property_owner_id from outbox o
            where o.dispatched_at is null
                and o.created_at + interval '3 s' * (2 ^ least(o.attempts, 20) - 1) <= at;
    when 'notifications' then
        return query select distinct n.property_owner_id from notifications n
            where n.sent_at is null and n.failed_at is null
                and coalesce(n.retry_at, n.created_at) <= at;
    when 'scheduled_tasks' then
        return query select distinct s.property_owner_id from scheduled_tasks s
            where s.is_active and s.auto_create_ticket and s.next_occurrence <= at;
    when 'scans' then
        return query select distinct f.property_owner_id from attachments f
            where f.scan_state = 'pending' and f.created_at <= at;
    when 'orphans' then
        return query select distinct f.property_owner_id from attachments f
            where f.created_at <= at and f.created_at > at - interval '8 days';
    when 'expiries' then
        return query
            select i.property_owner_id from invitations i
                where i.status = 'pending' and i.expires_at <= at
            union
            select r.property_owner_id from access_requests r
                where r.status in ('SUBMITTED', 'IN_REVIEW') and r.expires_at <= at
            union
            select p.property_owner_id from resource_permissions p
                where p.revoked_at is null
                    and p.expires_at <= at and p.expires_at > at - interval '1 day';
    else
        raise exception 'unknown kind of work: %', kind using errcode = 'invalid_parameter_value';
    end case;
end
$$;

-- Counted requests from before `before` and violations that had expired by then; how many.
create function prune_rate_limits(before timestamptz) returns bigint
language sql security definer
set search_path = pg_catalog, public, pg_temp
as $$
    with attempts as (delete from rate_limit_attempts where created_at < before returning 1),
        violations as (delete from rate_limit_violations where expire_at < before returning 1)
    select (select count(*) from attempts) + (select count(*) from violations)
$$;

-- Second steps and address proofs that had expired by `before`; how many.
create function prune_sign_in(before timestamptz) returns bigint
language sql security definer
set search_path = pg_catalog, public, pg_temp
as $$
    with logins as (delete from auth_pending_logins where expires_at < before returning 1),
        proofs as (delete from auth_email_verifications where expires_at < before returning 1)
    select (select count(*) from logins) + (select count(*) from proofs)
$$;

-- Answers kept for repeated requests, made before `before`; how many.
create function prune_idempotency_keys(before timestamptz) returns bigint
language sql security definer
set search_path = pg_catalog, public, pg_temp
as $$
    with gone as (delete from idempotency_keys where created_at < before returning 1)
    select count(*) from gone
$$;

-- Tickets of the owners in the scope (narrowed to `owners` where given) that match:
-- whole words, the beginning of the last word, a part of the title, or the number.
-- The caller reads the rows themselves under row security.
create function search_tickets(query text, owners uuid[], max_results integer default 200)
returns table (ticket_id uuid, property_owner_id uuid, rank real)
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    allowed uuid[] := array(
        select unnest(app_owner_ids()) intersect select unnest(coalesce(owners, app_owner_ids()))
    );
    folded text := btrim(app_fold(left(query, 200)));
    words tsquery := websearch_to_tsquery('simple', folded);
    last_word text := substring(folded from '([[:alnum:]]+)$');
    beginning tsquery := to_tsquery('simple', quote_literal(last_word) || ':*');
    before_last tsquery := websearch_to_tsquery('simple', regexp_replace(folded, '[[:alnum:]]+$', ''));
    pattern text := '%' || regexp_replace(folded, '([\\%_])', '\\\1', 'g') || '%';
    wanted text := substring(folded from '^(?:[a-z]{1,8}-|#)?([0-9]{1,15})$');
begin
    if cardinality(allowed) = 0 or coalesce(folded, '') = '' then
        return;
    end if;
    if last_word is null then
        beginning := words;
    elsif numnode(before_last) > 0 then
        beginning := before_last && beginning;
    end if;
    return query
        select t.id, t.property_owner_id,
            case when t.number = wanted::bigint then 10 else ts_rank(t.search, words || beginning) end::real
                as relevance
        from tickets t
        where t.property_owner_id = any (allowed)
            and (
                t.search @@ (words || beginning)
                or app_fold(t.title) like pattern
                or t.search @@ to_tsquery('simple', wanted)
            )
        order by relevance desc, t.created_at desc, t.id desc
        limit least(max_results, 1000);
end
$$;
