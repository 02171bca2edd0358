-- Failures from one address or device, whoever they were about.

create index ix_rate_limit_attempts_ip_created_at on rate_limit_attempts (ip, created_at);
create index ix_rate_limit_attempts_persistent_device_id_created_at
    on rate_limit_attempts (persistent_device_id, created_at);

-- Whom alerts, blocks and the sign-in log are about; the caller has asked for permission.
create function people_of_alerts(people uuid[]) returns table (id uuid, name text, email text)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select u.id,
        coalesce(nullif(trim(u.name), ''), nullif(trim(concat_ws(' ', u.first_name, u.last_name)), '')),
        u.email::text
    from users u where u.id = any (people) and not u.is_system
$$;

-- How many people can sign in, how many of them are protected by a second factor or a
-- passkey, and how many administrators and property owners lack one. Figures only.
create function account_protection()
returns table (people bigint, protected bigint, lacking bigint)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    with each as (
        select u.id,
            u.two_factor_enabled or exists (
                select from webauthn_credentials c where c.user_id = u.id
            ) as is_safe,
            u.is_app_admin or exists (
                select from memberships m
                where m.user_id = u.id and m.role = 'PROPERTY_OWNER' and m.status = 'active'
                    and m.ended_at is null
            ) as should_be
        from users u
        where not u.is_system and (u.password_hash is not null or exists (
            select from webauthn_credentials c where c.user_id = u.id
        ))
    )
    select count(*), count(*) filter (where is_safe), count(*) filter (where should_be and not is_safe)
    from each
$$;
