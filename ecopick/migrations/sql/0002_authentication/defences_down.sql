drop index ix_rate_limit_attempts_ip_created_at;
drop index ix_rate_limit_attempts_persistent_device_id_created_at;
drop function people_of_alerts(uuid[]);
drop function account_protection();
