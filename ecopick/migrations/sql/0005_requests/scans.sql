-- What the virus scanner said of a file, and when it is asked again where it said nothing.
alter table attachments
    add column scan_attempts integer not null default 0,
    add column scan_retry_at timestamptz,
    add column scan_note text;
alter table attachments alter column scan_attempts drop default;
create index ix_attachments_due on attachments (created_at)
    where scan_state = 'pending';
