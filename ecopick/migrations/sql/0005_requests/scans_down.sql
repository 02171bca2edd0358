drop index ix_attachments_due;
alter table attachments
    drop column scan_attempts,
    drop column scan_retry_at,
    drop column scan_note;
