"""What people may ask of tickets: one model a use case."""

import uuid
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from ecopick.core.categories import Category
from ecopick.core.validation import Day, Input, Line, Moment, Prose
from ecopick.domains.tickets.lifecycle import (
    AssignmentType,
    AttachmentType,
    TicketPriority,
    TicketStatus,
)

Channel = Literal["web", "qr", "email", "phone", "api", "public", "schedule"]


class CreateTicket(Input):
    """A new request, for a building or a unit or section in it."""

    building_id: uuid.UUID
    title: Line
    description: Prose | None = None
    category: Category
    priority: TicketPriority | None = None
    unit_id: uuid.UUID | None = None
    unit_section_id: uuid.UUID | None = None
    tenant_company_id: uuid.UUID | None = None
    access_note: Prose | None = None
    auto_route: bool = True


class UpdateTicket(Input):
    """Edited fields; unset ones stay. ``version`` refuses to overwrite others' edits."""

    title: Line | None = None
    description: Prose | None = None
    category: Category | None = None
    priority: TicketPriority | None = None
    access_note: Prose | None = None
    version: int | None = None


class TriageTicket(Input):
    """Review of a new request."""

    category: Category | None = None
    priority: TicketPriority | None = None


class AssignTicket(Input):
    """To a member of the staff (INTERNAL) or to a vendor (VENDOR)."""

    type: AssignmentType
    assigned_to_user_id: uuid.UUID | None = None
    vendor_org_id: uuid.UUID | None = None


class RespondAssignment(Input):
    """Accept, with a window of arrival, or decline, with a reason."""

    accept: bool
    arrival_from: Moment | None = None
    arrival_until: Moment | None = None
    reason: Line | None = None


class CancelAssignment(Input):
    """Take an assignment back."""

    reason: Line | None = None


class ChangeStatus(Input):
    """The status that is wanted.

    ``seen`` is the status that the sender saw, where the change may have waited on a phone.
    """

    status: TicketStatus
    reason: Line | None = None
    seen: TicketStatus | None = None


class PostMessage(Input):
    """A message to everyone on the ticket, or a note to the team.

    ``mentions`` are people named in it; ``@Full Name`` in the text names them too.
    """

    body: Prose
    visibility: Literal["everyone", "team"] = "everyone"
    mentions: list[uuid.UUID] = Field(default_factory=list, max_length=50)


# What a history can be narrowed to, and the acts of each kind.
HISTORY_KINDS: dict[str, tuple[str, ...]] = {
    "status": ("STATUS_CHANGED", "TRIAGED", "RESOLVED", "CLOSED", "CANCELLED"),
    "people": (
        "ASSIGNED",
        "DISPATCHED",
        "VENDOR_ACCEPTED",
        "VENDOR_DECLINED",
        "STAKEHOLDER_ADDED",
        "STAKEHOLDER_REMOVED",
    ),
    "messages": ("MESSAGE_POSTED", "ATTACHMENT_UPLOADED"),
    "fields": (
        "TICKET_CREATED",
        "TICKET_UPDATED",
        "ENTITY_CREATED",
        "ENTITY_UPDATED",
        "ENTITY_STATUS_CHANGED",
        "ENTITY_DEACTIVATED",
    ),
}


class ReadHistory(Input):
    """A page of a ticket's history, newest first; ``cursor`` is the last entry read."""

    kind: Literal["status", "people", "messages", "fields"] | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: uuid.UUID | None = None


class AddStakeholder(Input):
    """A participant and what they may do."""

    user_id: uuid.UUID
    role: Literal["observer", "participant", "approver"] = "participant"
    can_view: bool = True
    can_comment: bool = True
    can_edit: bool = False
    can_resolve: bool = False


class PublishOpportunity(Input):
    """Open the job to vendors until a deadline, or withdraw it; ``collect_quotes`` compares
    prices instead of taking the first one who applies."""

    open: bool = True
    vendor_deadline: Moment | None = None
    collect_quotes: bool = False


class AddAttachment(Input):
    """What an uploaded file is for."""

    type: AttachmentType = AttachmentType.COMMENT_ATTACHMENT
    message_id: uuid.UUID | None = None
    visibility: Literal["everyone", "team"] = "everyone"


# What the dashboard counts; see ``queries/figures.py``.
Figure = Literal[
    "my_work", "resolved_30_days", "met_30_days", "answered_30_days", "no_reply_3_days"
]


def several(value: Any) -> Any:
    """One value where several may stand; a query string knows no lists."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple | set) else [value]


Sort = Literal[
    "due", "-due", "newest", "created", "-created", "updated", "-updated", "number", "-number",
    "priority", "-priority", "status", "-status", "place", "-place", "best",
]  # fmt: skip
Ids = Annotated[list[uuid.UUID], BeforeValidator(several), Field(max_length=50)]


class ListTickets(Input):
    """Filters of the ticket list; ``cursor`` continues a page, newest first.

    Several values of one filter widen it, several filters narrow the list.
    ``assigned_to`` is ``me``, ``none`` or the id of a person or vendor. Periods count
    days back from now or from one day to another, both included.
    """

    building_id: Ids = Field(default_factory=list)
    unit_id: Ids = Field(default_factory=list)
    reporter_id: Ids = Field(default_factory=list)
    vendor_org_id: Ids = Field(default_factory=list)
    status: Annotated[list[TicketStatus], BeforeValidator(several)] = Field(default_factory=list)
    priority: Annotated[list[TicketPriority], BeforeValidator(several)] = Field(
        default_factory=list
    )
    category: Annotated[list[Category], BeforeValidator(several)] = Field(default_factory=list)
    assigned_to: Annotated[list[Line], BeforeValidator(several), Field(max_length=50)] = Field(
        default_factory=list
    )
    channel: Annotated[list[Channel], BeforeValidator(several)] = Field(default_factory=list)
    due: Annotated[list[Literal["soon", "past"]], BeforeValidator(several)] = Field(
        default_factory=list
    )
    reported: Literal["7", "14", "30"] | None = None
    reported_from: Day | None = None
    reported_until: Day | None = None
    updated: Literal["1", "7", "30"] | None = None
    updated_from: Day | None = None
    updated_until: Day | None = None
    unread: bool | None = None
    figure: Figure | None = None
    view: str | None = Field(default=None, max_length=40)
    q: Line | None = Field(default=None, validation_alias=AliasChoices("q", "find"))
    sort: Sort = "newest"
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)
