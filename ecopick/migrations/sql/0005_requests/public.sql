-- The private link of whoever reports without an account, or follows a neighbour's request.
-- Only the hash of its token is stored. `submission_key` makes a repeated submission find
-- the link of the first one.
create table request_links (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    kind text not null,
    version integer not null,
    token_hash bytea not null,
    language text not null,
    email citext,
    user_id uuid,
    proof_id uuid,
    submission_key bytea not null,
    submission_hash bytea not null,
    created_at timestamptz not null,
    confirmed_at timestamptz,
    ended_at timestamptz,
    constraint pk_request_links primary key (id),
    constraint uq_request_links_token_hash unique (token_hash),
    constraint uq_request_links_property_owner_id_submission_key
        unique (property_owner_id, submission_key),
    constraint fk_request_links_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_request_links_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    constraint fk_request_links_user_id foreign key (user_id) references users (id),
    constraint ck_request_links_kind_known check (kind in ('reporter', 'follower'))
);
create index ix_request_links_ticket_id on request_links (ticket_id);
create index ix_request_links_user_id on request_links (user_id);
alter table request_links enable row level security;
alter table request_links force row level security;
create policy owner on request_links
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on request_links to ecopick_app;

-- Whoever reported through a code on a wall, or follows by a link, belongs to the scope too.
drop index ix_tickets_outside_reporters;
create index ix_tickets_outside_reporters on tickets (property_owner_id, reporter_id)
    where channel in ('public', 'email', 'qr');
drop policy read on users;
create policy read on users for select using (
    id = any (
        (select app_user_id())
        || array(select user_id from memberships)
        || array(select user_id from user_units)
        || array(select reporter_id from tickets where channel in ('public', 'email', 'qr'))
        || array(select user_id from request_links where user_id is not null)
        || (select array(select system_user_id()
            where app_owner_ids() is not null or app_user_id() is not null))
    )
);
drop policy change on users;
create policy change on users for update using (
    id = any (
        (select app_user_id())
        || array(select user_id from memberships)
        || array(select user_id from user_units)
        || array(select reporter_id from tickets where channel in ('public', 'email', 'qr'))
        || array(select user_id from request_links where user_id is not null)
    )
);

-- The code that proves the address of a report.
alter table account_mails
    drop constraint ck_account_mails_kind_known,
    add constraint ck_account_mails_kind_known check (kind in ('register_code',
        'second_step_code', 'sign_in_link', 'reset_link', 'email_change_code', 'invitation',
        'email_changed', 'password_changed', 'factor_added', 'factor_removed',
        'recovery_codes_made', 'recovery_code_used', 'new_device', 'sessions_ended',
        'sign_in_blocked', 'request_code'));

-- Whose building this is, for its public form; nothing else is told.
create function find_building_owner(building uuid) returns table (property_owner_id uuid)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select b.property_owner_id from buildings b where b.id = building
$$;

-- The ticket behind a private link, by the hash of its token.
create function find_request_link(hash bytea)
returns table (id uuid, property_owner_id uuid, ticket_id uuid)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select l.id, l.property_owner_id, l.ticket_id from request_links l where l.token_hash = hash
$$;

-- All owners that there were at `at`: each may have files that no row names.
create function owners_with_files(at timestamptz) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select o.id from property_owners o where o.created_at <= at order by 1
$$;

grant select on request_links to ecopick_definer;
do $$
declare
    signature regprocedure;
begin
    foreach signature in array array[
        'find_building_owner(uuid)', 'find_request_link(bytea)', 'owners_with_files(timestamptz)'
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
