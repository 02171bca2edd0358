"""Assign, answer, take back: who does the work."""

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command, recorded
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.people.queries import is_org_member
from ecopick.domains.tickets.commands.engagement import (
    disengage,
    engage,
    join,
    leave,
    move,
    set_arrival,
    triage_implicitly,
)
from ecopick.domains.tickets.commands.links import revoke_links
from ecopick.domains.tickets.commands.quote_ends import close_offers, end_quotes
from ecopick.domains.tickets.commands.routing import auto_route
from ecopick.domains.tickets.commands.visits import begin_visit, end_visit
from ecopick.domains.tickets.events import (
    AnswerUndone,
    AssignmentAccepted,
    AssignmentCancelled,
    AssignmentDeclined,
    AssignmentLapsed,
)
from ecopick.domains.tickets.inputs import AssignTicket, CancelAssignment, RespondAssignment
from ecopick.domains.tickets.lifecycle import (
    LAPSED,
    TERMINAL,
    UNDO_WITHIN,
    WAITING,
    Action,
    AssignmentState,
    AssignmentType,
    TicketStatus,
    illegal_transition,
    settle,
)
from ecopick.domains.tickets.models import Assignment, StakeholderRole, Ticket
from ecopick.domains.tickets.policy import answer_stands_alone
from ecopick.domains.tickets.queries.find import (
    fresh_assignment,
    lock_assignment,
    lock_ticket,
    relock,
    ticket_of,
)
from ecopick.domains.tickets.queries.quotes import is_waiting
from ecopick.domains.tickets.quote_lifecycle import waits_for_approval
from ecopick.domains.tickets.visit_states import VisitState
from ecopick.domains.vendors.queries import is_blocked, is_linked


def assign_ticket(session: Session, actor: Actor, key: Any, data: AssignTicket) -> Assignment:
    """Ask a member of the staff or a vendor; a NEW ticket is triaged first.

    Refused on closed and cancelled tickets; a resolved one reopens.
    """
    ticket = lock_ticket(session, actor, getattr(key, "id", key))
    if data.type == AssignmentType.VENDOR:
        return _dispatch(session, actor, ticket, data)
    return _assign(session, actor, ticket, data)


@command("ticket:assign", find=lock_ticket, audit_as="ASSIGNED")
def _assign(session: Session, actor: Actor, ticket: Ticket, data: AssignTicket) -> Assignment:
    _refuse_terminal(ticket)
    user_id = data.assigned_to_user_id
    known = user_id is not None and is_org_member(
        session, ticket.property_owner_id, user_id, ticket.building_id
    )
    if user_id is None or not known or data.vendor_org_id is not None:
        raise wrong_field("assigned_to_user_id", _("Please choose a member of your team."))
    triage_implicitly(session, actor, ticket, source="assign")
    note(session, assigned_to_user_id=user_id)
    return engage(session, actor, ticket, AssignmentType.INTERNAL, user_id=user_id)


@command("ticket:assign", find=lock_ticket, audit_as="DISPATCHED")
def _dispatch(session: Session, actor: Actor, ticket: Ticket, data: AssignTicket) -> Assignment:
    _refuse_terminal(ticket)
    vendor_id = data.vendor_org_id
    if vendor_id is None or not is_linked(session, ticket.property_owner_id, vendor_id):
        raise wrong_field("vendor_org_id", _("Please choose one of your vendors."))
    if is_blocked(session, ticket.property_owner_id, vendor_id):
        raise wrong_field("vendor_org_id", _("This vendor is blocked and gets no new jobs."))
    if data.assigned_to_user_id is not None:
        raise wrong_field("assigned_to_user_id", _("A vendor chooses its technician itself."))
    triage_implicitly(session, actor, ticket, source="assign")
    note(session, vendor_org_id=vendor_id)
    return engage(session, actor, ticket, AssignmentType.VENDOR, vendor_org_id=vendor_id)


def _refuse_terminal(ticket: Ticket) -> None:
    if ticket.status in TERMINAL:
        raise Conflict(
            _("This request is closed and cannot be assigned."), code="illegal_transition"
        )


def respond_assignment(
    session: Session, actor: Actor, key: Any, data: RespondAssignment
) -> Assignment:
    """Accept or decline. The same answer again changes nothing and shows the same result.

    A decline leads back to TRIAGED and is routed on without whoever declined.
    """
    assignment = _locked(session, actor, key)
    wanted = AssignmentState.ACCEPTED if data.accept else AssignmentState.DECLINED
    if assignment.state == wanted:
        return _repeat(session, actor, assignment)
    if data.accept:
        return _accept(session, actor, assignment, data)
    declined = _decline(session, actor, assignment, data)
    auto_route(session, ticket_of(session, assignment))
    return declined


def _locked(session: Session, actor: Actor, key: Any) -> Assignment:
    """The assignment, locked; one who declined may still look at their answer."""
    if isinstance(key, Assignment):
        ticket = ticket_of(session, key)
        relock(session, ticket)
        return fresh_assignment(session, ticket.id, key.id)
    return lock_assignment(session, actor, key)


@command("ticket:respond_assignment", find=lock_assignment)
def _repeat(session: Session, actor: Actor, assignment: Assignment) -> Assignment:
    return assignment


def _named(vendor: str) -> Callable[[Assignment], str]:
    """A vendor's answer has a name of its own in the audit; the staff's is a change of status."""
    return lambda row: vendor if row.type == AssignmentType.VENDOR else "STATUS_CHANGED"


@command("ticket:respond_assignment", find=lock_assignment, audit_as=_named("VENDOR_ACCEPTED"))
def _accept(
    session: Session, actor: Actor, assignment: Assignment, data: RespondAssignment
) -> Assignment:
    ticket = ticket_of(session, assignment)
    if assignment.is_claim:
        raise Conflict(_("This application waits for the management."), code="claim_unconfirmed")
    if is_waiting(session, ticket):
        raise waits_for_approval()
    _answer(assignment, actor, AssignmentState.ACCEPTED)
    set_arrival(assignment, data)
    begin_visit(session, actor, assignment)
    vendor = assignment.type == AssignmentType.VENDOR
    role = StakeholderRole.VENDOR if vendor else StakeholderRole.ASSIGNEE
    join(session, ticket, actor.user_id, role, actor.user_id)
    if ticket.status in WAITING:
        ticket.resume_status = TicketStatus.IN_PROGRESS
        ticket.version += 1
    else:
        move(session, actor, ticket, Action.ACCEPT)
    ticket.open_to_vendors = False
    assignment.undo_until = clock.now() + UNDO_WITHIN
    emit(session, actor, AssignmentAccepted(ticket.property_owner_id, ticket.id, assignment.id))
    return assignment


@command("ticket:respond_assignment", find=lock_assignment, audit_as=_named("VENDOR_DECLINED"))
def _decline(
    session: Session, actor: Actor, assignment: Assignment, data: RespondAssignment
) -> Assignment:
    ticket = ticket_of(session, assignment)
    _answer(assignment, actor, AssignmentState.DECLINED)
    assignment.reason = data.reason
    end_quotes(session, ticket, assignment.vendor_org_id, by_vendor=True)
    _release(session, actor, ticket, reopen=_still_open(ticket))
    if not assignment.is_claim:
        assignment.undo_until = clock.now() + UNDO_WITHIN
    emit(session, actor, AssignmentDeclined(ticket.property_owner_id, ticket.id, assignment.id))
    return assignment


def _answer(assignment: Assignment, actor: Actor, state: AssignmentState) -> None:
    if assignment.state != AssignmentState.PENDING:
        raise illegal_transition()
    settle(assignment, state)
    assignment.responded_at = clock.now()
    assignment.responded_by_id = actor.user_id


def _still_open(ticket: Ticket) -> bool:
    """Whether vendors may apply again: the job was open and its deadline has not passed."""
    deadline = ticket.vendor_deadline
    if ticket.open_to_vendors and ticket.collects_quotes:
        return True  # There may be other prices; without any the sweep withdraws it.
    return ticket.open_to_vendors and deadline is not None and deadline > clock.now()


def _release(session: Session, actor: Actor, ticket: Ticket, *, reopen: bool) -> None:
    """Back to the open jobs, or to TRIAGED."""
    target = TicketStatus.VENDOR_OPPORTUNITY if reopen else TicketStatus.TRIAGED
    move(session, actor, ticket, Action.RELEASE, target)
    ticket.open_to_vendors = reopen
    if not reopen:
        close_offers(session, ticket)
    ticket.current_assignment_id = None
    ticket.vendor_org_id = None
    ticket.resume_status = None


@command("ticket:respond_assignment", find=lock_assignment, audit_as="STATUS_CHANGED")
def _undo(session: Session, actor: Actor, assignment: Assignment) -> Assignment:
    ticket = ticket_of(session, assignment)
    if assignment.undo_until is None or not answer_stands_alone(session, ticket, assignment):
        raise illegal_transition()
    if clock.now() > assignment.undo_until:
        raise Conflict(_("The time to take this back has passed."), code="undo_expired")
    if assignment.responded_by_id != actor.user_id:
        raise Conflict(_("Only whoever answered can take it back."), code="undo_other")
    note(session, undone=assignment.state)
    if assignment.state == AssignmentState.ACCEPTED:
        move(session, actor, ticket, Action.UNDO_ACCEPT)
        leave(session, ticket, assignment)
    else:
        move(session, actor, ticket, Action.UNDO_DECLINE)
        ticket.current_assignment_id = assignment.id
        ticket.vendor_org_id = assignment.vendor_org_id
    end_visit(session, actor, assignment.id, VisitState.CANCELLED)
    _reopen_answer(session, assignment)
    emit(session, actor, AnswerUndone(ticket.property_owner_id, ticket.id, assignment.id))
    return assignment


def _reopen_answer(session: Session, assignment: Assignment) -> None:
    settle(assignment, AssignmentState.PENDING)
    assignment.arrival_from = assignment.arrival_until = None
    assignment.reason = None
    assignment.responded_at = assignment.undo_until = None
    assignment.responded_by_id = None


def undo_response(session: Session, actor: Actor, key: Any) -> Assignment:
    """Take an answer back within 15 minutes, if nothing has happened since."""
    return _undo(session, actor, _locked(session, actor, key))


@command("ticket:assign", find=lock_ticket, audit_as="STATUS_CHANGED")
def cancel_assignment(
    session: Session, actor: Actor, ticket: Ticket, data: CancelAssignment
) -> Ticket:
    """Take the open assignment back; the ticket returns to TRIAGED.

    An application that is turned down leaves the job open to others.
    """
    assignment = disengage(session, ticket, AssignmentState.CANCELLED, data.reason)
    if assignment is None:
        raise Conflict(_("Nobody is assigned at the moment."), code="not_assigned")
    note(session, assignment_id=assignment.id)
    _release(session, actor, ticket, reopen=assignment.is_claim)
    emit(session, actor, AssignmentCancelled(ticket.property_owner_id, ticket.id, assignment.id))
    return ticket


def lapse_assignment(session: Session, actor: Actor, assignment_id: uuid.UUID) -> bool:
    """Silence past ``respond_by``: cancelled by the system and routed on without them.

    Answers False where there is nothing to do any more, so that a sweep may repeat it.
    """
    assignment = lock_assignment(session, actor, assignment_id)
    overdue = assignment.respond_by is not None and assignment.respond_by <= clock.now()
    if assignment.state != AssignmentState.PENDING or assignment.is_claim or not overdue:
        return False
    ticket = ticket_of(session, assignment)
    with recorded(session, actor, "STATUS_CHANGED", ticket, source="respond_by"):
        settle(assignment, AssignmentState.CANCELLED)
        assignment.reason = LAPSED
        revoke_links(session, assignment)
        end_quotes(session, ticket, assignment.vendor_org_id, by_vendor=True)
        leave(session, ticket, assignment)
        _release(session, actor, ticket, reopen=_still_open(ticket))
        emit(session, actor, AssignmentLapsed(ticket.property_owner_id, ticket.id, assignment.id))
    auto_route(session, ticket)
    return True


__all__ = [
    "assign_ticket",
    "cancel_assignment",
    "lapse_assignment",
    "respond_assignment",
    "undo_response",
]
