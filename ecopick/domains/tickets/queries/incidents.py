"""An incident: the parent and its tickets, and what can become of each when it ends."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from ecopick.core.actor import Actor
from ecopick.core.errors import NotFound
from ecopick.core.finding import as_id
from ecopick.core.permissions import allows
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.lifecycle import (
    ACTIVE,
    PERMISSIONS,
    TERMINAL,
    Action,
    AttachmentType,
    TicketStatus,
    possible,
)
from ecopick.domains.tickets.models import Attachment, IncidentRun, ScanState, Ticket
from ecopick.domains.tickets.outputs import TicketOut
from ecopick.domains.tickets.queries.filters import in_scope
from ecopick.domains.tickets.queries.lines import TicketLine, line_of, lines

MAX_CHILDREN = 500
NEWEST_OPEN = 20
# What leads to the status in which an incident ends.
ENDS = {
    TicketStatus.RESOLVED: Action.RESOLVE,
    TicketStatus.CLOSED: Action.CLOSE,
    TicketStatus.CANCELLED: Action.CANCEL,
}


@dataclass(frozen=True)
class Incident:
    """The parent of a ticket, or its children by number; neither for most tickets."""

    parent: TicketLine | None = None
    children: list[TicketLine] = field(default_factory=list)

    @property
    def reporters(self) -> int:
        """How many people reported a part of it."""
        return len({row.reporter_id for row in self.children})

    @property
    def open_children(self) -> list[TicketLine]:
        """Tickets that can still take a message."""
        return [row for row in self.children if row.status not in TERMINAL]

    @property
    def unfinished(self) -> list[TicketLine]:
        """Tickets on which something is still to be done."""
        return [row for row in self.children if row.status in ACTIVE]


@dataclass(frozen=True)
class Choice:
    """Whether a ticket of the incident can end with it, and if not, why."""

    ticket: TicketLine
    reason: Any = None
    lacks_evidence: bool = False

    @property
    def possible(self) -> bool:
        """Whether it can get the incident's status."""
        return self.reason is None


def incident_of(session: Session, actor: Actor, ticket: TicketOut) -> Incident:
    """The incident that the ticket is, or is part of, in one statement."""
    rows = session.execute(
        lines(actor)
        .where(
            Ticket.property_owner_id == ticket.property_owner_id,
            or_(Ticket.parent_id == ticket.id, Ticket.id == ticket.parent_id),
        )
        .order_by(Ticket.number)
        .limit(MAX_CHILDREN)
    )
    found = [line_of(row) for row in rows]
    return Incident(
        next((line for line in found if line.id == ticket.parent_id), None),
        [line for line in found if line.parent_id == ticket.id],
    )


def lines_by_id(session: Session, actor: Actor, ids: Iterable[uuid.UUID]) -> list[TicketLine]:
    """Those of the tickets that the actor may see, by number."""
    session.info["authorized"] = True
    rows = session.execute(lines(actor).where(Ticket.id.in_(set(ids))).order_by(Ticket.number))
    return [line_of(row) for row in rows]


def open_incidents(session: Session, actor: Actor) -> list[TicketLine]:
    """Open incidents that tickets could join, newest first."""
    rows = session.execute(
        lines(actor)
        .where(Ticket.parent_id.is_(None), Ticket.status.in_(sorted(ACTIVE)), _has_children())
        .order_by(Ticket.created_at.desc(), Ticket.id.desc())
        .limit(NEWEST_OPEN)
    )
    return [line_of(row) for row in rows]


def _has_children() -> ColumnElement[bool]:
    child = aliased(Ticket)
    return (
        select(child.id)
        .where(child.property_owner_id == Ticket.property_owner_id, child.parent_id == Ticket.id)
        .exists()
    )


def has_open_children(session: Session, ticket_id: uuid.UUID) -> bool:
    """Whether some ticket of the incident has not been closed or cancelled."""
    found = select(Ticket.id).where(
        Ticket.parent_id == ticket_id, Ticket.status.not_in(sorted(TERMINAL))
    )
    return bool(session.scalar(select(found.exists())))


def concerns_several_homes(session: Session, ticket_id: uuid.UUID) -> bool:
    """Whether the ticket's incident is about more than one place; of the others nothing
    else is told to whoever reported this one."""
    own = select(Ticket.parent_id).where(Ticket.id == ticket_id).scalar_subquery()
    places = session.scalar(
        select(func.count(func.distinct(func.coalesce(Ticket.unit_id, Ticket.id)))).where(
            Ticket.parent_id == own
        )
    )
    return (places or 0) > 1


def choices(
    session: Session, actor: Actor, incident: Incident, status: TicketStatus
) -> list[Choice]:
    """Each ticket of the incident with whether it can get ``status``, in two statements."""
    ids = [line.id for line in incident.children]
    tickets = {
        row.id: row
        for row in session.scalars(select(Ticket).where(Ticket.id.in_(ids), in_scope(actor)))
    }
    proven = set(
        session.scalars(
            select(Attachment.ticket_id)
            .where(
                Attachment.ticket_id.in_(ids),
                Attachment.type == AttachmentType.RESOLUTION_EVIDENCE,
                Attachment.scan_state == ScanState.CLEAN,
            )
            .distinct()
        )
    )
    return [
        Choice(
            line,
            _reason(session, actor, tickets[line.id], status),
            status is TicketStatus.RESOLVED and line.id not in proven,
        )
        for line in incident.children
        if line.id in tickets
    ]


def _reason(session: Session, actor: Actor, ticket: Ticket, status: TicketStatus) -> Any:
    """Why the ticket cannot get the status; None where it can."""
    action = ENDS[status]
    if ticket.status == status:
        return _("It has this status already.")
    if ticket.status in TERMINAL:
        return _("It is closed.")
    if action not in possible(ticket.status):
        if action is Action.CLOSE:
            return _("It has to be resolved first.")
        if ticket.status is TicketStatus.RESOLVED:
            return _("It is resolved.")
        return _("Nobody works on it yet.")
    if not allows(session, actor, PERMISSIONS[action] or "", ticket):
        return _("You do not have permission to do this.")
    return None


def find_run(session: Session, actor: Actor, parent_id: uuid.UUID, key: Any) -> IncidentRun:
    """A run of the incident. Raises NotFound."""
    run_id = as_id(key)
    found = session.get(IncidentRun, run_id) if run_id else None
    if found is None or found.parent_id != parent_id:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return found
