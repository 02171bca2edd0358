-- One act on many tickets, and what became of each.
create table bulk_acts (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid not null,
    act text not null,
    input jsonb not null,
    language text not null,
    state text not null,
    tickets_total integer not null,
    tickets_done integer not null,
    changed integer not null,
    attempts integer not null,
    ended_at timestamptz,
    created_at timestamptz not null,
    constraint pk_bulk_acts primary key (id),
    constraint uq_bulk_acts_property_owner_id_id unique (property_owner_id, id),
    constraint fk_bulk_acts_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_bulk_acts_user_id foreign key (user_id) references users (id),
    constraint ck_bulk_acts_act_known
        check (act in ('assign', 'status', 'priority', 'message')),
    constraint ck_bulk_acts_state_known
        check (state in ('waiting', 'done', 'undoing', 'undone', 'failed')),
    constraint ck_bulk_acts_tickets_total check (tickets_total between 1 and 500)
);
create index ix_bulk_acts_user_id_created_at on bulk_acts (user_id, created_at);
create index ix_bulk_acts_unfinished on bulk_acts (property_owner_id, created_at)
    where state in ('waiting', 'undoing');

-- `ticket_id` is what was sent; where it is another owner's there is no row to point at.
create table bulk_results (
    property_owner_id uuid not null,
    bulk_act_id uuid not null,
    ticket_id uuid not null,
    outcome text not null,
    reason text,
    before jsonb,
    version_after integer,
    constraint pk_bulk_results primary key (bulk_act_id, ticket_id),
    constraint fk_bulk_results_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_bulk_results_property_owner_id_bulk_act_id
        foreign key (property_owner_id, bulk_act_id) references bulk_acts (property_owner_id, id),
    constraint ck_bulk_results_outcome_known
        check (outcome in ('waiting', 'done', 'refused', 'hidden', 'undone', 'kept'))
);

do $$
declare
    name text;
    mine constant text := 'property_owner_id = any ((select app_owner_ids())::uuid[])';
begin
    foreach name in array array['bulk_acts', 'bulk_results'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy owner on %I using (%s) with check (%s)', name, mine, mine
        );
        execute format('grant select, insert, update on %I to ecopick_app', name);
    end loop;
end
$$;

-- Owners with acts that are not finished.
create function owners_with_bulk_acts() returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select distinct b.property_owner_id from bulk_acts b
    where b.state in ('waiting', 'undoing')
    order by 1
$$;
grant select on bulk_acts to ecopick_definer;
revoke execute on function owners_with_bulk_acts() from public;
grant execute on function owners_with_bulk_acts()
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function owners_with_bulk_acts() owner to ecopick_definer;
