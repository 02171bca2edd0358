-- Tickets that belong together: duplicates, causes, incidents; titles that are alike.

create table ticket_links (
    id uuid not null,
    property_owner_id uuid not null,
    from_id uuid not null,
    to_id uuid not null,
    kind text not null,
    created_by_id uuid not null,
    created_at timestamptz not null,
    removed_at timestamptz,
    constraint pk_ticket_links primary key (id),
    constraint fk_ticket_links_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_ticket_links_property_owner_id_from_id
        foreign key (property_owner_id, from_id) references tickets (property_owner_id, id),
    constraint fk_ticket_links_property_owner_id_to_id
        foreign key (property_owner_id, to_id) references tickets (property_owner_id, id),
    constraint fk_ticket_links_created_by_id foreign key (created_by_id) references users (id),
    constraint uq_ticket_links_property_owner_id_from_id_to_id_kind
        unique (property_owner_id, from_id, to_id, kind),
    constraint ck_ticket_links_kind_known check (kind in ('DUPLICATE_OF', 'CAUSED_BY')),
    constraint ck_ticket_links_not_to_itself check (from_id <> to_id or removed_at is not null)
);
-- A ticket is the duplicate of one other at most.
create unique index uq_ticket_links_one_original on ticket_links (property_owner_id, from_id)
    where kind = 'DUPLICATE_OF' and removed_at is null;
create index ix_ticket_links_to_id on ticket_links (to_id);
alter table ticket_links enable row level security;
alter table ticket_links force row level security;
create policy owner on ticket_links
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on ticket_links to ecopick_app;

-- A message to, or the end of, all tickets of an incident: ticket by ticket, with its result.
create table incident_runs (
    id uuid not null,
    property_owner_id uuid not null,
    parent_id uuid not null,
    asked_by_id uuid not null,
    act text not null,
    request jsonb not null,
    ticket_ids uuid[] not null,
    results jsonb not null,
    created_at timestamptz not null,
    ended_at timestamptz,
    constraint pk_incident_runs primary key (id),
    constraint fk_incident_runs_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_incident_runs_property_owner_id_parent_id
        foreign key (property_owner_id, parent_id) references tickets (property_owner_id, id),
    constraint fk_incident_runs_asked_by_id foreign key (asked_by_id) references users (id),
    constraint ck_incident_runs_act_known check (act in ('MESSAGE', 'FINISH'))
);
create index ix_incident_runs_parent_id on incident_runs (parent_id);
create index ix_incident_runs_waiting on incident_runs (property_owner_id, created_at)
    where ended_at is null;
alter table incident_runs enable row level security;
alter table incident_runs force row level security;
create policy owner on incident_runs
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on incident_runs to ecopick_app;

create function owners_with_incident_runs() returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$ select distinct r.property_owner_id from incident_runs r where r.ended_at is null $$;
grant select on incident_runs to ecopick_definer;
revoke execute on function owners_with_incident_runs() from public;
grant execute on function owners_with_incident_runs()
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function owners_with_incident_runs() owner to ecopick_definer;

-- One file may prove the work on several tickets of an incident.
alter table attachments
    drop constraint uq_attachments_property_owner_id_storage_key,
    add constraint uq_attachments_property_owner_id_ticket_id_storage_key
        unique (property_owner_id, ticket_id, storage_key);
create index ix_attachments_storage_key on attachments (storage_key);

alter table tickets add constraint ck_tickets_not_its_own_parent check (parent_id <> id);

-- Tickets of the same owner whose titles are alike, the most alike first. `%` uses the index
-- of trigrams, which row security would keep from it; titles are read only within the scope.
create function similar_tickets(wanted uuid, owners uuid[], max_results integer default 100)
returns table (ticket_id uuid, likeness real)
language plpgsql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
    allowed uuid[] := array(
        select unnest(app_owner_ids()) intersect select unnest(coalesce(owners, app_owner_ids()))
    );
    home uuid;
    folded text;
begin
    select t.property_owner_id, app_fold(t.title) into home, folded
    from tickets t where t.id = wanted and t.property_owner_id = any (allowed);
    if home is null then
        return;
    end if;
    return query
        select t.id, similarity(app_fold(t.title), folded) as alike
        from tickets t
        where t.property_owner_id = home and t.id <> wanted and app_fold(t.title) % folded
        order by alike desc, t.created_at desc, t.id desc
        limit least(max_results, 200);
end
$$;
revoke execute on function similar_tickets(uuid, uuid[], integer) from public;
grant execute on function similar_tickets(uuid, uuid[], integer)
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function similar_tickets(uuid, uuid[], integer) owner to ecopick_definer;
