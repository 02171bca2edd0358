-- Failures from one address or device, whoever they were about.

create index ix_rate_limit_attempts_ip_created_at on rate_limit_attempts (ip, created_at);
create index ix_rate_limit_attempts_persistent_device_id_created_at
    on rate_limit_attempts (persistent_device_id, created_at);
