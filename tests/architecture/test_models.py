"""Models and migration agree, and nothing that was promised is missing."""

import uuid
from enum import StrEnum
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.orm import configure_mappers

from ecopick.config import libpq_url
from ecopick.core.audit.models import AccessAction, AuditAction
from ecopick.core.roles import MembershipRole
from ecopick.domains.billing.lifecycle import InvoiceStatus, RateType
from ecopick.domains.governance.lifecycle import AccessRequestStatus, AccessRequestTaskStatus
from ecopick.domains.insights.models import AIInsightStatus
from ecopick.domains.property.models import SectionType, UnitType
from ecopick.domains.tickets.lifecycle import (
    AssignmentState,
    AssignmentType,
    AttachmentType,
    TicketPriority,
    TicketStatus,
)
from ecopick.migrations.compare import include_name
from ecopick.models import metadata
from ecopick.server import migrate, roles
from tests.architecture.conftest import Walls

ENUMS: dict[type[StrEnum], str] = {
    UnitType: "APARTMENT OFFICE PARKING STORAGE RETAIL COMMON_AREA AMENITY ROOFTOP OTHER",
    SectionType: "KITCHEN PANTRY BATHROOM BEDROOM LIVING_ROOM DINING_ROOM CORRIDOR ENTRANCE BALCONY"
    " CLOSET LAUNDRY CONFERENCE_ROOM WORKSPACE RECEPTION BREAKROOM RESTROOM LOBBY STAIRWELL"
    " ELEVATOR MECHANICAL UTILITY OTHER",
    MembershipRole: "PROPERTY_OWNER BUILDING_MANAGER BUILDING_MAINTENANCE TENANT_ADMIN"
    " TENANT_COORDINATOR TENANT_OCCUPANT RESIDENT BUILDING_ADMIN CARETAKER VENDOR_ADMIN VENDOR_TECH",
    TicketStatus: "NEW TRIAGED ASSIGNED VENDOR_OPPORTUNITY VENDOR_PENDING IN_PROGRESS"
    " AWAITING_TENANT AWAITING_VENDOR RESOLVED CLOSED CANCELLED",
    TicketPriority: "LOW MEDIUM HIGH URGENT",
    AssignmentType: "INTERNAL VENDOR",
    AssignmentState: "PENDING ACCEPTED DECLINED CANCELLED",
    AttachmentType: "COMMENT_ATTACHMENT RESOLUTION_EVIDENCE",
    AccessAction: "VIEW LIST SEARCH EXPORT DOWNLOAD",
    AccessRequestStatus: "DRAFT SUBMITTED IN_REVIEW APPROVED REJECTED CANCELLED CLOSED EXPIRED",
    AccessRequestTaskStatus: "PENDING IN_PROGRESS APPROVED REJECTED SKIPPED CANCELLED",
    AuditAction: "TICKET_CREATED STATUS_CHANGED TRIAGED ASSIGNED DISPATCHED VENDOR_ACCEPTED"
    " VENDOR_DECLINED MESSAGE_POSTED ATTACHMENT_UPLOADED RESOLVED CLOSED CANCELLED"
    " STAKEHOLDER_ADDED STAKEHOLDER_REMOVED TICKET_UPDATED ENTITY_CREATED ENTITY_UPDATED"
    " ENTITY_STATUS_CHANGED ENTITY_DEACTIVATED",
    AIInsightStatus: "GENERATED ACCEPTED DISMISSED FLAGGED",
    InvoiceStatus: "DRAFT SUBMITTED APPROVED PAID DISPUTED CANCELLED",
    RateType: "HOURLY FIXED PER_UNIT",
}

# Tables and their indexes as the data model promises them; a wider index that starts with
# the same columns serves as well.
INDEXES = """
property_owners: ; tenant_companies: ; leases: tenant_company_id, building_id, is_active
buildings: property_owner_id; units: building_id, unit_type
unit_sections: unit_id, section_type, is_active
users: email; user_units: user_id, unit_id, building_id, is_active
memberships: user_id, property_owner_id, tenant_company_id, vendor_org_id, building_id, unit_id
tickets: property_owner_id+status, tenant_company_id+status, building_id, unit_id, unit_section_id,
    vendor_org_id, open_to_vendors+category
assignments: ticket_id, vendor_org_id, assigned_to_user_id
ticket_stakeholders: ticket_id, user_id; messages: ticket_id+created_at
attachments: ticket_id, message_id, type
vendor_orgs: ; vendor_subscriptions: vendor_org_id+building_id+property_owner_id
vendor_opportunity_views: ; vendor_performances:
routing_rules: property_owner_id+building_id, building_id+unit_id, category
sla_plans: ; sla_events: ticket_id, occurred_at
auth_sessions: user_id, device_fingerprint, persistent_device_id, expires_at
auth_refresh_tokens: session_id, user_id, device_fingerprint, persistent_device_id, expires_at,
    revoked_at
auth_pending_logins: user_id, expires_at
auth_email_verifications: email, expires_at, verified_at
auth_recovery_codes: user_id, used_at
webauthn_credentials: credential_id, user_id, device_fingerprint, persistent_device_id, created_at
auth_audit_events: created_at, user_id+created_at
blocked_sources: type+value, blocked_until, archived, user_id
rate_limit_violations: user_id, device_fingerprint, type+field, banned_until, expire_at
rate_limit_attempts: user_id, device_fingerprint, created_at
security_alerts: alert_code, user_id, status, source_id, device_fingerprint, updated_at
access_events: user_id+created_at, resource_type+resource_id+created_at, context_org_id+created_at
access_decisions: user_id+created_at, resource_type+resource_id+created_at, granted+created_at
access_requests: ticket_id, approver_id+status, requested_by_id, status+expires_at
access_request_tasks: access_request_id+status, reviewer_user_id+status, task_type
resource_permissions: resource_type+resource_id, user_id, expires_at, revoked_at
audit_events: property_owner_id+created_at, ticket_id+created_at, actor_id+created_at
ai_insights: ticket_id+type, status, created_at
billing_rates: vendor_org_id, category, is_active
invoices: vendor_org_id, property_owner_id, ticket_id, status, due_date
service_catalogs: ; service_items: ; scheduled_tasks: ; team_templates:
notifications: user_id+read_at; notification_preferences: user_id+type
invitations: token_hash; user_onboardings: user_id+type
"""


def _promised() -> dict[str, list[tuple[str, ...]]]:
    joined = INDEXES.replace(",\n    ", ", ")
    found = {}
    for part in joined.replace("\n", ";").split(";"):
        if part.strip():
            table, _, listed = part.partition(":")
            found[table.strip()] = [
                tuple(each.strip().split("+")) for each in listed.split(",") if each.strip()
            ]
    return found


PROMISED = _promised()


def test_all_models_are_there() -> None:
    configure_mappers()
    assert len(PROMISED) == 49
    assert set(PROMISED) <= set(metadata.tables)
    assert set(metadata.tables) - set(PROMISED) == {
        "account_mails",
        "approval_delegates",
        "audit_heads",
        "audit_proofs",
        "audit_seals",
        "bulk_acts",
        "bulk_results",
        "case_files",
        "auth_challenges",
        "auth_identities",
        "idempotency_keys",
        "import_errors",
        "inbound_addresses",
        "inbound_replies",
        "reply_addresses",
        "import_keys",
        "imports",
        "lease_units",
        "list_exports",
        "outbox",
        "owner_vendors",
        "place_codes",
        "privacy_erasures",
        "privacy_exports",
        "privacy_holds",
        "privacy_retention",
        "request_links",
        "saved_views",
        "subject_keys",
        "ticket_ratings",
        "support_accesses",
        "ticket_counters",
        "user_settings",
        "ticket_reads",
        "message_mentions",
        "incident_runs",
        "ticket_links",
        "opportunity_links",
        "quotes",
        "vendor_certificates",
        "vendor_links",
        "vendor_sublinks",
        "visit_checks",
        "visits",
    }


@pytest.mark.parametrize("table", sorted(PROMISED))
def test_promised_indexes(table: str, past_walls: psycopg.Connection[Any]) -> None:
    rows = past_walls.execute(
        "select array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality k(num, at)"
        " join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.num order by k.at)"
        " from pg_index i where i.indrelid = to_regclass(%s)",
        [table],
    ).fetchall()
    present = [tuple(row[0]) for row in rows]
    for columns in PROMISED[table]:
        assert any(index[: len(columns)] == columns for index in present), columns


@pytest.mark.parametrize("values", ENUMS, ids=lambda each: each.__name__)
def test_enums_are_exact(values: type[StrEnum]) -> None:
    assert [each.value for each in values] == ENUMS[values].split()


def test_names_are_unique() -> None:
    """Constraint names stand in error messages and select the field to mark."""
    names = [
        str(each.name)
        for table in metadata.tables.values()
        for each in (*table.constraints, *table.indexes)
        if each.name
    ]
    assert len(names) == len(set(names))


def test_models_and_migration_agree(walls: Walls) -> None:
    engine = sa.create_engine(walls.migrator, poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"target_metadata": metadata, "include_name": include_name, "compare_type": True},
        )
        assert compare_metadata(context, metadata) == []


def test_constraints_agree(past_walls: psycopg.Connection[Any]) -> None:
    """Autogenerate does not look at checks, partial indexes or deferrable keys."""
    found = dict(
        past_walls.execute(
            "select conname, pg_get_constraintdef(oid) from pg_constraint"
            " where connamespace = 'public'::regnamespace and contype = 'c' and conparentid = 0"
        ).fetchall()
    )
    checks = {
        str(each.name): str(each.sqltext)
        for table in metadata.tables.values()
        for each in table.constraints
        if isinstance(each, sa.CheckConstraint)
    }
    assert set(checks) <= set(found)
    for name, text in checks.items():
        values = set(text.split("'")[1::2])
        assert values == set(found[name].split("'")[1::2]), name


def test_up_down_and_up_again(servers: Any) -> None:
    name = f"updown_{uuid.uuid4().hex[:12]}"
    roles.create_database(servers.admin, name)
    url = servers.url(roles.MIGRATOR, name)
    try:
        migrate.upgrade(url)
        head = migrate.current(url)
        migrate.downgrade(url)
        assert migrate.current(url) is None
        with psycopg.connect(libpq_url(url)) as connection:
            left = connection.execute(
                "select relname from pg_class where relnamespace = 'public'::regnamespace"
                " and relname not like '%alembic_version%'"
                " union all select proname from pg_proc p where pronamespace = 'public'::regnamespace"
                " and not exists (select from pg_depend where objid = p.oid and deptype = 'e')"
            ).fetchall()
        assert left == []
        migrate.upgrade(url)
        assert migrate.current(url) == head
    finally:
        roles.drop_database(servers.admin, name)
