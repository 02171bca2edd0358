"""Applications for open jobs: made, confirmed, turned down."""

import uuid

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.engagement import join, move, set_arrival
from ecopick.domains.tickets.commands.links import issue_links, revoke_links
from ecopick.domains.tickets.commands.quote_ends import close_offers, end_quotes
from ecopick.domains.tickets.commands.visits import begin_visit
from ecopick.domains.tickets.events import AssignmentAccepted, TicketAssigned
from ecopick.domains.tickets.inputs import RespondAssignment
from ecopick.domains.tickets.lifecycle import (
    Action,
    AssignmentState,
    AssignmentType,
    TicketStatus,
    illegal_transition,
    settle,
)
from ecopick.domains.tickets.models import Assignment, StakeholderRole, Ticket
from ecopick.domains.tickets.policy import open_assignment
from ecopick.domains.tickets.queries.find import fresh_assignment, lock_open_job, lock_ticket
from ecopick.domains.tickets.queries.quotes import require_in_time
from ecopick.domains.vendors.queries import is_blocked, recipients


@command("ticket:claim", find=lock_open_job, audit_as="ASSIGNED")
def claim(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    vendor_org_id: uuid.UUID,
    data: RespondAssignment | None = None,
) -> Assignment:
    """A vendor applies for an open job, perhaps saying when it would come.

    The first wins; later ones get 409. Where management compares quotes nobody applies
    without a price: Conflict ``quote_needed``.
    """
    if ticket.status != TicketStatus.VENDOR_OPPORTUNITY:
        raise Conflict(_("Another vendor was faster."), code="already_claimed")
    if ticket.collects_quotes:
        raise Conflict(
            _("The management compares prices for this job. Please offer yours."),
            code="quote_needed",
        )
    require_in_time(ticket)
    return place_claim(session, actor, ticket, vendor_org_id, data)


def place_claim(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    vendor_org_id: uuid.UUID,
    data: RespondAssignment | None = None,
    *,
    announce: bool = True,
) -> Assignment:
    """Make the application of a vendor, which waits for its confirmation; part of a command.

    Without ``announce`` management is told of no application: it chose the vendor itself.
    """
    if is_blocked(session, ticket.property_owner_id, vendor_org_id):
        raise Conflict(_("This vendor gets no new jobs from this owner."), code="vendor_blocked")
    now = clock.now()
    assignment = Assignment(
        id=new_id(),
        property_owner_id=ticket.property_owner_id,
        ticket_id=ticket.id,
        type=AssignmentType.VENDOR,
        state=AssignmentState.PENDING,
        vendor_org_id=vendor_org_id,
        is_claim=True,
        version=1,
        created_at=now,
        updated_at=now,
    )
    if data is not None:
        set_arrival(assignment, data)
    session.add(assignment)
    session.flush()
    move(session, actor, ticket, Action.CLAIM)
    ticket.vendor_org_id = vendor_org_id
    ticket.current_assignment_id = assignment.id
    note(session, vendor_org_id=vendor_org_id, claim=True)
    if announce:
        emit(session, actor, TicketAssigned(ticket.property_owner_id, ticket.id, assignment.id))
    return assignment


def claimed(session: Session, ticket: Ticket) -> Assignment:
    """The application that waits for its confirmation. Raises Conflict."""
    found = open_assignment(session, ticket)
    if found is None or not found.is_claim or found.state != AssignmentState.PENDING:
        raise illegal_transition()
    return fresh_assignment(session, ticket.id, found.id)


def confirm(session: Session, actor: Actor, ticket: Ticket) -> Assignment:
    """Give the job to whoever applied; two entries in the audit, as with a dispatch."""
    _confirm(session, actor, ticket)
    return _start(session, actor, ticket)


@command("ticket:assign", find=lock_ticket, audit_as="DISPATCHED")
def _confirm(session: Session, actor: Actor, ticket: Ticket) -> Assignment:
    assignment = claimed(session, ticket)
    note(session, vendor_org_id=assignment.vendor_org_id)
    return assignment


@command("ticket:assign", find=lock_ticket, audit_as="VENDOR_ACCEPTED")
def _start(session: Session, actor: Actor, ticket: Ticket) -> Assignment:
    assignment = claimed(session, ticket)
    settle(assignment, AssignmentState.ACCEPTED)
    assignment.responded_at = clock.now()
    move(session, actor, ticket, Action.CONFIRM)
    ticket.open_to_vendors = False
    engage_people(session, actor, ticket, assignment)
    issue_links(session, assignment)
    begin_visit(session, actor, assignment)
    close_offers(session, ticket, keep=assignment.vendor_org_id)
    emit(session, actor, AssignmentAccepted(ticket.property_owner_id, ticket.id, assignment.id))
    return assignment


def engage_people(session: Session, actor: Actor, ticket: Ticket, assignment: Assignment) -> None:
    """Let everybody at the vendor take part; part of a command."""
    if assignment.vendor_org_id is None:
        return
    for person in recipients(session, assignment.vendor_org_id):
        join(session, ticket, person.user_id, StakeholderRole.VENDOR, actor.user_id)


@command("ticket:assign", find=lock_ticket, audit_as="STATUS_CHANGED")
def refuse_claim(session: Session, actor: Actor, ticket: Ticket) -> Ticket:
    """Turn an application down, its quote with it; the job is open again."""
    assignment = claimed(session, ticket)
    end_quotes(session, ticket, assignment.vendor_org_id)
    drop_claim(session, actor, ticket, assignment)
    return ticket


def drop_claim(session: Session, actor: Actor, ticket: Ticket, assignment: Assignment) -> None:
    """End an application and open the job again; part of a command."""
    settle(assignment, AssignmentState.CANCELLED)
    revoke_links(session, assignment)
    move(session, actor, ticket, Action.REFUSE)
    ticket.vendor_org_id = None
    ticket.current_assignment_id = None


def is_pending_claim(assignment: Assignment | None) -> bool:
    """Whether it is an application that nobody has confirmed."""
    return (
        assignment is not None
        and assignment.is_claim
        and assignment.state == AssignmentState.PENDING
    )


__all__ = [
    "claim",
    "claimed",
    "confirm",
    "drop_claim",
    "engage_people",
    "is_pending_claim",
    "place_claim",
    "refuse_claim",
]
