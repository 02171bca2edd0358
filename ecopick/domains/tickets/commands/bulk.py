"""One act on many tickets: each through its ordinary command, each with its own result.

A ticket that cannot be changed says why and holds up no other. Tickets are locked in
the order of their ids. Up to ``BULK_AT_ONCE`` are changed at a time, so that a worker
that dies goes on where it stood.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import AppError, Conflict
from ecopick.core.permissions import not_visible
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import attempt
from ecopick.domains.tickets.commands.assignment import assign_ticket
from ecopick.domains.tickets.commands.bulk_undo import take_back
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.intake import update_ticket
from ecopick.domains.tickets.commands.status import transition_ticket_status
from ecopick.domains.tickets.desk_inputs import BulkTickets
from ecopick.domains.tickets.inputs import AssignTicket, ChangeStatus, PostMessage, UpdateTicket
from ecopick.domains.tickets.lifecycle import (
    BULK_AT_ONCE,
    AssignmentType,
    BulkKind,
    BulkOutcome,
    BulkState,
    TicketPriority,
    TicketStatus,
)
from ecopick.domains.tickets.models import BulkAct, BulkResult, Ticket
from ecopick.domains.tickets.policy import open_assignment
from ecopick.domains.tickets.queries.bulk import UNFINISHED, lock_act, state_before
from ecopick.domains.tickets.queries.find import lock_tickets

HIDDEN = _("You cannot see this ticket.")


def _nothing(session: Session, actor: Actor, key: object) -> None:
    return None


@command("ticket:bulk", find=_nothing)
def begin_bulk(
    session: Session, actor: Actor, subject: None, act: BulkKind, data: BulkTickets
) -> BulkAct:
    """Keep what is to be done to which tickets; ``carry_on`` does it."""
    chosen = sorted(set(data.ticket_id))
    assert actor.owner_id is not None
    made = BulkAct(
        id=new_id(),
        property_owner_id=actor.owner_id,
        user_id=actor.user_id,
        act=act,
        input=data.model_dump(mode="json", exclude={"ticket_id"}),
        language=actor.language,
        state=BulkState.WAITING,
        tickets_total=len(chosen),
        created_at=clock.now(),
    )
    session.add(made)
    session.flush()
    session.add_all(
        BulkResult(
            property_owner_id=made.property_owner_id,
            bulk_act_id=made.id,
            ticket_id=ticket_id,
            outcome=BulkOutcome.WAITING,
        )
        for ticket_id in chosen
    )
    return made


@command("ticket:bulk", find=lock_act)
def begin_undo(session: Session, actor: Actor, act: BulkAct) -> BulkAct:
    """Ask for an act to be taken back; asked again, nothing happens twice."""
    if act.state in (BulkState.UNDOING, BulkState.UNDONE):
        return act
    if act.act is BulkKind.MESSAGE:
        raise Conflict(_("Messages cannot be taken back."), code="not_undoable")
    if act.state is not BulkState.DONE:
        raise Conflict(_("This is still being worked on."), code="in_progress")
    act.state = BulkState.UNDOING
    act.tickets_done = 0
    act.ended_at = None
    return act


def carry_on(session: Session, actor: Actor, key: uuid.UUID, limit: int = BULK_AT_ONCE) -> bool:
    """Do the next tickets of an act, or take them back; whether any are left.

    False too where somebody else is at it.
    """
    session.info["authorized"] = True
    act = lock_act(session, actor, key, wait=False)
    if act is None or act.state not in UNFINISHED:
        return False
    undoing = act.state is BulkState.UNDOING
    rows = _next(session, act, BulkOutcome.DONE if undoing else BulkOutcome.WAITING, limit)
    tickets = lock_tickets(session, actor, [row.ticket_id for row in rows])
    for row in rows:
        ticket = tickets.get(row.ticket_id)
        if ticket is None:
            _settle(row, BulkOutcome.KEPT if undoing else BulkOutcome.HIDDEN, str(HIDDEN))
            not_visible(actor, "Ticket", row.ticket_id)
        elif undoing:
            _undo(session, actor, act, row, ticket)
        else:
            _do(session, actor, act, row, ticket)
    session.flush()
    act.tickets_done += len(rows)
    done = BulkOutcome.UNDONE if undoing else BulkOutcome.DONE
    act.changed = _count(session, act, done)
    left = _count(session, act, BulkOutcome.DONE if undoing else BulkOutcome.WAITING) > 0
    if not left:
        _end(act)
    return left


def give_up(session: Session, act_id: uuid.UUID) -> None:
    """Nobody may act for whoever asked any more, or it failed too often."""
    session.execute(
        update(BulkAct)
        .where(BulkAct.id == act_id, BulkAct.state.in_(UNFINISHED))
        .values(state=BulkState.FAILED, ended_at=clock.now())
    )


def _end(act: BulkAct) -> None:
    act.state = BulkState.UNDONE if act.state is BulkState.UNDOING else BulkState.DONE
    act.ended_at = clock.now()
    if act.act is BulkKind.MESSAGE:
        # The words stand on the tickets now; a second copy would outlive an erasure there.
        act.input = {**act.input, "body": ""}


def _next(session: Session, act: BulkAct, outcome: BulkOutcome, limit: int) -> Sequence[BulkResult]:
    return session.scalars(
        select(BulkResult)
        .where(BulkResult.bulk_act_id == act.id, BulkResult.outcome == outcome)
        .order_by(BulkResult.ticket_id)
        .limit(limit)
    ).all()


def _count(session: Session, act: BulkAct, outcome: BulkOutcome) -> int:
    found = session.scalar(
        select(func.count())
        .select_from(BulkResult)
        .where(BulkResult.bulk_act_id == act.id, BulkResult.outcome == outcome)
    )
    return found or 0


def _settle(row: BulkResult, outcome: BulkOutcome, reason: str | None = None) -> None:
    row.outcome = outcome
    row.reason = reason


def _do(session: Session, actor: Actor, act: BulkAct, row: BulkResult, ticket: Ticket) -> None:
    before = state_before(session, ticket)
    try:
        with attempt(session):
            _apply(session, actor, act, ticket)
    except AppError as error:
        _settle(row, BulkOutcome.REFUSED, in_words(error))
        return
    row.before = before
    row.version_after = ticket.version
    _settle(row, BulkOutcome.DONE)


def _undo(session: Session, actor: Actor, act: BulkAct, row: BulkResult, ticket: Ticket) -> None:
    if ticket.version != row.version_after:
        _settle(row, BulkOutcome.KEPT, str(_("It was changed since.")))
        return
    try:
        with attempt(session):
            said = take_back(session, actor, act.act, ticket, row.before or {})
    except AppError as error:
        _settle(row, BulkOutcome.KEPT, in_words(error))
        return
    _settle(row, BulkOutcome.UNDONE, str(said) if said else None)


def in_words(error: AppError) -> str:
    """Why not, as one sentence: that of the field where there is one."""
    return str(next(iter(error.fields.values()), error.message))


def _apply(session: Session, actor: Actor, act: BulkAct, ticket: Ticket) -> None:
    told: dict[str, Any] = act.input
    match act.act:
        case BulkKind.ASSIGN:
            _assign(session, actor, ticket, str(told["assignee"]))
        case BulkKind.STATUS:
            wanted = TicketStatus(told["status"])
            if ticket.status == wanted:
                raise Conflict(_("It already stands there."), code="unchanged")
            data = ChangeStatus(status=wanted, reason=told.get("reason"))
            transition_ticket_status(session, actor, ticket.id, data)
        case BulkKind.PRIORITY:
            priority = TicketPriority(told["priority"])
            if ticket.priority == priority:
                raise Conflict(_("It already has this priority."), code="unchanged")
            update_ticket(session, actor, ticket, UpdateTicket(priority=priority))
        case BulkKind.MESSAGE:
            message = PostMessage(body=told["body"], visibility=told["visibility"])
            post_message(session, actor, ticket.id, message)


def _assign(session: Session, actor: Actor, ticket: Ticket, assignee: str) -> None:
    kind, _colon, key = assignee.partition(":")
    chosen = uuid.UUID(key)
    present = open_assignment(session, ticket)
    if present is not None and chosen in (present.assigned_to_user_id, present.vendor_org_id):
        raise Conflict(_("It is already with them."), code="unchanged")
    if kind == "vendor":
        data = AssignTicket(type=AssignmentType.VENDOR, vendor_org_id=chosen)
    else:
        data = AssignTicket(type=AssignmentType.INTERNAL, assigned_to_user_id=chosen)
    assign_ticket(session, actor, ticket.id, data)
