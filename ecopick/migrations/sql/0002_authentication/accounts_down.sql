drop function find_pending_login(uuid);
drop function find_email_verification(uuid, bytea);
drop function find_passkey(bytea);
drop function find_identity(text, text);

drop trigger guard on users;
create trigger guard before update of id, email, email_verified, is_app_admin, is_system,
    password_hash, password_updated_at, two_factor_enabled, totp_secret_enc, two_factor_enabled_at
    on users for each row
    when (
        (old.id, old.email, old.email_verified, old.is_app_admin, old.is_system, old.password_hash,
            old.password_updated_at, old.two_factor_enabled, old.totp_secret_enc,
            old.two_factor_enabled_at)
        is distinct from
        (new.id, new.email, new.email_verified, new.is_app_admin, new.is_system, new.password_hash,
            new.password_updated_at, new.two_factor_enabled, new.totp_secret_enc,
            new.two_factor_enabled_at)
    )
    execute function users_guard();

delete from security_alerts where type = 'passkey_counter';
alter table security_alerts
    drop constraint ck_security_alerts_type_known,
    add constraint ck_security_alerts_type_known check (type in ('brute_force',
        'credential_stuffing', 'impossible_travel', 'token_reuse'));
alter table rate_limit_violations drop constraint uq_rate_limit_violations_type_field_key;
drop table account_mails;
drop table auth_identities;
drop table auth_challenges;
alter table webauthn_credentials drop column name, drop column aaguid, drop column backed_up;
delete from auth_email_verifications;
alter table auth_email_verifications
    drop constraint ck_auth_email_verifications_purpose_known,
    add constraint ck_auth_email_verifications_purpose_known
        check (purpose in ('register', 'email_change', 'password_reset', 'public_request')),
    drop column language, drop column version, drop column token_hash, drop column browser_hash,
    drop column details, drop column sent_at;
delete from auth_pending_logins;
alter table auth_pending_logins
    alter column method set not null,
    drop column first_factor, drop column remember_me, drop column code_version,
    drop column persistent_device_id;
alter table auth_sessions drop column method;
alter table users
    drop column totp_pending_enc, drop column totp_last_step, drop column email_otp_enabled;
