-- Who decides in somebody's place for a while.

create table approval_delegates (
    id uuid not null,
    property_owner_id uuid not null,
    user_id uuid not null,
    delegate_id uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    ended_at timestamptz,
    created_at timestamptz not null,
    constraint pk_approval_delegates primary key (id),
    constraint fk_approval_delegates_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    constraint fk_approval_delegates_user_id foreign key (user_id) references users (id),
    constraint fk_approval_delegates_delegate_id foreign key (delegate_id) references users (id),
    constraint ck_approval_delegates_in_order check (ends_at > starts_at)
);
create index ix_approval_delegates_user_id on approval_delegates (user_id);
create index ix_approval_delegates_delegate_id on approval_delegates (delegate_id);
alter table approval_delegates enable row level security;
alter table approval_delegates force row level security;
create policy owner on approval_delegates
    using (property_owner_id = any ((select app_owner_ids())::uuid[]))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[]));
grant select, insert, update on approval_delegates to ecopick_app;

-- Owners with an approval whose time is over, or with a step that is due by `soon`.
create function owners_with_approvals(at timestamptz, soon timestamptz) returns setof uuid
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select r.property_owner_id from access_requests r
    where r.status in ('SUBMITTED', 'IN_REVIEW', 'APPROVED') and r.expires_at <= at
    union
    select t.property_owner_id from access_request_tasks t
    where t.status in ('PENDING', 'IN_PROGRESS') and t.due_at <= soon
        and (t.metadata ->> 'reminded_at') is null
    order by 1
$$;
grant select on access_request_tasks to ecopick_definer;
revoke execute on function owners_with_approvals(timestamptz, timestamptz) from public;
grant execute on function owners_with_approvals(timestamptz, timestamptz)
    to ecopick_app, ecopick_definer, ecopick_migrator;
alter function owners_with_approvals(timestamptz, timestamptz) owner to ecopick_definer;
