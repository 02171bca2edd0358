"""Open jobs: published to vendors, applied for, confirmed or withdrawn."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.tickets.commands.engagement import (
    disengage,
    join,
    move,
    set_arrival,
    triage_implicitly,
)
from ecopick.domains.tickets.commands.links import revoke_links
from ecopick.domains.tickets.commands.visits import begin_visit
from ecopick.domains.tickets.events import (
    AssignmentAccepted,
    OpportunityPublished,
    TicketAssigned,
)
from ecopick.domains.tickets.inputs import PublishOpportunity, RespondAssignment
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
from ecopick.domains.vendors.queries import recipients


def publish_opportunity(
    session: Session, actor: Actor, key: Any, data: PublishOpportunity
) -> Ticket:
    """Open the job to vendors until a deadline, or withdraw it."""
    ticket = lock_ticket(session, actor, getattr(key, "id", key))
    if not data.open:
        return withdraw(session, actor, ticket)
    return _publish(session, actor, ticket, data)


@command("ticket:publish_opportunity", find=lock_ticket, audit_as="STATUS_CHANGED")
def _publish(session: Session, actor: Actor, ticket: Ticket, data: PublishOpportunity) -> Ticket:
    deadline = data.vendor_deadline
    if deadline is not None and (deadline.tzinfo is None or deadline <= clock.now()):
        raise wrong_field("vendor_deadline", _("The deadline must lie in the future."))
    assignment = open_assignment(session, ticket)
    if assignment is not None and assignment.state == AssignmentState.ACCEPTED:
        raise illegal_transition()
    triage_implicitly(session, actor, ticket, source="publish")
    disengage(session, ticket, AssignmentState.CANCELLED)
    move(session, actor, ticket, Action.PUBLISH)
    ticket.open_to_vendors = True
    ticket.vendor_deadline = deadline
    emit(session, actor, OpportunityPublished(ticket.property_owner_id, ticket.id))
    return ticket


@command("ticket:publish_opportunity", find=lock_ticket, audit_as="STATUS_CHANGED")
def withdraw(session: Session, actor: Actor, ticket: Ticket) -> Ticket:
    """Close the open job again; the ticket returns to TRIAGED."""
    move(session, actor, ticket, Action.WITHDRAW)
    ticket.open_to_vendors = False
    ticket.vendor_deadline = None
    return ticket


def withdraw_lapsed(session: Session, actor: Actor, ticket_id: uuid.UUID) -> bool:
    """Withdraw a job whose deadline passed without a claim; False if nothing is to do."""
    ticket = lock_ticket(session, actor, ticket_id)
    lapsed = ticket.vendor_deadline is not None and ticket.vendor_deadline <= clock.now()
    if ticket.status != TicketStatus.VENDOR_OPPORTUNITY or not lapsed:
        return False
    withdraw(session, actor, ticket)
    return True


@command("ticket:claim", find=lock_open_job, audit_as="ASSIGNED")
def claim(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    vendor_org_id: uuid.UUID,
    data: RespondAssignment | None = None,
) -> Assignment:
    """A vendor applies for an open job, perhaps saying when it would come.

    The first wins; later ones get 409.
    """
    if ticket.status != TicketStatus.VENDOR_OPPORTUNITY:
        raise Conflict(_("Another vendor was faster."), code="already_claimed")
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
    emit(session, actor, TicketAssigned(ticket.property_owner_id, ticket.id, assignment.id))
    return assignment


def _claimed(session: Session, ticket: Ticket) -> Assignment:
    found = open_assignment(session, ticket)
    if found is None or not found.is_claim or found.state != AssignmentState.PENDING:
        raise illegal_transition()
    return fresh_assignment(session, ticket.id, found.id)


@command("ticket:assign", find=lock_ticket, audit_as="DISPATCHED")
def _confirm(session: Session, actor: Actor, ticket: Ticket) -> Assignment:
    assignment = _claimed(session, ticket)
    note(session, vendor_org_id=assignment.vendor_org_id)
    return assignment


@command("ticket:assign", find=lock_ticket, audit_as="VENDOR_ACCEPTED")
def _start_claim(session: Session, actor: Actor, ticket: Ticket) -> Assignment:
    assignment = _claimed(session, ticket)
    settle(assignment, AssignmentState.ACCEPTED)
    assignment.responded_at = clock.now()
    begin_visit(session, actor, assignment)
    move(session, actor, ticket, Action.CONFIRM)
    ticket.open_to_vendors = False
    if assignment.vendor_org_id is not None:
        for person in recipients(session, assignment.vendor_org_id):
            join(session, ticket, person.user_id, StakeholderRole.VENDOR, actor.user_id)
    emit(session, actor, AssignmentAccepted(ticket.property_owner_id, ticket.id, assignment.id))
    return assignment


def confirm_claim(session: Session, actor: Actor, key: Any) -> Assignment:
    """Give the job to the vendor that applied for it; the work begins."""
    ticket = lock_ticket(session, actor, getattr(key, "id", key))
    _confirm(session, actor, ticket)
    return _start_claim(session, actor, ticket)


@command("ticket:assign", find=lock_ticket, audit_as="STATUS_CHANGED")
def refuse_claim(session: Session, actor: Actor, ticket: Ticket) -> Ticket:
    """Turn an application down; the job is open again."""
    assignment = _claimed(session, ticket)
    settle(assignment, AssignmentState.CANCELLED)
    revoke_links(session, assignment)
    move(session, actor, ticket, Action.REFUSE)
    ticket.vendor_org_id = None
    ticket.current_assignment_id = None
    return ticket
