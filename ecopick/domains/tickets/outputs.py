"""What the API shows of tickets; pages read the same objects."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ecopick.core.roles import MembershipRole
from ecopick.domains.property.models import SectionType, UnitType
from ecopick.domains.tickets.lifecycle import (
    Action,
    AssignmentState,
    AssignmentType,
    AttachmentType,
    TicketPriority,
    TicketStatus,
)
from ecopick.domains.tickets.models import (
    MessageVisibility,
    ScanState,
    StakeholderRole,
    TicketChannel,
)


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PersonOut(_Out):
    """A person on a ticket: who they are to the owner, and how to reach them.

    ``role`` and ``organisation`` are None for people without a role, such as
    residents; ``email`` and ``phone`` are there only for readers who may know.
    """

    id: uuid.UUID
    name: str
    role: MembershipRole | None = None
    organisation: str | None = None
    email: str | None = None
    phone: str | None = None


class BuildingOut(_Out):
    """Where the ticket is."""

    id: uuid.UUID
    name: str
    address1: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    time_zone: str
    emergency_phone: str | None = None

    @property
    def address(self) -> str:
        """Street, then postal code and town."""
        town = " ".join(part for part in (self.postal_code, self.city) if part)
        return ", ".join(part for part in (self.address1, town) if part)


class UnitOut(_Out):
    """The unit it is about."""

    id: uuid.UUID
    label: str
    unit_type: UnitType
    floor: str | None = None


class SectionOut(_Out):
    """The area inside the unit."""

    id: uuid.UUID
    name: str
    section_type: SectionType


class VendorOut(_Out):
    """A firm, as its customers name it."""

    id: uuid.UUID
    name: str
    phone: str | None = None
    email: str | None = None


class AssignmentOut(_Out):
    """Who was asked, and what they answered."""

    id: uuid.UUID
    ticket_id: uuid.UUID
    type: AssignmentType
    state: AssignmentState
    assigned_to_user_id: uuid.UUID | None = None
    assigned_to: PersonOut | None = None
    vendor_org_id: uuid.UUID | None = None
    vendor_org: VendorOut | None = None
    is_claim: bool = False
    respond_by: datetime | None = None
    arrival_from: datetime | None = None
    arrival_until: datetime | None = None
    reason: str | None = None
    responded_at: datetime | None = None
    undo_until: datetime | None = None
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def who(self) -> str:
        """The vendor or the person."""
        if self.vendor_org is not None:
            return self.vendor_org.name
        return self.assigned_to.name if self.assigned_to is not None else ""


class AttachmentOut(_Out):
    """A file; the addresses are there once it may be opened."""

    id: uuid.UUID
    ticket_id: uuid.UUID
    message_id: uuid.UUID | None = None
    type: AttachmentType
    file_name: str
    content_type: str | None = None
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    scan_state: ScanState
    uploaded_by_id: uuid.UUID
    uploaded_by: PersonOut | None = None
    download_url: str | None = None
    thumbnail_url: str | None = None
    created_at: datetime

    @property
    def is_image(self) -> bool:
        """Whether there is a small picture of it."""
        return self.thumbnail_url is not None

    @property
    def is_evidence(self) -> bool:
        """Whether it proves the work."""
        return self.type is AttachmentType.RESOLUTION_EVIDENCE


class MessageOut(_Out):
    """A word on a ticket."""

    id: uuid.UUID
    ticket_id: uuid.UUID
    author_id: uuid.UUID
    author: PersonOut | None = None
    body: str
    visibility: MessageVisibility
    attachments: list[AttachmentOut] = Field(default_factory=list)
    mentions: list[PersonOut] = Field(default_factory=list)
    created_at: datetime
    updated_at: datetime


class StakeholderOut(_Out):
    """Somebody who takes part, and what they may do."""

    id: uuid.UUID
    ticket_id: uuid.UUID
    user_id: uuid.UUID
    user: PersonOut | None = None
    role: StakeholderRole
    can_view: bool
    can_comment: bool
    can_edit: bool
    can_resolve: bool
    added_by_id: uuid.UUID
    added_at: datetime
    removed_at: datetime | None = None


class SlaOut(_Out):
    """The clock: whole minutes; ``minutes_left`` is negative once past due."""

    state: str
    target_minutes: int
    due_at: datetime | None = None
    minutes_left: int | None = None
    paused_minutes: int = 0
    paused_since: datetime | None = None
    breached_at: datetime | None = None


class AuditOut(_Out):
    """One entry of the history."""

    id: uuid.UUID
    action: str
    actor_id: uuid.UUID | None = None
    actor_name: str | None = None
    changes: list[dict[str, Any]] = Field(default_factory=list)
    meta: dict[str, Any] = Field(default_factory=dict)
    created_at: datetime


class TicketOut(_Out):
    """A ticket with everything on it that the reader may know.

    ``is_confirmed`` is false while nobody who reported it from outside has proved their
    address; ``followers`` are neighbours who are affected as well.
    """

    id: uuid.UUID
    property_owner_id: uuid.UUID
    number: int
    reference: str
    title: str
    description: str | None = None
    category: str
    priority: TicketPriority
    status: TicketStatus
    resume_status: TicketStatus | None = None
    channel: TicketChannel
    access_note: str | None = None
    building_id: uuid.UUID
    building: BuildingOut
    unit_id: uuid.UUID | None = None
    unit: UnitOut | None = None
    unit_section_id: uuid.UUID | None = None
    unit_section: SectionOut | None = None
    tenant_company_id: uuid.UUID | None = None
    parent_id: uuid.UUID | None = None
    reporter_id: uuid.UUID | None = None
    reporter: PersonOut | None = None
    is_confirmed: bool = True
    followers: int = 0
    current_assignment_id: uuid.UUID | None = None
    vendor_org_id: uuid.UUID | None = None
    vendor_org: VendorOut | None = None
    open_to_vendors: bool
    vendor_deadline: datetime | None = None
    collects_quotes: bool = False
    sla_due_at: datetime | None = None
    sla_breached_at: datetime | None = None
    triaged_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    cancelled_at: datetime | None = None
    version: int
    created_at: datetime
    updated_at: datetime
    sla: SlaOut
    assignments: list[AssignmentOut] = Field(default_factory=list)
    messages: list[MessageOut] = Field(default_factory=list)
    attachments: list[AttachmentOut] = Field(default_factory=list)
    stakeholders: list[StakeholderOut] = Field(default_factory=list)
    audit_events: list[AuditOut] = Field(default_factory=list)
    available_actions: list[Action] = Field(default_factory=list)

    @property
    def assignment(self) -> AssignmentOut | None:
        """The assignment that is pending or accepted, as far as the reader sees it."""
        return next((a for a in self.assignments if a.id == self.current_assignment_id), None)

    @property
    def evidence(self) -> list[AttachmentOut]:
        """Files that prove the work."""
        return [item for item in self.attachments if item.is_evidence]


class NamedOut(_Out):
    """An id with its name."""

    id: uuid.UUID
    name: str


class TicketLineOut(_Out):
    """A row of the list."""

    id: uuid.UUID
    property_owner_id: uuid.UUID
    number: int
    reference: str
    title: str
    status: TicketStatus
    priority: TicketPriority
    category: str
    is_confirmed: bool = True
    building_id: uuid.UUID
    building: NamedOut
    unit_id: uuid.UUID | None = None
    unit: NamedOut | None = None
    assigned_to: NamedOut | None = None
    vendor_org_id: uuid.UUID | None = None
    vendor_org: NamedOut | None = None
    sla: SlaOut
    sla_due_at: datetime | None = None
    sla_breached_at: datetime | None = None
    resolved_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class MemberOut(_Out):
    """Somebody of the staff, for pickers."""

    id: uuid.UUID
    user_id: uuid.UUID
    name: str
    email: str
    roles: list[MembershipRole]
    building_ids: list[uuid.UUID]


class VendorOrgOut(_Out):
    """A vendor of the owner, for pickers."""

    id: uuid.UUID
    name: str
    email: str | None = None
    phone: str | None = None
    language: str


class SavedViewOut(BaseModel):
    """A view of the list; ``author`` is whose it is where it is somebody else's."""

    id: uuid.UUID
    name: str
    filters: dict[str, Any]
    sort: str
    is_shared: bool
    is_own: bool
    author: str | None
