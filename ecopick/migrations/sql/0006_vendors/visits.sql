-- The arranged times of accepted jobs. `options` are the windows that were proposed last;
-- the agreed one is `arrival_from` to `arrival_until`. `sequence` counts its changes for
-- calendars. Presence is proved by the code on the wall and by a photographed code.
alter table vendor_links
    add constraint uq_vendor_links_property_owner_id_id unique (property_owner_id, id);
alter table attachments
    add constraint uq_attachments_property_owner_id_id unique (property_owner_id, id);

create table visits (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    assignment_id uuid not null,
    vendor_org_id uuid not null,
    state text not null,
    proposed_by text not null,
    options jsonb not null,
    note text,
    arrival_from timestamptz,
    arrival_until timestamptz,
    sequence integer not null,
    code text not null,
    place_at timestamptz,
    place_how text,
    photo_at timestamptz,
    photo_id uuid,
    on_the_way_at timestamptz,
    arrived_at timestamptz,
    done_at timestamptz,
    cancelled_at timestamptz,
    reminded_day_at timestamptz,
    reminded_soon_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_visits primary key (id),
    constraint uq_visits_property_owner_id_id unique (property_owner_id, id),
    constraint fk_visits_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_visits_property_owner_id_ticket_id_assignment_id
        foreign key (property_owner_id, ticket_id, assignment_id)
        references assignments (property_owner_id, ticket_id, id),
    constraint fk_visits_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id)
        references owner_vendors (property_owner_id, vendor_org_id),
    constraint fk_visits_property_owner_id_photo_id
        foreign key (property_owner_id, photo_id) references attachments (property_owner_id, id),
    constraint ck_visits_state_known check (state in
        ('PROPOSED', 'CONFIRMED', 'ON_THE_WAY', 'ARRIVED', 'DONE', 'CANCELLED')),
    constraint ck_visits_proposed_by_known check (proposed_by in ('vendor', 'tenant')),
    constraint ck_visits_place_how_known check (place_how in ('scanned', 'typed')),
    constraint ck_visits_window check ((arrival_from is null) = (arrival_until is null)
        and (arrival_until is null or arrival_until > arrival_from)),
    constraint ck_visits_confirmed_has_window
        check (state <> 'CONFIRMED' or arrival_from is not null),
    constraint ck_visits_place_how check ((place_at is null) = (place_how is null)),
    constraint ck_visits_photo check ((photo_at is null) = (photo_id is null))
);
create unique index uq_visits_open on visits (property_owner_id, assignment_id)
    where state not in ('DONE', 'CANCELLED');
create index ix_visits_ticket_id on visits (ticket_id);
create index ix_visits_vendor_org_id on visits (vendor_org_id);
create index ix_visits_coming on visits (arrival_from) where state = 'CONFIRMED';
alter table visits enable row level security;
alter table visits force row level security;
create policy owner on visits
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on visits to ecopick_app;

-- What is to be checked on a job, as it stood when the job was accepted, and who ticked it.
create table visit_checks (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    assignment_id uuid not null,
    position integer not null,
    item text not null,
    ticked_at timestamptz,
    ticked_by_id uuid,
    ticked_name text,
    created_at timestamptz not null,
    constraint pk_visit_checks primary key (id),
    constraint uq_visit_checks_property_owner_id_assignment_id_position
        unique (property_owner_id, assignment_id, position),
    constraint fk_visit_checks_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_visit_checks_property_owner_id_ticket_id_assignment_id
        foreign key (property_owner_id, ticket_id, assignment_id)
        references assignments (property_owner_id, ticket_id, id),
    constraint fk_visit_checks_ticked_by_id foreign key (ticked_by_id) references users (id),
    constraint ck_visit_checks_ticked check ((ticked_at is null) = (ticked_by_id is null))
);
create index ix_visit_checks_ticket_id on visit_checks (ticket_id);
alter table visit_checks enable row level security;
alter table visit_checks force row level security;
create policy owner on visit_checks
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on visit_checks to ecopick_app;

-- A narrower link that the holder of a link gives to a technician; it ends with its parent.
create table vendor_sublinks (
    id uuid not null,
    property_owner_id uuid not null,
    link_id uuid not null,
    name text not null,
    email citext,
    language text not null,
    version integer not null,
    token_hash bytea not null,
    created_at timestamptz not null,
    sent_at timestamptz,
    revoked_at timestamptz,
    constraint pk_vendor_sublinks primary key (id),
    constraint uq_vendor_sublinks_token_hash unique (token_hash),
    constraint fk_vendor_sublinks_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_vendor_sublinks_property_owner_id_link_id
        foreign key (property_owner_id, link_id) references vendor_links (property_owner_id, id)
);
create index ix_vendor_sublinks_link_id on vendor_sublinks (link_id);
create index ix_vendor_sublinks_unsent on vendor_sublinks (created_at)
    where sent_at is null and email is not null and revoked_at is null;
alter table vendor_sublinks enable row level security;
alter table vendor_sublinks force row level security;
create policy owner on vendor_sublinks
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on vendor_sublinks to ecopick_app;

-- The link that a technician's narrower link hangs on.
create function find_vendor_sublink(hash bytea)
returns table (
    id uuid, name text, version integer, revoked_at timestamptz, link_id uuid,
    property_owner_id uuid, assignment_id uuid, vendor_org_id uuid, recipient_id uuid,
    expires_at timestamptz, link_revoked_at timestamptz
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select s.id, s.name, s.version, s.revoked_at, l.id, l.property_owner_id, l.assignment_id,
        l.vendor_org_id, l.recipient_id, l.expires_at, l.revoked_at
    from vendor_sublinks s join vendor_links l on l.id = s.link_id
    where s.token_hash = hash
$$;
-- Owners with visits of which somebody is to be reminded, or with narrower links to mail.
create function owners_with_visits(at timestamptz) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select v.property_owner_id from visits v
    where v.state = 'CONFIRMED' and v.arrival_from > at
        and ((v.reminded_day_at is null and v.arrival_from <= at + interval '24 hours')
            or (v.reminded_soon_at is null and v.arrival_from <= at + interval '2 hours'))
    union
    select s.property_owner_id from vendor_sublinks s
    where s.sent_at is null and s.email is not null and s.revoked_at is null
$$;
grant select on visits, vendor_sublinks, vendor_links to ecopick_definer;
revoke execute on function find_vendor_sublink(bytea) from public;
revoke execute on function owners_with_visits(timestamptz) from public;
grant execute on function find_vendor_sublink(bytea), owners_with_visits(timestamptz)
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function find_vendor_sublink(bytea) owner to ecopick_definer;
alter function owners_with_visits(timestamptz) owner to ecopick_definer;
