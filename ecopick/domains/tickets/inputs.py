"""What people may ask of tickets: one model a use case."""

import uuid
from typing import Literal

from pydantic import AliasChoices, Field

from ecopick.core.validation import Input, Line, Moment, Prose
from ecopick.domains.tickets.lifecycle import (
    AssignmentType,
    AttachmentType,
    TicketPriority,
    TicketStatus,
)

CATEGORIES = (
    "plumbing",
    "electrical",
    "hvac",
    "elevator",
    "cleaning",
    "security",
    "structural",
    "appliance",
    "pest_control",
    "it_network",
    "landscaping",
    "keys_access",
    "general",
)
Category = Literal[
    "plumbing",
    "electrical",
    "hvac",
    "elevator",
    "cleaning",
    "security",
    "structural",
    "appliance",
    "pest_control",
    "it_network",
    "landscaping",
    "keys_access",
    "general",
]


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
    """The status that is wanted."""

    status: TicketStatus
    reason: Line | None = None


class PostMessage(Input):
    """A message to everyone on the ticket, or a note to the team."""

    body: Prose
    visibility: Literal["everyone", "team"] = "everyone"


class AddStakeholder(Input):
    """A participant and what they may do."""

    user_id: uuid.UUID
    role: Literal["observer", "participant", "approver"] = "participant"
    can_view: bool = True
    can_comment: bool = True
    can_edit: bool = False
    can_resolve: bool = False


class PublishOpportunity(Input):
    """Open the job to vendors until a deadline, or withdraw it."""

    open: bool = True
    vendor_deadline: Moment | None = None


class AddAttachment(Input):
    """What an uploaded file is for."""

    type: AttachmentType = AttachmentType.COMMENT_ATTACHMENT
    message_id: uuid.UUID | None = None
    visibility: Literal["everyone", "team"] = "everyone"


class ListTickets(Input):
    """Filters of the ticket list; ``cursor`` continues a page, newest first."""

    building_id: uuid.UUID | None = None
    status: list[TicketStatus] = Field(default_factory=list)
    priority: list[TicketPriority] = Field(default_factory=list)
    category: Line | None = None
    assigned_to: Line | None = None
    due: Literal["soon", "past"] | None = None
    view: str | None = None
    q: Line | None = Field(default=None, validation_alias=AliasChoices("q", "find"))
    sort: Literal["newest", "due"] = "newest"
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)
