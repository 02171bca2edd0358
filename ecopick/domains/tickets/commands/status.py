"""Work on a ticket until it is solved and closed; the SLA sweep."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command, recorded
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.sla import commands as sla
from ecopick.domains.sla.models import SLAEventType
from ecopick.domains.tickets.commands.assignment import respond_assignment
from ecopick.domains.tickets.commands.engagement import disengage, move, renew_due
from ecopick.domains.tickets.commands.intake import triage_ticket
from ecopick.domains.tickets.commands.quote_ends import close_offers
from ecopick.domains.tickets.commands.visits import end_visit
from ecopick.domains.tickets.events import SlaBreached, SlaWarned
from ecopick.domains.tickets.inputs import ChangeStatus, RespondAssignment, TriageTicket
from ecopick.domains.tickets.lifecycle import (
    CLOSE_AFTER,
    WAITING,
    Action,
    AssignmentState,
    AttachmentType,
    TicketStatus,
    illegal_transition,
    possible,
)
from ecopick.domains.tickets.models import Attachment, ScanState, Ticket
from ecopick.domains.tickets.policy import is_assignee, open_assignment
from ecopick.domains.tickets.queries.find import lock_ticket
from ecopick.domains.tickets.queries.quotes import is_waiting
from ecopick.domains.tickets.quote_lifecycle import waits_for_approval
from ecopick.domains.tickets.visit_states import VisitState

S = TicketStatus
# The clock does not run in these states.
UNTIMED = frozenset({S.RESOLVED, S.CLOSED, S.CANCELLED, S.AWAITING_TENANT})


def transition_ticket_status(
    session: Session, actor: Actor, key: Any, data: ChangeStatus
) -> Ticket:
    """Bring the ticket to the wanted status, or refuse with 409 and a hint.

    Where the sender saw another status than it has now, 409 ``stale_status``.
    """
    ticket = lock_ticket(session, actor, getattr(key, "id", key))
    if data.seen is not None and data.seen != ticket.status:
        raise Conflict(
            _("Somebody else has changed the status in the meantime."), code="stale_status"
        )
    match data.status:
        case S.TRIAGED:
            return triage_ticket(session, actor, ticket, TriageTicket())
        case S.IN_PROGRESS if ticket.status == S.RESOLVED:
            return reopen(session, actor, ticket, data)
        case S.IN_PROGRESS if ticket.status in WAITING:
            return resume(session, actor, ticket, data)
        case S.IN_PROGRESS:
            return start(session, actor, ticket)
        case S.AWAITING_TENANT:
            return await_tenant(session, actor, ticket, data)
        case S.AWAITING_VENDOR:
            return await_vendor(session, actor, ticket, data)
        case S.RESOLVED:
            return resolve(session, actor, ticket)
        case S.CLOSED:
            return close(session, actor, ticket)
        case S.CANCELLED:
            return cancel(session, actor, ticket, data)
        case S.ASSIGNED:
            raise _other_way(_("To assign it, choose a person or a vendor."))
        case S.VENDOR_OPPORTUNITY | S.VENDOR_PENDING:
            raise _other_way(_("This state is reached by opening the job to vendors."))
        case _:
            raise illegal_transition()


def _other_way(hint: Any) -> Conflict:
    return Conflict(hint, code="illegal_transition")


def start(session: Session, actor: Actor, ticket: Ticket) -> Ticket:
    """Begin the work: accepts the actor's own pending assignment."""
    assignment = open_assignment(session, ticket)
    if (
        assignment is not None
        and assignment.state == AssignmentState.PENDING
        and is_assignee(actor, assignment)
    ):
        respond_assignment(session, actor, assignment, RespondAssignment(accept=True))
        return ticket
    return _start(session, actor, ticket)


@command("ticket:work", find=lock_ticket, audit_as="STATUS_CHANGED")
def _start(session: Session, actor: Actor, ticket: Ticket) -> Ticket:
    assignment = open_assignment(session, ticket)
    if assignment is None or assignment.state != AssignmentState.ACCEPTED:
        raise illegal_transition()
    move(session, actor, ticket, Action.START)
    return ticket


@command("ticket:await_tenant", find=lock_ticket, audit_as="STATUS_CHANGED")
def await_tenant(session: Session, actor: Actor, ticket: Ticket, data: ChangeStatus) -> Ticket:
    """Wait for the tenant; the SLA clock pauses."""
    before = ticket.status
    if data.reason:
        note(session, reason=data.reason)
    move(session, actor, ticket, Action.AWAIT_TENANT)
    ticket.resume_status = before
    return ticket


@command("ticket:work", find=lock_ticket, audit_as="STATUS_CHANGED")
def await_vendor(session: Session, actor: Actor, ticket: Ticket, data: ChangeStatus) -> Ticket:
    """Wait for the vendor; the SLA clock runs on."""
    before = ticket.status
    if data.reason:
        note(session, reason=data.reason)
    move(session, actor, ticket, Action.AWAIT_VENDOR)
    ticket.resume_status = before
    return ticket


@command("ticket:work", find=lock_ticket, audit_as="STATUS_CHANGED")
def resume(session: Session, actor: Actor, ticket: Ticket, data: ChangeStatus) -> Ticket:
    """Go on where the ticket was before it waited."""
    move(session, actor, ticket, Action.RESUME, resume_target(session, ticket))
    return ticket


def resume_after_reply(session: Session, actor: Actor, ticket: Ticket) -> None:
    """The tenant has answered: go on, as a consequence of their message."""
    if ticket.status != S.AWAITING_TENANT:
        return
    with recorded(session, actor, "STATUS_CHANGED", ticket, source="tenant_reply"):
        move(session, actor, ticket, Action.RESUME, resume_target(session, ticket))


def resume_target(session: Session, ticket: Ticket) -> TicketStatus:
    """Where a waiting ticket goes back to.

    From AWAITING_VENDOR the open assignment decides: accepted work goes on, a
    dispatch waits for its answer, a claim for its confirmation.
    """
    if ticket.status == S.AWAITING_TENANT:
        return ticket.resume_status or S.TRIAGED
    assignment = open_assignment(session, ticket)
    if assignment is None:
        return ticket.resume_status or S.IN_PROGRESS
    if assignment.state == AssignmentState.ACCEPTED:
        return S.IN_PROGRESS
    return S.VENDOR_PENDING if assignment.is_claim else S.ASSIGNED


@command("ticket:resolve", find=lock_ticket, audit_as="RESOLVED")
def resolve(session: Session, actor: Actor, ticket: Ticket) -> Ticket:
    """Solved, with at least one clean piece of evidence; the SLA is met or breached.

    Whoever was asked and has not answered is no longer needed.
    """
    if Action.RESOLVE not in possible(ticket.status):
        raise illegal_transition()
    if is_waiting(session, ticket):
        raise waits_for_approval()
    _require_evidence(session, ticket)
    move(session, actor, ticket, Action.RESOLVE)
    ticket.resolved_at = clock.now()
    ticket.resume_status = None
    ticket.open_to_vendors = False
    assignment = open_assignment(session, ticket)
    if assignment is not None and assignment.state == AssignmentState.PENDING:
        disengage(session, ticket, AssignmentState.CANCELLED)
    elif assignment is not None:
        end_visit(session, actor, assignment.id, VisitState.DONE)
    close_offers(session, ticket)
    if ticket.sla_due_at is not None and ticket.sla_breached_at is None:
        if ticket.resolved_at <= ticket.sla_due_at:
            sla.mark(session, ticket.property_owner_id, ticket.id, SLAEventType.MET)
        else:
            _breach(session, actor, ticket, ticket.resolved_at)
    return ticket


def _breach(session: Session, actor: Actor, ticket: Ticket, at: datetime) -> None:
    ticket.sla_breached_at = at
    sla.mark(session, ticket.property_owner_id, ticket.id, SLAEventType.BREACHED)
    emit(session, actor, SlaBreached(ticket.property_owner_id, ticket.id))


def _require_evidence(session: Session, ticket: Ticket) -> None:
    states = set(
        session.scalars(
            select(Attachment.scan_state).where(
                Attachment.ticket_id == ticket.id,
                Attachment.type == AttachmentType.RESOLUTION_EVIDENCE,
            )
        )
    )
    if ScanState.CLEAN in states:
        return
    if ScanState.PENDING in states:
        raise Conflict(
            _("The proof of work is still being checked for viruses. Try again in a minute."),
            code="evidence_pending",
        )
    raise Conflict(
        _("Please add a photo as proof of work first; then this can be completed."),
        code="evidence_missing",
    )


@command("ticket:reopen", find=lock_ticket, audit_as="STATUS_CHANGED")
def reopen(session: Session, actor: Actor, ticket: Ticket, data: ChangeStatus) -> Ticket:
    """Not solved after all: the work goes on."""
    if data.reason:
        note(session, reason=data.reason)
    move(session, actor, ticket, Action.REOPEN)
    ticket.resolved_at = None
    renew_due(session, ticket)
    return ticket


@command("ticket:close", find=lock_ticket, audit_as="CLOSED")
def close(session: Session, actor: Actor, ticket: Ticket) -> Ticket:
    """The end of a solved ticket; nothing changes after it."""
    move(session, actor, ticket, Action.CLOSE)
    ticket.closed_at = clock.now()
    return ticket


def close_resolved(session: Session, actor: Actor, ticket_id: uuid.UUID) -> bool:
    """Close what has been solved for seven days; False where nothing is to do."""
    ticket = lock_ticket(session, actor, ticket_id)
    if (
        ticket.status != S.RESOLVED
        or ticket.resolved_at is None
        or ticket.resolved_at + CLOSE_AFTER > clock.now()
    ):
        return False
    close(session, actor, ticket)
    return True


@command("ticket:cancel", find=lock_ticket, audit_as="CANCELLED")
def cancel(session: Session, actor: Actor, ticket: Ticket, data: ChangeStatus) -> Ticket:
    """The work is not needed; an open assignment ends with it."""
    if data.reason:
        note(session, reason=data.reason)
    move(session, actor, ticket, Action.CANCEL)
    disengage(session, ticket, AssignmentState.CANCELLED)
    close_offers(session, ticket)
    ticket.cancelled_at = clock.now()
    ticket.resume_status = None
    ticket.open_to_vendors = False
    return ticket


def mark_breached(
    session: Session, actor: Actor, owner_id: uuid.UUID, at: datetime
) -> list[uuid.UUID]:
    """Mark every ticket of the owner whose due time has passed; answers their ids.

    Idempotent: a ticket is marked once, whatever the sweep does.
    """
    due = session.scalars(
        select(Ticket)
        .where(
            Ticket.property_owner_id == owner_id,
            Ticket.sla_breached_at.is_(None),
            Ticket.sla_due_at < at,
            Ticket.status.not_in(UNTIMED),
        )
        .order_by(Ticket.id)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    for ticket in due:
        with recorded(session, actor, "TICKET_UPDATED", ticket, source="sla_sweep"):
            _breach(session, actor, ticket, at)
    return [ticket.id for ticket in due]


def mark_warned(
    session: Session, actor: Actor, owner_id: uuid.UUID, at: datetime
) -> list[uuid.UUID]:
    """Warn once for every ticket that has used four fifths of its time."""
    due = session.scalars(
        select(Ticket)
        .where(
            Ticket.property_owner_id == owner_id,
            Ticket.sla_warned_at.is_(None),
            Ticket.sla_breached_at.is_(None),
            Ticket.sla_warn_at <= at,
            Ticket.status.not_in(UNTIMED),
        )
        .order_by(Ticket.id)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    for ticket in due:
        with recorded(session, actor, "TICKET_UPDATED", ticket, source="sla_sweep"):
            ticket.sla_warned_at = at
            emit(session, actor, SlaWarned(owner_id, ticket.id))
    return [ticket.id for ticket in due]
