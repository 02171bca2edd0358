drop function owners_with_files(timestamptz);
drop function find_request_link(bytea);
drop function find_building_owner(uuid);

delete from account_mails where kind = 'request_code';
alter table account_mails
    drop constraint ck_account_mails_kind_known,
    add constraint ck_account_mails_kind_known check (kind in ('register_code', 'second_step_code',
        'sign_in_link', 'reset_link', 'email_change_code', 'invitation', 'email_changed',
        'password_changed', 'factor_added', 'factor_removed', 'recovery_codes_made',
        'recovery_code_used', 'new_device', 'sessions_ended', 'sign_in_blocked'));

drop policy read on users;
create policy read on users for select using (
    id = any (
        (select app_user_id())
        || array(select user_id from memberships)
        || array(select user_id from user_units)
        || array(select reporter_id from tickets where channel in ('public', 'email'))
        || (select array(select system_user_id()
            where app_owner_ids() is not null or app_user_id() is not null))
    )
);
drop policy change on users;
create policy change on users for update using (
    id = any (
        (select app_user_id())
        || array(select user_id from memberships)
        || array(select user_id from user_units)
        || array(select reporter_id from tickets where channel in ('public', 'email'))
    )
);
drop index ix_tickets_outside_reporters;
create index ix_tickets_outside_reporters on tickets (property_owner_id, reporter_id)
    where channel in ('public', 'email');

drop table request_links;
