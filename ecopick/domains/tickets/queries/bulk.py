"""Acts on many tickets: what they need to know before, and what became of them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, overload

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.changes import plain
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import authorize
from ecopick.domains.tickets.lifecycle import (
    Action,
    BulkOutcome,
    BulkState,
    TicketStatus,
    possible,
)
from ecopick.domains.tickets.models import BulkAct, BulkResult, Ticket
from ecopick.domains.tickets.policy import open_assignment
from ecopick.domains.tickets.queries.filters import in_scope
from ecopick.domains.tickets.queries.lines import TicketLine, line_of, lines

S = TicketStatus
UNFINISHED = (BulkState.WAITING, BulkState.UNDOING)
# Statuses to which people bring a ticket by hand, and the actions that lead there.
WAYS: dict[TicketStatus, tuple[Action, ...]] = {
    S.TRIAGED: (Action.TRIAGE,),
    S.IN_PROGRESS: (Action.START, Action.RESUME, Action.REOPEN),
    S.AWAITING_TENANT: (Action.AWAIT_TENANT,),
    S.AWAITING_VENDOR: (Action.AWAIT_VENDOR,),
    S.RESOLVED: (Action.RESOLVE,),
    S.CLOSED: (Action.CLOSE,),
    S.CANCELLED: (Action.CANCEL,),
}


@dataclass(frozen=True)
class Selection:
    """The selected tickets: how many were named, how many of them can be seen, and where
    those stand. ``building_id`` where all stand in one building."""

    ids: tuple[uuid.UUID, ...]
    visible: tuple[uuid.UUID, ...]
    by_status: dict[TicketStatus, int]
    building_id: uuid.UUID | None

    def ways(self) -> dict[TicketStatus, int]:
        """For how many the lifecycle has a way to each status."""
        return {
            wanted: sum(
                count
                for status, count in self.by_status.items()
                if any(action in possible(status) for action in actions)
            )
            for wanted, actions in WAYS.items()
        }


@dataclass(frozen=True)
class Outcome:
    """One ticket of an act; ``line`` is None where it cannot be seen."""

    ticket_id: uuid.UUID
    outcome: BulkOutcome
    reason: str | None
    line: TicketLine | None


def selection(session: Session, actor: Actor, ids: Iterable[uuid.UUID]) -> Selection:
    """What was selected, in one statement. Raises Forbidden for anybody but staff."""
    authorize(session, actor, "ticket:bulk", None)
    chosen = tuple(dict.fromkeys(ids))
    rows = session.execute(
        select(Ticket.id, Ticket.status, Ticket.building_id).where(
            Ticket.id.in_(chosen), in_scope(actor)
        )
    ).all()
    counts: dict[TicketStatus, int] = {}
    for row in rows:
        counts[row.status] = counts.get(row.status, 0) + 1
    houses = {row.building_id for row in rows}
    return Selection(
        chosen,
        tuple(row.id for row in rows),
        counts,
        houses.pop() if len(houses) == 1 else None,
    )


def state_before(session: Session, ticket: Ticket) -> dict[str, Any]:
    """What an undo has to know of a ticket, as JSON."""
    assignment = open_assignment(session, ticket)
    names = ("status", "priority", "sla_due_at", "sla_warn_at", "sla_warned_at")
    known = ("type", "state", "assigned_to_user_id", "vendor_org_id", "is_claim")
    return {
        **{name: plain(getattr(ticket, name)) for name in names},
        "assignment": {name: plain(getattr(assignment, name)) for name in known}
        if assignment is not None
        else None,
    }


@overload
def lock_act(session: Session, actor: Actor, key: Any) -> BulkAct: ...


@overload
def lock_act(
    session: Session, actor: Actor, key: Any, *, wait: Literal[False]
) -> BulkAct | None: ...


def lock_act(session: Session, actor: Actor, key: Any, *, wait: bool = True) -> BulkAct | None:
    """An act of one's own, locked and fresh. Raises NotFound.

    Without ``wait`` None where it is gone, or somebody else has it locked.
    """
    found = session.scalars(
        _own(actor, key)
        .with_for_update(skip_locked=not wait)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None and wait:
        raise missing(actor, "BulkAct", key)
    return found


def find_act(session: Session, actor: Actor, key: Any) -> BulkAct:
    """An act of one's own. Raises NotFound."""
    authorize(session, actor, "ticket:bulk", None)
    found = session.scalars(_own(actor, key)).one_or_none()
    if found is None:
        raise missing(actor, "BulkAct", key)
    return found


def _own(actor: Actor, key: Any) -> Select[BulkAct]:
    return select(BulkAct).where(
        BulkAct.id == as_id(key),
        BulkAct.property_owner_id == actor.owner_id,
        BulkAct.user_id == actor.user_id,
    )


def outcomes(session: Session, actor: Actor, act: BulkAct) -> list[Outcome]:
    """What became of each ticket: those that were not changed first, then by number."""
    results = session.scalars(select(BulkResult).where(BulkResult.bulk_act_id == act.id)).all()
    ids = [row.ticket_id for row in results]
    shown = {
        row.id: line_of(row) for row in session.execute(lines(actor).where(Ticket.id.in_(ids)))
    }
    found = [
        Outcome(row.ticket_id, row.outcome, row.reason, shown.get(row.ticket_id)) for row in results
    ]
    last = (BulkOutcome.DONE, BulkOutcome.UNDONE)
    return sorted(
        found,
        key=lambda each: (
            each.outcome in last,
            each.line is None,
            each.line.number if each.line else 0,
        ),
    )


def counts(session: Session, act: BulkAct) -> dict[BulkOutcome, int]:
    """How many tickets of an act have come to which outcome."""
    rows = session.execute(
        select(BulkResult.outcome, func.count())
        .where(BulkResult.bulk_act_id == act.id)
        .group_by(BulkResult.outcome)
    ).all()
    return dict.fromkeys(BulkOutcome, 0) | {row[0]: row[1] for row in rows}
