"""Automatic routing: follows from a command that was already authorised."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.commands import recorded
from ecopick.core.events import emit
from ecopick.domains.routing.queries import Exclude, Facts, pick
from ecopick.domains.tickets.commands.engagement import engage, triage_implicitly
from ecopick.domains.tickets.events import NobodyToAssign
from ecopick.domains.tickets.lifecycle import LAPSED, AssignmentState, AssignmentType
from ecopick.domains.tickets.models import Assignment, Ticket


def auto_route(session: Session, ticket: Ticket) -> Assignment | None:
    """Ask whom the rules name, without anybody who declined or let it lapse.

    Written as the system with ``source: auto_route``; no second policy check.
    Without a fitting rule the ticket stays where it is and management is told.
    """
    system = Actor.system(ticket.property_owner_id, via="auto_route")
    facts = Facts(ticket.property_owner_id, ticket.building_id, ticket.unit_id, ticket.category)
    choice = pick(session, facts, excluded(session, ticket))
    if choice is None:
        emit(session, system, NobodyToAssign(ticket.property_owner_id, ticket.id))
        return None
    triage_implicitly(session, system, ticket, source="auto_route")
    kind = AssignmentType.INTERNAL if choice.user_id else AssignmentType.VENDOR
    audit_as = "ASSIGNED" if choice.user_id else "DISPATCHED"
    with recorded(session, system, audit_as, ticket, source="auto_route", rule_id=choice.rule_id):
        return engage(
            session,
            system,
            ticket,
            kind,
            user_id=choice.user_id,
            vendor_org_id=choice.vendor_org_id,
        )


def excluded(session: Session, ticket: Ticket) -> Exclude:
    """Everyone who ever declined this ticket or did not answer in time."""
    rows = session.execute(
        select(Assignment.assigned_to_user_id, Assignment.vendor_org_id).where(
            Assignment.ticket_id == ticket.id,
            or_(Assignment.state == AssignmentState.DECLINED, Assignment.reason == LAPSED),
        )
    ).all()
    return Exclude(
        frozenset(row.assigned_to_user_id for row in rows if row.assigned_to_user_id),
        frozenset(row.vendor_org_id for row in rows if row.vendor_org_id),
    )
