-- How people arrange their own pages: columns, panels, keys.
create table user_settings (
    id uuid not null,
    user_id uuid not null,
    key text not null,
    value jsonb not null,
    updated_at timestamptz not null,
    constraint pk_user_settings primary key (id),
    constraint fk_user_settings_user_id foreign key (user_id) references users (id),
    constraint uq_user_settings_user_id_key unique (user_id, key)
);
alter table user_settings enable row level security;
alter table user_settings force row level security;
create policy person on user_settings using (user_id = (select app_user_id()))
    with check (user_id = (select app_user_id()));
grant select, insert, update, delete on user_settings to ecopick_app;
