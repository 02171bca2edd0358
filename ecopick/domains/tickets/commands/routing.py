"""Automatic routing: follows from a command that was already authorised."""

from dataclasses import replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.commands import recorded
from ecopick.core.events import emit
from ecopick.domains.people.queries import is_org_member
from ecopick.domains.routing.queries import Choice, Exclude, Facts, pick
from ecopick.domains.tickets.commands.engagement import engage, triage_implicitly
from ecopick.domains.tickets.events import NobodyToAssign
from ecopick.domains.tickets.lifecycle import LAPSED, AssignmentState, AssignmentType, TicketStatus
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.vendors.queries import blocked_vendors, is_linked


def auto_route(session: Session, ticket: Ticket) -> Assignment | None:
    """Ask whom the rules name, without anybody who declined or let it lapse.

    Written as the system with ``source: auto_route``; no second policy check.
    Without a fitting rule the ticket stays where it is and management is told,
    unless the job is open to vendors.
    """
    system = Actor.system(ticket.property_owner_id, via="auto_route")
    facts = Facts(ticket.property_owner_id, ticket.building_id, ticket.unit_id, ticket.category)
    choice = _reachable(session, ticket, facts)
    if choice is None and ticket.status == TicketStatus.VENDOR_OPPORTUNITY:
        return None
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


def _reachable(session: Session, ticket: Ticket, facts: Facts) -> Choice | None:
    """The first choice who still works here: rules outlive people and contracts."""
    exclude = excluded(session, ticket)
    while (choice := pick(session, facts, exclude)) is not None:
        if choice.user_id is not None:
            if is_org_member(session, ticket.property_owner_id, choice.user_id, ticket.building_id):
                return choice
            exclude = replace(exclude, user_ids=exclude.user_ids | {choice.user_id})
        elif choice.vendor_org_id is not None:
            if is_linked(session, ticket.property_owner_id, choice.vendor_org_id):
                return choice
            exclude = replace(
                exclude, vendor_org_ids=exclude.vendor_org_ids | {choice.vendor_org_id}
            )
    return None


def excluded(session: Session, ticket: Ticket) -> Exclude:
    """Everyone who ever declined this ticket or did not answer in time, and blocked vendors."""
    rows = session.execute(
        select(Assignment.assigned_to_user_id, Assignment.vendor_org_id).where(
            Assignment.ticket_id == ticket.id,
            or_(Assignment.state == AssignmentState.DECLINED, Assignment.reason == LAPSED),
        )
    ).all()
    return Exclude(
        frozenset(row.assigned_to_user_id for row in rows if row.assigned_to_user_id),
        frozenset(row.vendor_org_id for row in rows if row.vendor_org_id)
        | blocked_vendors(session, ticket.property_owner_id),
    )
