-- Outbox and idempotency keys.

create table idempotency_keys (
    id uuid not null,
    property_owner_id uuid not null,
    actor_id uuid not null,
    key text not null,
    method text not null,
    path text not null,
    request_hash bytea not null,
    status integer,
    response jsonb,
    created_at timestamptz not null,
    constraint pk_idempotency_keys primary key (id),
    constraint uq_idempotency_keys_actor_id_key unique (actor_id, key)
);
create index ix_idempotency_keys_created_at on idempotency_keys (created_at);

create table outbox (
    id uuid not null,
    property_owner_id uuid not null,
    seq bigint generated always as identity,
    name text not null,
    payload jsonb not null,
    actor_id uuid,
    request_id text,
    correlation_id text,
    dispatched_at timestamptz,
    stream_id bigint,
    attempts integer not null,
    created_at timestamptz not null,
    constraint pk_outbox primary key (id)
);
create index ix_outbox_stream on outbox (property_owner_id, stream_id);
create index ix_outbox_undispatched on outbox (property_owner_id, seq) where dispatched_at is null;
