"""Why a ticket is due when it is: every stretch of its time, adding up to the second.

The clock runs day and night; plans have no business hours. Start, plus the time
that the priority allows, plus all pauses that have ended, is the due time.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ecopick.core.audit.models import AuditEvent
from ecopick.core.audit.subjects import open_text
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import shown_name
from ecopick.domains.sla.targets import TARGETS
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.queries.timeline import Interval

NONE = timedelta(0)
# A mark on the clock and the entry that tells of it are made in one transaction.
SAME_STEP = timedelta(seconds=10)
_PAUSING = TicketStatus.AWAITING_TENANT.value


class Use(StrEnum):
    """What a stretch of time does to the target."""

    COUNTED = "counted"
    PAUSED = "paused"
    OVER = "over"
    LEFT = "left"


@dataclass(frozen=True)
class Cause:
    """A step that moved the clock: who took it, why, and what it changed.

    ``by_reply``: the tenant's own message ended the pause. ``priorities`` are
    the priority before and after, where that was the step.
    """

    at: datetime
    action: str
    who: str | None
    reason: str | None = None
    begins_pause: bool = False
    ends_pause: bool = False
    by_reply: bool = False
    priorities: tuple[str, str] | None = None


@dataclass(frozen=True)
class Line:
    """One stretch: whole seconds, ``end`` exclusive; the sums hold at its end.

    ``due`` is the due time as it stood then; a pause moves it when it ends.
    """

    start: datetime
    end: datetime
    use: Use
    counted: timedelta
    due: datetime
    running: bool = False
    cause: Cause | None = None

    @property
    def length(self) -> timedelta:
        """How long it lasted, so far."""
        return self.end - self.start


@dataclass(frozen=True)
class Account:
    """The whole sum. ``priority`` is the one whose target counts; None where the
    due time was not made from any."""

    start: datetime
    target: timedelta
    priority: str | None
    due: datetime
    lines: tuple[Line, ...]

    def total(self, use: Use | str) -> timedelta:
        """The sum of all stretches of a use."""
        return sum((line.length for line in self.lines if line.use == use), NONE)

    @property
    def running_pause(self) -> timedelta:
        """The pause that goes on, which the due time does not hold yet."""
        return sum((x.length for x in self.lines if x.use is Use.PAUSED and x.running), NONE)

    @property
    def paused(self) -> timedelta:
        """The pauses that have ended."""
        return self.total(Use.PAUSED) - self.running_pause

    @property
    def adds_up(self) -> bool:
        """Start, target and pauses are the due time; no stretch is missing."""
        whole = sum((line.length for line in self.lines), NONE)
        return (
            self.start + self.target + self.paused == self.due
            and self.lines[0].start + whole == self.lines[-1].end
        )


def account(
    spans: Sequence[Interval], due: datetime | None, causes: Iterable[Cause] = ()
) -> Account | None:
    """The account of a clock from its stretches (see ``timeline.intervals``) and due time.

    None for a ticket without a due time. Time beyond the target is OVER; what is
    left of it until the due time stands last, as if no further pause came.
    """
    if due is None or not spans:
        return None
    start, due = _whole(spans[0].start), _whole(due)
    ended = sum((_length(x) for x in spans if x.paused and not x.running), NONE)
    target = due - start - ended
    known = tuple(causes)
    lines: list[Line] = []
    counted, paused = NONE, NONE
    for span in spans:
        begin, end = _whole(span.start), _whole(span.end)
        cause = _cause_of(known, begin, pause=span.paused)
        if span.paused:
            paused += NONE if span.running else end - begin
            now_due = start + target + paused
            lines.append(Line(begin, end, Use.PAUSED, counted, now_due, span.running, cause))
            continue
        now_due = start + target + paused
        turn = min(end, begin + max(target - counted, NONE))
        counted += turn - begin
        if turn > begin or end == begin:
            running = span.running and turn == end
            lines.append(Line(begin, turn, Use.COUNTED, counted, now_due, running, cause))
        if end > turn:
            lines.append(Line(turn, end, Use.OVER, counted, now_due, span.running))
    left = target - counted
    if spans[-1].running and left > NONE:
        begin = lines[-1].end
        lines.append(Line(begin, begin + left, Use.LEFT, target, begin + left))
    return Account(start, target, _priority_of(target), due, tuple(lines))


def _whole(value: datetime) -> datetime:
    return value.replace(microsecond=0)


def _length(span: Interval) -> timedelta:
    return _whole(span.end) - _whole(span.start)


def _priority_of(target: timedelta) -> str | None:
    return next((name for name, allowed in TARGETS.items() if allowed == target), None)


def _cause_of(causes: Sequence[Cause], at: datetime, *, pause: bool) -> Cause | None:
    fitting = [
        cause
        for cause in causes
        if (cause.begins_pause if pause else cause.ends_pause) and abs(cause.at - at) < SAME_STEP
    ]
    return min(fitting, key=lambda cause: abs(cause.at - at), default=None)


def causes_of(session: Session, owner_id: uuid.UUID, ticket_id: uuid.UUID) -> list[Cause]:
    """The steps that moved a visible ticket's clock, oldest first: pauses, their ends,
    and changes of the priority."""
    changes = AuditEvent.changes
    rows = session.execute(
        select(
            AuditEvent.action,
            AuditEvent.created_at,
            AuditEvent.meta,
            changes,
            shown_name.label("who"),
        )
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(
            AuditEvent.property_owner_id == owner_id,
            AuditEvent.ticket_id == ticket_id,
            or_(
                changes.contains([{"to": _PAUSING}]),
                changes.contains([{"from": _PAUSING}]),
                changes.contains([{"field": "priority"}]),
            ),
        )
        .order_by(AuditEvent.created_at, AuditEvent.id)
    )
    found = (_cause(session, owner_id, row) for row in rows)
    return [cause for cause in found if cause is not None]


def _cause(session: Session, owner_id: uuid.UUID, row: Any) -> Cause | None:
    meta = row.meta or {}
    status = _change(row.changes, "status")
    priority = _change(row.changes, "priority")
    cause = Cause(
        row.created_at,
        str(row.action),
        row.who,
        reason=open_text(session, owner_id, meta.get("reason")),
        begins_pause=status is not None and status[1] == _PAUSING,
        ends_pause=status is not None and status[0] == _PAUSING,
        by_reply=meta.get("source") == "tenant_reply",
    )
    if priority is not None and None not in priority:
        cause = replace(cause, priorities=priority)
    moved = cause.begins_pause or cause.ends_pause or cause.priorities is not None
    return cause if moved else None


def _change(changes: list[dict[str, Any]], field: str) -> tuple[Any, Any] | None:
    for change in changes:
        if str(change["field"]) in (field, f"tickets.{field}"):
            return change.get("from"), change.get("to")
    return None


def account_out(found: Account | None) -> dict[str, Any]:
    """The account as JSON: times in ISO 8601, durations in whole seconds; nulls without one."""
    if found is None:
        return {"start": None, "target_seconds": None, "due": None, "lines": []}
    return {
        "start": found.start.isoformat(),
        "target_seconds": _seconds(found.target),
        "priority": found.priority,
        "paused_seconds": _seconds(found.paused),
        "running_pause_seconds": _seconds(found.running_pause),
        "due": found.due.isoformat(),
        "lines": [
            {
                "start": line.start.isoformat(),
                "end": line.end.isoformat(),
                "use": line.use.value,
                "seconds": _seconds(line.length),
                "counted_seconds": _seconds(line.counted),
                "due": line.due.isoformat(),
                "running": line.running,
                "by": line.cause.who if line.cause else None,
                "reason": line.cause.reason if line.cause else None,
            }
            for line in found.lines
        ],
    }


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
