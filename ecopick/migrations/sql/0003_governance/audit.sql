-- When the audit of an owner was last walked from end to end, and what was found.

create table audit_proofs (
    id uuid not null,
    property_owner_id uuid not null,
    asked_by_id uuid,
    started_at timestamptz,
    ended_at timestamptz,
    rows_total bigint not null,
    rows_done bigint not null,
    anchors integer not null,
    is_whole boolean,
    faults jsonb,
    created_at timestamptz not null,
    constraint pk_audit_proofs primary key (id),
    constraint fk_audit_proofs_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_audit_proofs_asked_by_id foreign key (asked_by_id) references users (id)
);
create index ix_audit_proofs_property_owner_id_created_at
    on audit_proofs (property_owner_id, created_at);
alter table audit_proofs enable row level security;
alter table audit_proofs force row level security;
create policy owner on audit_proofs
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on audit_proofs to ecopick_app;

-- Case files of single tickets: asked for by people, made by a worker.
create table case_files (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    asked_by_id uuid not null,
    language text not null,
    with_notes boolean not null,
    state text not null,
    files_total integer not null,
    files_done integer not null,
    attempts integer not null,
    storage_key text,
    size_bytes bigint,
    sha256 bytea,
    ready_at timestamptz,
    expires_at timestamptz,
    created_at timestamptz not null,
    constraint pk_case_files primary key (id),
    constraint fk_case_files_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_case_files_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    constraint fk_case_files_asked_by_id foreign key (asked_by_id) references users (id),
    constraint ck_case_files_state_known check (state in ('waiting', 'ready', 'failed'))
);
create index ix_case_files_ticket_id_created_at on case_files (ticket_id, created_at);
alter table case_files enable row level security;
alter table case_files force row level security;
create policy owner on case_files
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on case_files to ecopick_app;

-- Heads of every chain, for the anchor outside the database; hashes tell nothing.
create function audit_all_heads()
returns table (property_owner_id uuid, stream text, seq bigint, hash bytea)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select h.property_owner_id, h.stream, h.seq, h.hash from audit_heads h
    order by h.property_owner_id, h.stream
$$;

-- Owners whose people asked for a proof or case file that is not made yet.
create function owners_awaiting(kind text) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select p.property_owner_id from audit_proofs p
    where kind = 'proof' and p.ended_at is null and p.asked_by_id is not null
    union
    select c.property_owner_id from case_files c
    where kind = 'case_file' and c.state = 'waiting'
    order by 1
$$;

grant select on audit_proofs, case_files to ecopick_definer;
revoke execute on function audit_all_heads() from public;
revoke execute on function owners_awaiting(text) from public;
grant execute on function audit_all_heads() to ecopick_app, ecopick_definer, ecopick_migrator;
alter function audit_all_heads() owner to ecopick_definer;
grant execute on function owners_awaiting(text)
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function owners_awaiting(text) owner to ecopick_definer;
