"""Links between tickets and incidents, as the API shows them."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ecopick.domains.tickets.lifecycle import (
    IncidentAct,
    LinkKind,
    TicketPriority,
    TicketStatus,
)


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class NearTicketOut(_Out):
    """A ticket beside another one."""

    id: uuid.UUID
    reference: str
    number: int
    title: str
    status: TicketStatus
    priority: TicketPriority
    category: str
    building_id: uuid.UUID
    building_name: str
    unit_label: str | None = None
    section_name: str | None = None
    created_at: datetime


class LinkOut(_Out):
    """A link: ``outward`` where it leads from the ticket of the address to the other one."""

    link_id: uuid.UUID
    kind: LinkKind
    outward: bool
    ticket: NearTicketOut


class GroupOut(_Out):
    """The newest tickets of one kind of nearness."""

    name: str
    lines: list[NearTicketOut]
    next_cursor: str | None = None


class IncidentOut(_Out):
    """The parent of a ticket, or its tickets."""

    parent: NearTicketOut | None = None
    children: list[NearTicketOut] = Field(default_factory=list)
    reporters: int = 0


class TicketLinkOut(_Out):
    """A link as it was made."""

    id: uuid.UUID
    from_id: uuid.UUID
    to_id: uuid.UUID
    kind: LinkKind
    created_at: datetime


class IncidentRunOut(_Out):
    """An act on all tickets of an incident, with its results so far."""

    id: uuid.UUID
    parent_id: uuid.UUID
    act: IncidentAct
    ticket_ids: list[uuid.UUID]
    results: list[dict[str, Any]]
    created_at: datetime
    ended_at: datetime | None = None
