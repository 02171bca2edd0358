"""States of tickets and assignments, and every arrow between them, as data.

Pure: no database, no clock. ``advance`` and ``settle`` are the only writers of
the two state columns; what is not in the tables does not happen.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from ecopick.core.errors import Conflict
from ecopick.core.text import lazy_gettext as _


class TicketStatus(StrEnum):
    """Where a ticket stands."""

    NEW = "NEW"
    TRIAGED = "TRIAGED"
    ASSIGNED = "ASSIGNED"
    VENDOR_OPPORTUNITY = "VENDOR_OPPORTUNITY"
    VENDOR_PENDING = "VENDOR_PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    AWAITING_TENANT = "AWAITING_TENANT"
    AWAITING_VENDOR = "AWAITING_VENDOR"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


class TicketPriority(StrEnum):
    """How soon it must be solved."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    URGENT = "URGENT"


class AssignmentType(StrEnum):
    """To a member of the staff, or to a vendor."""

    INTERNAL = "INTERNAL"
    VENDOR = "VENDOR"


class AssignmentState(StrEnum):
    """How an assignment stands; finished work stays ACCEPTED."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"


class AttachmentType(StrEnum):
    """What an attachment is for."""

    COMMENT_ATTACHMENT = "COMMENT_ATTACHMENT"
    RESOLUTION_EVIDENCE = "RESOLUTION_EVIDENCE"


class LinkKind(StrEnum):
    """What a ticket is to the one that its link leads to."""

    DUPLICATE_OF = "DUPLICATE_OF"
    CAUSED_BY = "CAUSED_BY"


class RequestLinkKind(StrEnum):
    """Whose a private link is: the reporter's, or a neighbour's who is affected as well."""

    REPORTER = "reporter"
    FOLLOWER = "follower"


class Rating(StrEnum):
    """How somebody found the outcome of their request."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class IncidentAct(StrEnum):
    """What is done to all tickets of an incident."""

    MESSAGE = "MESSAGE"
    FINISH = "FINISH"


class BulkKind(StrEnum):
    """What can be done to many tickets at once."""

    ASSIGN = "assign"
    STATUS = "status"
    PRIORITY = "priority"
    MESSAGE = "message"


class BulkState(StrEnum):
    """How far an act on many tickets is."""

    WAITING = "waiting"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"


class BulkOutcome(StrEnum):
    """What became of one ticket; ``kept`` could not be undone."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    HIDDEN = "hidden"
    UNDONE = "undone"
    KEPT = "kept"


class FileFormat(StrEnum):
    """How a list is written to a file."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


class ListExportState(StrEnum):
    """How far the file of a list is."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REMOVED = "removed"


class Action(StrEnum):
    """What can happen to a ticket."""

    TRIAGE = "triage"
    ASSIGN = "assign"
    PUBLISH = "publish"
    CLAIM = "claim"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    UNDO_ACCEPT = "undo_accept"
    RELEASE = "release"
    UNDO_DECLINE = "undo_decline"
    START = "start"
    AWAIT_VENDOR = "await_vendor"
    AWAIT_TENANT = "await_tenant"
    RESUME = "resume"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"
    CANCEL = "cancel"


S = TicketStatus
TERMINAL = frozenset({S.CLOSED, S.CANCELLED})
ACTIVE = frozenset(S) - TERMINAL - {S.RESOLVED}
WAITING = frozenset({S.AWAITING_TENANT, S.AWAITING_VENDOR})
OPEN_ASSIGNMENT = frozenset({AssignmentState.PENDING, AssignmentState.ACCEPTED})

# Action -> (from, to). RESUME leads to several states; its caller names one.
TRANSITIONS: dict[Action, tuple[frozenset[TicketStatus], frozenset[TicketStatus]]] = {
    Action.TRIAGE: (frozenset({S.NEW}), frozenset({S.TRIAGED})),
    Action.ASSIGN: (frozenset(S) - TERMINAL - {S.NEW}, frozenset({S.ASSIGNED})),
    Action.PUBLISH: (
        frozenset({S.NEW, S.TRIAGED, S.ASSIGNED}),
        frozenset({S.VENDOR_OPPORTUNITY}),
    ),
    Action.CLAIM: (frozenset({S.VENDOR_OPPORTUNITY}), frozenset({S.VENDOR_PENDING})),
    Action.CONFIRM: (frozenset({S.VENDOR_PENDING}), frozenset({S.IN_PROGRESS})),
    Action.REFUSE: (frozenset({S.VENDOR_PENDING}), frozenset({S.VENDOR_OPPORTUNITY})),
    Action.WITHDRAW: (frozenset({S.VENDOR_OPPORTUNITY}), frozenset({S.TRIAGED})),
    Action.ACCEPT: (frozenset({S.ASSIGNED}), frozenset({S.IN_PROGRESS})),
    Action.UNDO_ACCEPT: (frozenset({S.IN_PROGRESS}), frozenset({S.ASSIGNED})),
    # A decline, a cancelled assignment or silence past respond_by.
    Action.RELEASE: (
        frozenset({S.ASSIGNED, S.IN_PROGRESS, S.VENDOR_PENDING}) | WAITING,
        frozenset({S.TRIAGED, S.VENDOR_OPPORTUNITY}),
    ),
    Action.UNDO_DECLINE: (frozenset({S.TRIAGED, S.VENDOR_OPPORTUNITY}), frozenset({S.ASSIGNED})),
    Action.START: (frozenset({S.ASSIGNED}), frozenset({S.IN_PROGRESS})),
    Action.AWAIT_VENDOR: (
        frozenset({S.ASSIGNED, S.IN_PROGRESS, S.VENDOR_PENDING}),
        frozenset({S.AWAITING_VENDOR}),
    ),
    Action.AWAIT_TENANT: (ACTIVE - {S.AWAITING_TENANT}, frozenset({S.AWAITING_TENANT})),
    Action.RESUME: (WAITING, ACTIVE - {S.AWAITING_TENANT}),
    Action.RESOLVE: (frozenset({S.IN_PROGRESS}) | WAITING, frozenset({S.RESOLVED})),
    Action.CLOSE: (frozenset({S.RESOLVED}), frozenset({S.CLOSED})),
    Action.REOPEN: (frozenset({S.RESOLVED}), frozenset({S.IN_PROGRESS})),
    Action.CANCEL: (ACTIVE, frozenset({S.CANCELLED})),
}

# What each action needs; None for steps that only other commands take.
PERMISSIONS: dict[Action, str | None] = {
    Action.TRIAGE: "ticket:triage",
    Action.ASSIGN: "ticket:assign",
    Action.PUBLISH: "ticket:publish_opportunity",
    Action.CLAIM: "ticket:claim",
    Action.CONFIRM: "ticket:assign",
    Action.REFUSE: "ticket:assign",
    Action.WITHDRAW: "ticket:publish_opportunity",
    Action.ACCEPT: "ticket:respond_assignment",
    Action.UNDO_ACCEPT: None,
    Action.RELEASE: None,
    Action.UNDO_DECLINE: None,
    Action.START: "ticket:work",
    Action.AWAIT_VENDOR: "ticket:work",
    Action.AWAIT_TENANT: "ticket:await_tenant",
    Action.RESUME: "ticket:work",
    Action.RESOLVE: "ticket:resolve",
    Action.CLOSE: "ticket:close",
    Action.REOPEN: "ticket:reopen",
    Action.CANCEL: "ticket:cancel",
}

# Time to answer an assignment before it goes to the next one.
RESPOND_WITHIN: dict[TicketPriority, timedelta] = {
    TicketPriority.URGENT: timedelta(minutes=30),
    TicketPriority.HIGH: timedelta(hours=2),
    TicketPriority.MEDIUM: timedelta(hours=24),
    TicketPriority.LOW: timedelta(hours=24),
}
UNDO_WITHIN = timedelta(minutes=15)
CLOSE_AFTER = timedelta(days=7)
LINK_AFTER_RESOLVED = timedelta(days=30)
LINK_UNANSWERED = timedelta(hours=72)
# Tickets of one act, and how many are changed while their person waits.
BULK_LIMIT = 500
BULK_AT_ONCE = 25
# From here on a list is written by a worker, whose file is kept for a day.
EXPORT_AT_ONCE = 10_000
EXPORT_KEPT = timedelta(hours=24)
# The reason of an assignment that nobody answered in time.
LAPSED = "respond_by_passed"

ASSIGNMENT_TRANSITIONS: dict[AssignmentState, frozenset[AssignmentState]] = {
    AssignmentState.PENDING: frozenset(
        {AssignmentState.ACCEPTED, AssignmentState.DECLINED, AssignmentState.CANCELLED}
    ),
    AssignmentState.ACCEPTED: frozenset({AssignmentState.CANCELLED, AssignmentState.PENDING}),
    AssignmentState.DECLINED: frozenset({AssignmentState.PENDING}),
    AssignmentState.CANCELLED: frozenset(),
}


@dataclass(frozen=True)
class Step:
    """One arrow: an action and the state it leads to."""

    action: Action
    to: TicketStatus


class HasStatus(Protocol):
    """A row with a ticket's status and version."""

    status: TicketStatus
    version: int


class HasState(Protocol):
    """A row with an assignment's state and version."""

    state: AssignmentState
    version: int


def possible(status: TicketStatus) -> tuple[Action, ...]:
    """Actions that the lifecycle allows from ``status``."""
    return tuple(action for action, (sources, _) in TRANSITIONS.items() if status in sources)


def advance(ticket: HasStatus, action: Action, to: TicketStatus | None = None) -> None:
    """Move ``ticket`` along ``action``; the only writer of its status.

    Raises Conflict ``illegal_transition`` where the table has no such arrow.
    """
    sources, targets = TRANSITIONS[action]
    target = to or (next(iter(targets)) if len(targets) == 1 else None)
    if ticket.status not in sources or target is None or target not in targets:
        raise illegal_transition()
    ticket.status = target
    ticket.version += 1


def settle(assignment: HasState, state: AssignmentState) -> None:
    """Move ``assignment`` to ``state``; the only writer of its state."""
    if state not in ASSIGNMENT_TRANSITIONS[AssignmentState(assignment.state)]:
        raise illegal_transition()
    assignment.state = state
    assignment.version += 1


def illegal_transition() -> Conflict:
    """The refusal of an arrow that does not exist."""
    return Conflict(
        _("This is no longer possible: the request has moved on. Reload to see where it stands."),
        code="illegal_transition",
    )
