"""What people may ask of links between tickets, and of incidents."""

import uuid
from typing import Literal

from pydantic import Field

from ecopick.core.categories import Category
from ecopick.core.validation import Input, Line, Prose
from ecopick.domains.tickets.lifecycle import LinkKind, TicketPriority, TicketStatus

MAX_TICKETS = 200
RelatedGroup = Literal["unit", "riser", "similar", "building"]


class LinkTickets(Input):
    """The ticket is a duplicate of, or was caused by, another one.

    For duplicates: ``cancel`` ends the ticket with that as the reason, ``follow``
    lets its reporter follow the other one.
    """

    other_id: uuid.UUID
    kind: LinkKind
    cancel: bool = False
    follow: bool = False


class ListRelated(Input):
    """One group of related tickets, or the newest few of each; ``cursor`` continues a group."""

    group: RelatedGroup | None = None
    limit: int = Field(default=20, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)


class JoinIncident(Input):
    """Tickets that become part of an incident."""

    ticket_id: list[uuid.UUID] = Field(min_length=1, max_length=MAX_TICKETS)


class CreateIncident(JoinIncident):
    """A new ticket for what all of these have in common."""

    building_id: uuid.UUID
    title: Line
    description: Prose | None = None
    category: Category
    priority: TicketPriority


class IncidentMessage(Input):
    """A message that everyone who reported a part of the incident gets."""

    body: Prose


class FinishIncident(Input):
    """The incident's new status, and what happens to each of its tickets.

    ``apply``: these get the same status, ``detach``: these leave the incident, all
    others stay as they are. ``body`` is written on each that gets the status, and with
    ``evidence`` the incident's proof of work is attached to it as well.
    """

    status: Literal[TicketStatus.RESOLVED, TicketStatus.CLOSED, TicketStatus.CANCELLED]
    reason: Line | None = None
    apply: list[uuid.UUID] = Field(default_factory=list, max_length=MAX_TICKETS)
    detach: list[uuid.UUID] = Field(default_factory=list, max_length=MAX_TICKETS)
    evidence: bool = False
    body: Prose | None = None
