-- Answers of identity providers, each used once; invitations that wait for an address.

alter table auth_challenges
    drop constraint ck_auth_challenges_purpose_known,
    add constraint ck_auth_challenges_purpose_known check (purpose in
        ('register', 'sign_in', 'second_step', 'step_up', 'provider'));

-- The newest invitation that waits for an address, for whoever proved to hold it.
create function find_waiting_invitation(address public.citext, moment timestamptz)
returns table (id uuid, version integer)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select i.id, i.version from invitations i
    where i.email operator(public.=) address and i.status = 'pending' and i.expires_at > moment
    order by i.created_at desc limit 1
$$;
