"""Taking back what an act did to one ticket, as far as that is the truth.

Nobody can be unasked who has answered, nothing that was sent can be unsent; where
the lifecycle has no way back, the refusal says so. ``before`` is what
``queries.bulk.state_before`` kept.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.errors import Conflict, Text
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.assignment import (
    assign_ticket,
    cancel_assignment,
    undo_response,
)
from ecopick.domains.tickets.commands.status import transition_ticket_status
from ecopick.domains.tickets.events import TicketUpdated
from ecopick.domains.tickets.inputs import AssignTicket, CancelAssignment, ChangeStatus
from ecopick.domains.tickets.lifecycle import (
    TERMINAL,
    WAITING,
    AssignmentState,
    AssignmentType,
    BulkKind,
    TicketPriority,
    TicketStatus,
)
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.policy import open_assignment
from ecopick.domains.tickets.queries.find import lock_ticket

S = TicketStatus
UNASSIGNED = frozenset({S.NEW, S.TRIAGED})


def take_back(
    session: Session, actor: Actor, act: BulkKind, ticket: Ticket, before: Mapping[str, Any]
) -> Text | None:
    """Bring the ticket back to ``before``; what is left of the act, if anything is.

    Raises Conflict where there is no way back.
    """
    match act:
        case BulkKind.PRIORITY:
            restore_priority(session, actor, ticket, before)
        case BulkKind.ASSIGN:
            _unassign(session, actor, ticket, before)
        case BulkKind.STATUS:
            _status_back(session, actor, ticket, S(before["status"]))
        case BulkKind.MESSAGE:
            raise Conflict(_("Messages cannot be taken back."), code="not_undoable")
    stays = act is BulkKind.ASSIGN and S(before["status"]) is S.NEW
    return _("It counts as reviewed now.") if stays else None


@command("ticket:edit", find=lock_ticket, audit_as="TICKET_UPDATED")
def restore_priority(
    session: Session, actor: Actor, ticket: Ticket, before: Mapping[str, Any]
) -> Ticket:
    """The earlier priority with the very due time that it had.

    Once the ticket is solved or past due its target stays as it is.
    """
    if ticket.status in TERMINAL:
        raise Conflict(_("This request is closed and cannot be changed."), code="terminal")
    ticket.priority = TicketPriority(before["priority"])
    if ticket.resolved_at is None and ticket.sla_breached_at is None:
        ticket.sla_due_at = _moment(before["sla_due_at"])
        ticket.sla_warn_at = _moment(before["sla_warn_at"])
        ticket.sla_warned_at = _moment(before["sla_warned_at"])
    ticket.version += 1
    emit(session, actor, TicketUpdated(ticket.property_owner_id, ticket.id))
    return ticket


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None


def _unassign(session: Session, actor: Actor, ticket: Ticket, before: Mapping[str, Any]) -> None:
    """Withdraw the question; whoever was asked before and had not answered is asked again."""
    present = open_assignment(session, ticket)
    if present is None or present.state is not AssignmentState.PENDING:
        raise Conflict(_("They have answered already."), code="not_undoable")
    earlier: Mapping[str, Any] | None = before["assignment"]
    if earlier is None:
        if S(before["status"]) not in UNASSIGNED:
            raise _no_way_back()
        cancel_assignment(session, actor, ticket.id, CancelAssignment())
        return
    if earlier["state"] != AssignmentState.PENDING or earlier["is_claim"]:
        raise Conflict(
            _("Somebody else had it before, and was told that it is no longer theirs."),
            code="not_undoable",
        )
    if S(before["status"]) is not S.ASSIGNED:
        raise _no_way_back()
    again = AssignTicket(
        type=AssignmentType(earlier["type"]),
        assigned_to_user_id=_id(earlier["assigned_to_user_id"]),
        vendor_org_id=_id(earlier["vendor_org_id"]),
    )
    assign_ticket(session, actor, ticket.id, again)


def _id(value: str | None) -> uuid.UUID | None:
    return uuid.UUID(value) if value is not None else None


def _status_back(session: Session, actor: Actor, ticket: Ticket, wanted: TicketStatus) -> None:
    step = _step_back(ticket.status, wanted)
    if step is not None:
        transition_ticket_status(session, actor, ticket.id, ChangeStatus(status=step))
    elif ticket.status is S.IN_PROGRESS and wanted is S.ASSIGNED:
        assignment = open_assignment(session, ticket)
        if assignment is None:
            raise _no_way_back()
        undo_response(session, actor, assignment.id)
    else:
        raise _no_way_back()
    if ticket.status is not wanted:
        raise _no_way_back()


def _step_back(now: TicketStatus, wanted: TicketStatus) -> TicketStatus | None:
    """The step that leads back, where there is one that is no new decision."""
    if now in WAITING:
        return S.IN_PROGRESS  # Going on leads to where it waited.
    if now is S.RESOLVED and wanted is S.IN_PROGRESS:
        return S.IN_PROGRESS
    if wanted in WAITING and now is not S.RESOLVED and now not in TERMINAL:
        return wanted
    return None


def _no_way_back() -> Conflict:
    return Conflict(_("From there no way leads back."), code="not_undoable")
