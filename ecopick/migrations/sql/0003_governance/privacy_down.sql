drop function erase_account(uuid, timestamptz);
drop function owners_holding(uuid);
drop function is_last_owner(uuid);
drop function is_held(uuid);
drop function owners_with_privacy_work(text, timestamptz);
drop table privacy_retention;
drop table privacy_holds;
drop table privacy_erasures;
drop table privacy_exports;
drop policy owner_or_person on subject_keys;
create policy owner_or_person on subject_keys
    using (property_owner_id = any ((select app_owner_ids())::uuid[])
        or (property_owner_id = platform_owner_id() and subject_id = (select app_user_id())))
    with check (property_owner_id = any ((select app_owner_ids())::uuid[])
        or (property_owner_id = platform_owner_id() and subject_id = (select app_user_id())));
alter table subject_keys drop column kind;
revoke delete on auth_recovery_codes, webauthn_credentials, auth_identities, auth_challenges,
    account_mails, notifications, notification_preferences, user_onboardings from ecopick_definer;
revoke update on auth_refresh_tokens, auth_sessions, memberships, user_units, subject_keys, users,
    security_alerts, blocked_sources from ecopick_definer;
