-- Views of the ticket list that people keep, and who has seen a ticket when.
create table saved_views (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid not null,
    name text not null,
    filters jsonb not null,
    sort text not null,
    is_shared boolean not null,
    position integer not null,
    deleted_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_saved_views primary key (id),
    constraint uq_saved_views_property_owner_id_id unique (property_owner_id, id),
    constraint fk_saved_views_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_saved_views_user_id foreign key (user_id) references users (id)
);
create index ix_saved_views_property_owner_id_user_id on saved_views (property_owner_id, user_id);

create table ticket_reads (
    property_owner_id uuid not null,
    ticket_id uuid not null,
    user_id uuid not null,
    seen_at timestamptz not null,
    constraint pk_ticket_reads primary key (ticket_id, user_id),
    constraint fk_ticket_reads_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_ticket_reads_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    constraint fk_ticket_reads_user_id foreign key (user_id) references users (id)
);
create index ix_ticket_reads_user_id on ticket_reads (user_id);

do $$
declare
    name text;
    mine constant text := 'property_owner_id = any ((select app_owner_ids())::uuid[])';
begin
    foreach name in array array['saved_views', 'ticket_reads'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy owner on %I using (%s) with check (%s)', name, mine, mine
        );
        execute format('grant select, insert, update on %I to ecopick_app', name);
    end loop;
end
$$;
