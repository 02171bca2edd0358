-- Whoever reported something decides whether the people of the same home see it.
alter table tickets add column shared_at_home boolean not null default true;

-- Whoever follows as somebody of the home hears of it while they live there.
alter table ticket_stakeholders add column of_household boolean not null default false;

-- How whoever reported something found the outcome, in one tap.
create table ticket_ratings (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    user_id uuid,
    vendor_org_id uuid,
    rating text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_ticket_ratings primary key (id),
    constraint uq_ticket_ratings_property_owner_id_ticket_id
        unique (property_owner_id, ticket_id),
    constraint fk_ticket_ratings_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_ticket_ratings_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    constraint fk_ticket_ratings_user_id foreign key (user_id) references users (id),
    constraint fk_ticket_ratings_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id)
        references owner_vendors (property_owner_id, vendor_org_id),
    constraint ck_ticket_ratings_rating_known check (rating in ('good', 'fair', 'poor'))
);
create index ix_ticket_ratings_vendor_org_id on ticket_ratings (vendor_org_id);
create index ix_ticket_ratings_user_id on ticket_ratings (user_id);
alter table ticket_ratings enable row level security;
alter table ticket_ratings force row level security;
create policy owner on ticket_ratings
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on ticket_ratings to ecopick_app;
