drop function similar_tickets(uuid, uuid[], integer);
alter table tickets drop constraint ck_tickets_not_its_own_parent;
drop index ix_attachments_storage_key;
alter table attachments
    drop constraint uq_attachments_property_owner_id_ticket_id_storage_key,
    add constraint uq_attachments_property_owner_id_storage_key
        unique (property_owner_id, storage_key);
drop function owners_with_incident_runs();
drop table incident_runs;
drop table ticket_links;
