"""How long each priority may take until it is resolved, and what is left of it.

Pure functions; times are aware and in UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TARGETS: dict[str, timedelta] = {
    "URGENT": timedelta(minutes=60),
    "HIGH": timedelta(minutes=240),
    "MEDIUM": timedelta(minutes=1440),
    "LOW": timedelta(minutes=4320),
}
WARN_AT = 0.8


class SlaState(StrEnum):
    """What the SLA chip says."""

    RUNNING = "running"
    AT_RISK = "at_risk"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    NONE = "none"


@dataclass(frozen=True)
class Clock:
    """The state of one ticket's clock; ``left`` is negative once past due."""

    state: SlaState
    due_at: datetime | None
    left: timedelta | None
    target: timedelta


def due_at(created_at: datetime, priority: str, paused: timedelta = timedelta(0)) -> datetime:
    """When a ticket of ``priority`` is due: creation + target + paused time."""
    return created_at + TARGETS[priority] + paused


def warn_at(created_at: datetime, due: datetime) -> datetime:
    """When four fifths of the window are used."""
    return created_at + (due - created_at) * WARN_AT


def amber_below(target: timedelta) -> timedelta:
    """Time left from which the chip turns amber: a quarter of the target or an
    hour, whichever is longer, but never more than two thirds of the target."""
    return min(max(target / 4, timedelta(hours=1)), target * 2 / 3)


def clock_of(
    *,
    status: str,
    priority: str,
    due: datetime | None,
    breached_at: datetime | None,
    resolved_at: datetime | None,
    paused_at: datetime | None,
    now: datetime,
) -> Clock:
    """The clock to show for a ticket."""
    target = TARGETS[priority]
    if due is None or status == "CANCELLED":
        return Clock(SlaState.NONE, due, None, target)
    if resolved_at is not None:
        met = resolved_at <= due
        return Clock(SlaState.MET if met else SlaState.MISSED, due, due - resolved_at, target)
    if status == "AWAITING_TENANT" and breached_at is None:
        left = due - (paused_at or now)
        return Clock(SlaState.PAUSED, due, left, target)
    left = due - now
    if left <= timedelta(0) or breached_at is not None:
        return Clock(SlaState.PAST_DUE, due, left, target)
    at_risk = left <= amber_below(target)
    return Clock(SlaState.AT_RISK if at_risk else SlaState.RUNNING, due, left, target)
