-- Mail in: addresses of buildings, addresses for replies, and what was taken already.
create table inbound_addresses (
    id uuid not null,
    property_owner_id uuid not null,
    building_id uuid not null,
    local_part citext not null,
    issued_by_id uuid,
    retired_at timestamptz,
    created_at timestamptz not null,
    constraint pk_inbound_addresses primary key (id),
    constraint uq_inbound_addresses_local_part unique (local_part),
    constraint fk_inbound_addresses_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_inbound_addresses_property_owner_id_building_id
        foreign key (property_owner_id, building_id) references buildings (property_owner_id, id),
    constraint fk_inbound_addresses_issued_by_id foreign key (issued_by_id) references users (id)
);
create unique index ix_inbound_addresses_live
    on inbound_addresses (property_owner_id, building_id) where retired_at is null;

-- To whom a reply belongs: one ticket, one person, and who reads it. Only the hash is stored.
create table reply_addresses (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    user_id uuid not null,
    visibility text not null,
    token_hash bytea not null,
    created_at timestamptz not null,
    constraint pk_reply_addresses primary key (id),
    constraint uq_reply_addresses_token_hash unique (token_hash),
    constraint fk_reply_addresses_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_reply_addresses_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    constraint fk_reply_addresses_user_id foreign key (user_id) references users (id),
    constraint ck_reply_addresses_visibility_known check (visibility in ('everyone', 'team'))
);
create index ix_reply_addresses_ticket_id on reply_addresses (ticket_id);
create index ix_reply_addresses_user_id on reply_addresses (user_id);

-- Replies that became messages: each once, and no more than a few of them are mailed on.
create table inbound_replies (
    id uuid not null,
    property_owner_id uuid not null,
    mail_key bytea not null,
    ticket_id uuid not null,
    message_id uuid not null,
    user_id uuid not null,
    words_hash bytea not null,
    created_at timestamptz not null,
    constraint pk_inbound_replies primary key (id),
    constraint uq_inbound_replies_ticket_id_user_id_mail_key unique (ticket_id, user_id, mail_key),
    constraint fk_inbound_replies_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_inbound_replies_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    constraint fk_inbound_replies_property_owner_id_ticket_id_message_id
        foreign key (property_owner_id, ticket_id, message_id)
        references messages (property_owner_id, ticket_id, id),
    constraint fk_inbound_replies_user_id foreign key (user_id) references users (id)
);
create index ix_inbound_replies_ticket_id_created_at on inbound_replies (ticket_id, created_at);
create index ix_inbound_replies_user_id on inbound_replies (user_id);

do $$
declare
    mine constant text := 'property_owner_id = any ((select app_owner_ids())::uuid[])';
    name text;
begin
    foreach name in array array['inbound_addresses', 'reply_addresses', 'inbound_replies'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy owner on %I using (%s) with check (%s)', name, mine, mine);
        execute format('grant select, insert, update on %I to ecopick_app', name);
    end loop;
end
$$;

-- The building behind an address, retired ones excepted.
create function find_inbound_address(wanted citext)
returns table (id uuid, property_owner_id uuid, building_id uuid)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select a.id, a.property_owner_id, a.building_id
    from inbound_addresses a
    where a.local_part operator(public.=) wanted and a.retired_at is null
$$;

-- Whose reply comes to an address that we gave out.
create function find_reply_address(hash bytea)
returns table (
    id uuid, property_owner_id uuid, ticket_id uuid, user_id uuid, visibility text
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select r.id, r.property_owner_id, r.ticket_id, r.user_id, r.visibility
    from reply_addresses r where r.token_hash = hash
$$;

grant select on inbound_addresses, reply_addresses to ecopick_definer;
revoke execute on function find_inbound_address(citext), find_reply_address(bytea) from public;
grant execute on function find_inbound_address(citext), find_reply_address(bytea)
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function find_inbound_address(citext) owner to ecopick_definer;
alter function find_reply_address(bytea) owner to ecopick_definer;

-- Owners with a request that came by mail within a day and whose sender got no code yet.
create function owners_with_mailed_requests(at timestamptz) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select distinct l.property_owner_id
    from request_links l
    join tickets t on t.property_owner_id = l.property_owner_id and t.id = l.ticket_id
    where l.kind = 'reporter' and l.email is not null and l.proof_id is null
        and l.confirmed_at is null and l.ended_at is null and t.channel = 'email'
        and l.created_at > at - interval '1 day'
    order by 1
$$;
grant select on tickets to ecopick_definer;
revoke execute on function owners_with_mailed_requests(timestamptz) from public;
grant execute on function owners_with_mailed_requests(timestamptz)
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function owners_with_mailed_requests(timestamptz) owner to ecopick_definer;
