"""States of an approval and of its review steps, and the moves between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ecopick.core.errors import Conflict
from ecopick.core.text import lazy_gettext as _


class AccessRequestStatus(StrEnum):
    """Where a request for raised access stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    IN_REVIEW = "IN_REVIEW"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    CLOSED = "CLOSED"
    EXPIRED = "EXPIRED"


class AccessRequestTaskStatus(StrEnum):
    """Where one review step stands."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    SKIPPED = "SKIPPED"
    CANCELLED = "CANCELLED"


class Move(StrEnum):
    """What can happen to a request or to one of its steps."""

    SUBMIT = "submit"
    OPEN = "open"
    APPROVE = "approve"
    REJECT = "reject"
    SKIP = "skip"
    EXPIRE = "expire"
    CANCEL = "cancel"
    CLOSE = "close"


R = AccessRequestStatus
T = AccessRequestTaskStatus
UNDECIDED = frozenset({R.SUBMITTED, R.IN_REVIEW})
OPEN_TASK = frozenset({T.PENDING, T.IN_PROGRESS})


@dataclass(frozen=True)
class Step:
    """A move: from which states, and where it leads."""

    before: frozenset[StrEnum]
    after: StrEnum


REQUEST_MOVES: Mapping[Move, Step] = {
    Move.SUBMIT: Step(frozenset({R.DRAFT}), R.SUBMITTED),
    Move.OPEN: Step(frozenset({R.SUBMITTED}), R.IN_REVIEW),
    Move.APPROVE: Step(frozenset({R.IN_REVIEW}), R.APPROVED),
    Move.REJECT: Step(frozenset({R.IN_REVIEW}), R.REJECTED),
    Move.EXPIRE: Step(UNDECIDED, R.EXPIRED),
    Move.CANCEL: Step(UNDECIDED | {R.DRAFT}, R.CANCELLED),
    Move.CLOSE: Step(frozenset({R.APPROVED, R.REJECTED}), R.CLOSED),
}
TASK_MOVES: Mapping[Move, Step] = {
    Move.OPEN: Step(frozenset({T.PENDING}), T.IN_PROGRESS),
    Move.APPROVE: Step(OPEN_TASK, T.APPROVED),
    Move.REJECT: Step(OPEN_TASK, T.REJECTED),
    Move.SKIP: Step(OPEN_TASK, T.SKIPPED),
    Move.CANCEL: Step(OPEN_TASK, T.CANCELLED),
}


class _Request(Protocol):
    status: AccessRequestStatus


class _Task(Protocol):
    status: AccessRequestTaskStatus


def possible(status: AccessRequestStatus | AccessRequestTaskStatus) -> frozenset[Move]:
    """The moves that lead on from ``status``."""
    moves = TASK_MOVES if isinstance(status, T) else REQUEST_MOVES
    return frozenset(move for move, step in moves.items() if status in step.before)


def advance(row: _Request | _Task, move: Move) -> None:
    """Bring a request or a step onward: the only writer of either state.

    Raises Conflict where the present state does not allow it.
    """
    moves = TASK_MOVES if isinstance(row.status, T) else REQUEST_MOVES
    step = moves.get(move)
    if step is None or row.status not in step.before:
        raise Conflict(
            _("This is no longer possible: somebody has decided meanwhile, or the time has passed.")
        )
    row.status = step.after  # type: ignore[assignment]
