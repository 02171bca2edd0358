-- Whether vendors of an open job offer prices to be compared; ``quotes_told_at`` is when
-- management heard that their time was over.
alter table tickets
    add column collects_quotes boolean not null default false,
    add column quotes_told_at timestamptz;

-- What vendors offer for one ticket. Sums without tax in ``net_amount``; a quote that waits for
-- an approval names it.
create table quotes (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    vendor_org_id uuid not null,
    state text not null,
    currency text not null,
    net_amount numeric(12, 2) not null,
    tax_rate numeric(5, 2) not null,
    tax_amount numeric(12, 2) not null,
    total_amount numeric(12, 2) not null,
    line_items jsonb not null,
    arrival_from timestamptz,
    arrival_until timestamptz,
    valid_until date,
    note text,
    offered_by_id uuid not null,
    approval_id uuid,
    accepted_by_id uuid,
    decided_at timestamptz,
    decided_by_id uuid,
    reason text,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_quotes primary key (id),
    constraint fk_quotes_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_quotes_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    constraint fk_quotes_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id)
        references owner_vendors (property_owner_id, vendor_org_id),
    constraint fk_quotes_property_owner_id_approval_id
        foreign key (property_owner_id, approval_id)
        references access_requests (property_owner_id, id),
    constraint fk_quotes_offered_by_id foreign key (offered_by_id) references users (id),
    constraint fk_quotes_accepted_by_id foreign key (accepted_by_id) references users (id),
    constraint fk_quotes_decided_by_id foreign key (decided_by_id) references users (id),
    constraint ck_quotes_state_known
        check (state in ('OFFERED', 'WAITING', 'ACCEPTED', 'REFUSED', 'WITHDRAWN')),
    constraint ck_quotes_sum check (total_amount = net_amount + tax_amount and net_amount > 0),
    constraint ck_quotes_window check (arrival_until > arrival_from),
    constraint ck_quotes_waits_for_approval check (state <> 'WAITING' or approval_id is not null)
);
create unique index uq_quotes_undecided on quotes (property_owner_id, ticket_id, vendor_org_id)
    where state in ('OFFERED', 'WAITING');
create unique index uq_quotes_waiting on quotes (property_owner_id, ticket_id)
    where state = 'WAITING';
create unique index uq_quotes_accepted on quotes (property_owner_id, ticket_id)
    where state = 'ACCEPTED';
create index ix_quotes_ticket_id on quotes (ticket_id);
create index ix_quotes_vendor_org_id on quotes (vendor_org_id);
create index ix_quotes_approval_id on quotes (approval_id);
alter table quotes enable row level security;
alter table quotes force row level security;
create policy owner on quotes
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on quotes to ecopick_app;

-- The mailed link of one person at a vendor to one open job; only its hash is stored.
create table opportunity_links (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    vendor_org_id uuid not null,
    recipient_id uuid not null,
    token_hash bytea not null,
    fetched_at timestamptz,
    created_at timestamptz not null,
    constraint pk_opportunity_links primary key (id),
    constraint uq_opportunity_links_token_hash unique (token_hash),
    constraint uq_opportunity_links_property_owner_id_ticket_id_recipient_id
        unique (property_owner_id, ticket_id, recipient_id),
    constraint fk_opportunity_links_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_opportunity_links_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    constraint fk_opportunity_links_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id)
        references owner_vendors (property_owner_id, vendor_org_id),
    constraint fk_opportunity_links_recipient_id foreign key (recipient_id) references users (id)
);
create index ix_opportunity_links_ticket_id on opportunity_links (ticket_id);
create index ix_opportunity_links_recipient_id on opportunity_links (recipient_id);
alter table opportunity_links enable row level security;
alter table opportunity_links force row level security;
create policy owner on opportunity_links
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on opportunity_links to ecopick_app;

-- Whose link a token opens, before anybody is known: where it leads, and nothing of the job.
create function find_opportunity_link(hash bytea)
returns table (
    id uuid, property_owner_id uuid, ticket_id uuid, vendor_org_id uuid, recipient_id uuid
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select l.id, l.property_owner_id, l.ticket_id, l.vendor_org_id, l.recipient_id
    from opportunity_links l where l.token_hash = hash
$$;
grant select on opportunity_links to ecopick_definer;
revoke execute on function find_opportunity_link(bytea) from public;
grant execute on function find_opportunity_link(bytea)
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function find_opportunity_link(bytea) owner to ecopick_definer;
