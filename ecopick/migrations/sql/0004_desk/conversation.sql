-- Who is named in a message, by person and not only by words.
create table message_mentions (
    id uuid not null,
    property_owner_id uuid not null,
    ticket_id uuid not null,
    message_id uuid not null,
    user_id uuid not null,
    created_at timestamptz not null,
    constraint pk_message_mentions primary key (id),
    constraint uq_message_mentions_property_owner_id_message_id_user_id
        unique (property_owner_id, message_id, user_id),
    constraint fk_message_mentions_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_message_mentions_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    constraint fk_message_mentions_property_owner_id_ticket_id_message_id
        foreign key (property_owner_id, ticket_id, message_id)
        references messages (property_owner_id, ticket_id, id),
    constraint fk_message_mentions_user_id foreign key (user_id) references users (id)
);
create index ix_message_mentions_ticket_id on message_mentions (ticket_id);
create index ix_message_mentions_user_id on message_mentions (user_id);

alter table message_mentions enable row level security;
alter table message_mentions force row level security;
create policy owner on message_mentions
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on message_mentions to ecopick_app;
