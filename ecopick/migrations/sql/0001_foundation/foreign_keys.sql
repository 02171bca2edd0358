-- Foreign keys: inside one owner they carry the owner, so that no row can point at another's.

alter table idempotency_keys
    add constraint fk_idempotency_keys_actor_id
        foreign key (actor_id) references users (id),
    add constraint fk_idempotency_keys_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table outbox
    add constraint fk_outbox_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table buildings
    add constraint fk_buildings_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table tenant_companies
    add constraint fk_tenant_companies_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table leases
    add constraint fk_leases_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_leases_property_owner_id_building_id
        foreign key (property_owner_id, building_id) references buildings (property_owner_id, id),
    add constraint fk_leases_property_owner_id_tenant_company_id
        foreign key (property_owner_id, tenant_company_id) references tenant_companies (property_owner_id, id);

alter table units
    add constraint fk_units_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_units_property_owner_id_building_id
        foreign key (property_owner_id, building_id) references buildings (property_owner_id, id);

alter table lease_units
    add constraint fk_lease_units_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_lease_units_property_owner_id_building_id_lease_id
        foreign key (property_owner_id, building_id, lease_id) references leases (property_owner_id, building_id, id),
    add constraint fk_lease_units_property_owner_id_building_id_unit_id
        foreign key (property_owner_id, building_id, unit_id) references units (property_owner_id, building_id, id);

alter table unit_sections
    add constraint fk_unit_sections_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_unit_sections_property_owner_id_unit_id
        foreign key (property_owner_id, unit_id) references units (property_owner_id, id);

alter table user_onboardings
    add constraint fk_user_onboardings_user_id
        foreign key (user_id) references users (id);

alter table invitations
    add constraint fk_invitations_invited_by
        foreign key (invited_by) references users (id),
    add constraint fk_invitations_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_invitations_property_owner_id_building_id
        foreign key (property_owner_id, building_id) references buildings (property_owner_id, id),
    add constraint fk_invitations_property_owner_id_building_id_unit_id
        foreign key (property_owner_id, building_id, unit_id) references units (property_owner_id, building_id, id);

alter table memberships
    add constraint fk_memberships_ended_by_id
        foreign key (ended_by_id) references users (id),
    add constraint fk_memberships_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_memberships_user_id
        foreign key (user_id) references users (id),
    add constraint fk_memberships_vendor_org_id
        foreign key (vendor_org_id) references vendor_orgs (id),
    add constraint fk_memberships_property_owner_id_building_id
        foreign key (property_owner_id, building_id) references buildings (property_owner_id, id),
    add constraint fk_memberships_property_owner_id_tenant_company_id
        foreign key (property_owner_id, tenant_company_id) references tenant_companies (property_owner_id, id),
    add constraint fk_memberships_property_owner_id_building_id_unit_id
        foreign key (property_owner_id, building_id, unit_id) references units (property_owner_id, building_id, id);

alter table user_units
    add constraint fk_user_units_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_user_units_user_id
        foreign key (user_id) references users (id),
    add constraint fk_user_units_property_owner_id_building_id_unit_id
        foreign key (property_owner_id, building_id, unit_id) references units (property_owner_id, building_id, id);

alter table auth_email_verifications
    add constraint fk_auth_email_verifications_user_id
        foreign key (user_id) references users (id);

alter table auth_pending_logins
    add constraint fk_auth_pending_logins_user_id
        foreign key (user_id) references users (id);

alter table auth_recovery_codes
    add constraint fk_auth_recovery_codes_user_id
        foreign key (user_id) references users (id);

alter table auth_sessions
    add constraint fk_auth_sessions_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_auth_sessions_user_id
        foreign key (user_id) references users (id);

alter table webauthn_credentials
    add constraint fk_webauthn_credentials_user_id
        foreign key (user_id) references users (id);

alter table auth_refresh_tokens
    add constraint fk_auth_refresh_tokens_session_id
        foreign key (session_id) references auth_sessions (id),
    add constraint fk_auth_refresh_tokens_user_id
        foreign key (user_id) references users (id);

alter table blocked_sources
    add constraint fk_blocked_sources_user_id
        foreign key (user_id) references users (id);

alter table rate_limit_attempts
    add constraint fk_rate_limit_attempts_user_id
        foreign key (user_id) references users (id);

alter table rate_limit_violations
    add constraint fk_rate_limit_violations_user_id
        foreign key (user_id) references users (id);

alter table security_alerts
    add constraint fk_security_alerts_user_id
        foreign key (user_id) references users (id);

alter table resource_permissions
    add constraint fk_resource_permissions_granted_by_id
        foreign key (granted_by_id) references users (id),
    add constraint fk_resource_permissions_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_resource_permissions_user_id
        foreign key (user_id) references users (id);

alter table access_requests
    add constraint fk_access_requests_approver_id
        foreign key (approver_id) references users (id),
    add constraint fk_access_requests_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_access_requests_requested_by_id
        foreign key (requested_by_id) references users (id),
    add constraint fk_access_requests_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id);

alter table access_request_tasks
    add constraint fk_access_request_tasks_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_access_request_tasks_reviewer_user_id
        foreign key (reviewer_user_id) references users (id),
    add constraint fk_access_request_tasks_property_owner_id_access_request_id
        foreign key (property_owner_id, access_request_id) references access_requests (property_owner_id, id);

alter table billing_rates
    add constraint fk_billing_rates_vendor_org_id
        foreign key (vendor_org_id) references vendor_orgs (id);

alter table owner_vendors
    add constraint fk_owner_vendors_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_owner_vendors_vendor_org_id
        foreign key (vendor_org_id) references vendor_orgs (id);

alter table service_catalogs
    add constraint fk_service_catalogs_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_service_catalogs_vendor_org_id
        foreign key (vendor_org_id) references vendor_orgs (id);

alter table service_items
    add constraint fk_service_items_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_service_items_vendor_org_id
        foreign key (vendor_org_id) references vendor_orgs (id),
    add constraint fk_service_items_property_owner_id_catalog_id
        foreign key (property_owner_id, catalog_id) references service_catalogs (property_owner_id, id),
    add constraint fk_service_items_vendor_org_id_catalog_id
        foreign key (vendor_org_id, catalog_id) references service_catalogs (vendor_org_id, id);

alter table vendor_subscriptions
    add constraint fk_vendor_subscriptions_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_vendor_subscriptions_property_owner_id_building_id
        foreign key (property_owner_id, building_id) references buildings (property_owner_id, id),
    add constraint fk_vendor_subscriptions_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id) references owner_vendors (property_owner_id, vendor_org_id);

alter table invoices
    add constraint fk_invoices_approved_by_id
        foreign key (approved_by_id) references users (id),
    add constraint fk_invoices_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_invoices_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    add constraint fk_invoices_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id) references owner_vendors (property_owner_id, vendor_org_id);

alter table vendor_opportunity_views
    add constraint fk_vendor_opportunity_views_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_vendor_opportunity_views_viewed_by_id
        foreign key (viewed_by_id) references users (id),
    add constraint fk_vendor_opportunity_views_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    add constraint fk_vendor_opportunity_views_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id) references owner_vendors (property_owner_id, vendor_org_id);

alter table vendor_performances
    add constraint fk_vendor_performances_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_vendor_performances_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    add constraint fk_vendor_performances_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id) references owner_vendors (property_owner_id, vendor_org_id);

alter table ticket_counters
    add constraint fk_ticket_counters_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table tickets
    add constraint fk_tickets_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_tickets_reporter_id
        foreign key (reporter_id) references users (id),
    add constraint fk_tickets_property_owner_id_building_id
        foreign key (property_owner_id, building_id) references buildings (property_owner_id, id),
    add constraint fk_tickets_property_owner_id_parent_id
        foreign key (property_owner_id, parent_id) references tickets (property_owner_id, id),
    add constraint fk_tickets_property_owner_id_tenant_company_id
        foreign key (property_owner_id, tenant_company_id) references tenant_companies (property_owner_id, id),
    add constraint fk_tickets_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id) references owner_vendors (property_owner_id, vendor_org_id),
    add constraint fk_tickets_current_assignment
        foreign key (property_owner_id, id, current_assignment_id) references assignments (property_owner_id, ticket_id, id)
        deferrable initially deferred,
    add constraint fk_tickets_property_owner_id_building_id_unit_id
        foreign key (property_owner_id, building_id, unit_id) references units (property_owner_id, building_id, id),
    add constraint fk_tickets_property_owner_id_unit_id_unit_section_id
        foreign key (property_owner_id, unit_id, unit_section_id) references unit_sections (property_owner_id, unit_id, id);

alter table assignments
    add constraint fk_assignments_assigned_to_user_id
        foreign key (assigned_to_user_id) references users (id),
    add constraint fk_assignments_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_assignments_responded_by_id
        foreign key (responded_by_id) references users (id),
    add constraint fk_assignments_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    add constraint fk_assignments_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id) references owner_vendors (property_owner_id, vendor_org_id);

alter table messages
    add constraint fk_messages_author_id
        foreign key (author_id) references users (id),
    add constraint fk_messages_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_messages_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id);

alter table ticket_stakeholders
    add constraint fk_ticket_stakeholders_added_by_id
        foreign key (added_by_id) references users (id),
    add constraint fk_ticket_stakeholders_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_ticket_stakeholders_user_id
        foreign key (user_id) references users (id),
    add constraint fk_ticket_stakeholders_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id);

alter table attachments
    add constraint fk_attachments_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_attachments_uploaded_by_id
        foreign key (uploaded_by_id) references users (id),
    add constraint fk_attachments_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id),
    add constraint fk_attachments_property_owner_id_ticket_id_message_id
        foreign key (property_owner_id, ticket_id, message_id) references messages (property_owner_id, ticket_id, id);

alter table vendor_links
    add constraint fk_vendor_links_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_vendor_links_recipient_id
        foreign key (recipient_id) references users (id),
    add constraint fk_vendor_links_property_owner_id_assignment_id
        foreign key (property_owner_id, assignment_id) references assignments (property_owner_id, id),
    add constraint fk_vendor_links_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id) references owner_vendors (property_owner_id, vendor_org_id);

alter table notification_preferences
    add constraint fk_notification_preferences_user_id
        foreign key (user_id) references users (id);

alter table notifications
    add constraint fk_notifications_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_notifications_user_id
        foreign key (user_id) references users (id);

alter table sla_plans
    add constraint fk_sla_plans_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table team_templates
    add constraint fk_team_templates_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table routing_rules
    add constraint fk_routing_rules_default_assignee_user_id
        foreign key (default_assignee_user_id) references users (id),
    add constraint fk_routing_rules_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_routing_rules_property_owner_id_building_id
        foreign key (property_owner_id, building_id) references buildings (property_owner_id, id),
    add constraint fk_routing_rules_property_owner_id_default_vendor_org_id
        foreign key (property_owner_id, default_vendor_org_id) references owner_vendors (property_owner_id, vendor_org_id),
    add constraint fk_routing_rules_property_owner_id_building_id_unit_id
        foreign key (property_owner_id, building_id, unit_id) references units (property_owner_id, building_id, id);

alter table ai_insights
    add constraint fk_ai_insights_accepted_by_id
        foreign key (accepted_by_id) references users (id),
    add constraint fk_ai_insights_dismissed_by_id
        foreign key (dismissed_by_id) references users (id),
    add constraint fk_ai_insights_flagged_by_id
        foreign key (flagged_by_id) references users (id),
    add constraint fk_ai_insights_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_ai_insights_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id);

alter table scheduled_tasks
    add constraint fk_scheduled_tasks_assignee_user_id
        foreign key (assignee_user_id) references users (id),
    add constraint fk_scheduled_tasks_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_scheduled_tasks_property_owner_id_building_id
        foreign key (property_owner_id, building_id) references buildings (property_owner_id, id),
    add constraint fk_scheduled_tasks_property_owner_id_last_ticket_id
        foreign key (property_owner_id, last_ticket_id) references tickets (property_owner_id, id),
    add constraint fk_scheduled_tasks_property_owner_id_vendor_org_id
        foreign key (property_owner_id, vendor_org_id) references owner_vendors (property_owner_id, vendor_org_id),
    add constraint fk_scheduled_tasks_property_owner_id_building_id_unit_id
        foreign key (property_owner_id, building_id, unit_id) references units (property_owner_id, building_id, id);

alter table sla_events
    add constraint fk_sla_events_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_sla_events_property_owner_id_plan_id
        foreign key (property_owner_id, plan_id) references sla_plans (property_owner_id, id),
    add constraint fk_sla_events_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id);

alter table access_decisions
    add constraint fk_access_decisions_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table access_events
    add constraint fk_access_events_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table audit_heads
    add constraint fk_audit_heads_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table audit_seals
    add constraint fk_audit_seals_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table auth_audit_events
    add constraint fk_auth_audit_events_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table subject_keys
    add constraint fk_subject_keys_property_owner_id
        foreign key (property_owner_id) references property_owners (id);

alter table audit_events
    add constraint fk_audit_events_property_owner_id
        foreign key (property_owner_id) references property_owners (id),
    add constraint fk_audit_events_property_owner_id_ticket_id
        foreign key (property_owner_id, ticket_id) references tickets (property_owner_id, id);
