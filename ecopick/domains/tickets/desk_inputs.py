"""What people may ask of many tickets at once, and of the list as a file."""

import uuid
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ecopick.core.validation import Input, Line, Prose
from ecopick.domains.tickets.inputs import ListTickets, several
from ecopick.domains.tickets.lifecycle import BULK_LIMIT, FileFormat, TicketPriority, TicketStatus

ListColumn = Literal[
    "priority",
    "number",
    "request",
    "place",
    "category",
    "status",
    "assigned",
    "sla",
    "reported",
    "updated",
]


class BulkTickets(Input):
    """The selected tickets; one that is named twice counts once."""

    ticket_id: Annotated[
        list[uuid.UUID],
        BeforeValidator(several),
        Field(min_length=1, max_length=BULK_LIMIT),
    ]


class BulkAssign(BulkTickets):
    """``user:<id>`` of a member of the staff, or ``vendor:<id>``."""

    assignee: str = Field(pattern=r"^(user|vendor):[0-9a-fA-F-]{36}$")


class BulkStatus(BulkTickets):
    """The status that is wanted for all."""

    status: TicketStatus
    reason: Line | None = None


class BulkPriority(BulkTickets):
    """The priority that is wanted for all."""

    priority: TicketPriority


class BulkMessage(BulkTickets):
    """One message on every ticket, to everyone there or to the team."""

    body: Prose
    visibility: Literal["everyone", "team"] = "everyone"


class ExportTickets(ListTickets):
    """A list with all its pages as a file.

    ``columns`` are those of the list; without any, the ones that the person chose.
    """

    format: FileFormat = FileFormat.CSV
    columns: Annotated[list[ListColumn], BeforeValidator(several)] = Field(default_factory=list)
