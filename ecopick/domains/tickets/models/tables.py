"""Tickets and all that hangs on them."""

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from ecopick.core.db import (
    Base,
    CreatedAt,
    EnumText,
    HasId,
    Owned,
    Timestamps,
    one_of,
    owner_fk,
    owner_key,
    vendor_fk,
)
from ecopick.core.scanning import Scanned, ScanState
from ecopick.domains.tickets.lifecycle import (
    AssignmentState,
    AssignmentType,
    AttachmentType,
    TicketPriority,
    TicketStatus,
)
from ecopick.domains.tickets.models.values import (
    MessageVisibility,
    StakeholderRole,
    TicketChannel,
)


class Ticket(HasId, Owned, Timestamps, Base):
    """A request from report to closure.

    ``number`` counts per owner without gaps. ``sla_warn_at`` is the moment of
    the warning and moves with ``sla_due_at``; ``resume_status`` is where an
    AWAITING_* ticket goes back to.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        owner_key(),
        UniqueConstraint("property_owner_id", "number"),
        UniqueConstraint("property_owner_id", "public_reference"),
        owner_fk("tenant_company_id", "tenant_companies"),
        owner_fk("building_id", "buildings"),
        owner_fk("unit_id", "units", parent="building_id"),
        owner_fk("unit_section_id", "unit_sections", parent="unit_id"),
        owner_fk("parent_id", "tickets"),
        vendor_fk(),
        owner_fk(
            "current_assignment_id",
            "assignments",
            parent="ticket_id",
            parent_column="id",
            name="fk_tickets_current_assignment",
            use_alter=True,
            deferrable=True,
            initially="DEFERRED",
        ),
        one_of("priority", TicketPriority),
        one_of("status", TicketStatus),
        one_of("resume_status", TicketStatus),
        one_of("channel", TicketChannel),
        CheckConstraint("unit_section_id is null or unit_id is not null", name="section_in_unit"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        Index(None, "property_owner_id", "status", text("created_at desc")),
        Index(None, "property_owner_id", text("created_at desc"), text("id desc")),
        Index(None, "tenant_company_id", "status"),
        Index(None, "building_id"),
        Index(None, "unit_id"),
        Index(None, "unit_section_id"),
        Index(None, "vendor_org_id"),
        Index(None, "reporter_id"),
        Index(None, "parent_id", postgresql_where=text("parent_id is not null")),
        Index(None, "open_to_vendors", "category"),
        Index("ix_tickets_sla_due", "sla_due_at", postgresql_where=text("sla_breached_at is null")),
        Index(
            "ix_tickets_sla_warn",
            "sla_warn_at",
            postgresql_where=text("sla_warned_at is null"),
        ),
        Index(
            "ix_tickets_resolved",
            "resolved_at",
            postgresql_where=text("status = 'RESOLVED'"),
        ),
        Index(
            "ix_tickets_vendor_deadline",
            "vendor_deadline",
            postgresql_where=text("status = 'VENDOR_OPPORTUNITY'"),
        ),
        Index(
            "ix_tickets_outside_reporters",
            "property_owner_id",
            "reporter_id",
            postgresql_where=text("channel in ('public', 'email', 'qr')"),
        ),
        Index("ix_tickets_search", "search", postgresql_using="gin"),
        Index(
            "ix_tickets_search_text_trigrams",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )

    number: Mapped[int] = mapped_column(BigInteger)
    public_reference: Mapped[str | None]
    tenant_company_id: Mapped[uuid.UUID | None]
    building_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID | None]
    unit_section_id: Mapped[uuid.UUID | None]
    parent_id: Mapped[uuid.UUID | None]
    title: Mapped[str]
    description: Mapped[str | None]
    category: Mapped[str]
    priority: Mapped[TicketPriority] = mapped_column(
        EnumText(TicketPriority), default=TicketPriority.MEDIUM
    )
    status: Mapped[TicketStatus] = mapped_column(EnumText(TicketStatus), default=TicketStatus.NEW)
    resume_status: Mapped[TicketStatus | None] = mapped_column(EnumText(TicketStatus))
    channel: Mapped[TicketChannel] = mapped_column(
        EnumText(TicketChannel), default=TicketChannel.WEB
    )
    access_note: Mapped[str | None]
    reporter_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    reporter_email: Mapped[str | None]
    shared_at_home: Mapped[bool] = mapped_column(default=True)
    current_assignment_id: Mapped[uuid.UUID | None]
    vendor_org_id: Mapped[uuid.UUID | None]
    sla_due_at: Mapped[datetime | None]
    sla_warn_at: Mapped[datetime | None]
    sla_warned_at: Mapped[datetime | None]
    sla_breached_at: Mapped[datetime | None]
    triaged_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    open_to_vendors: Mapped[bool] = mapped_column(default=False)
    vendor_deadline: Mapped[datetime | None]
    collects_quotes: Mapped[bool] = mapped_column(default=False)
    quotes_told_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed("ticket_search_vector(number, title, description)", persisted=True),
        deferred=True,
    )
    search_text: Mapped[str] = mapped_column(
        Computed("ticket_search_text(title, description)", persisted=True), deferred=True
    )

    assignments: Mapped[list["Assignment"]] = relationship(
        back_populates="ticket",
        primaryjoin=lambda: Ticket.id == foreign(Assignment.ticket_id),
        order_by="Assignment.created_at",
    )
    current_assignment: Mapped["Assignment | None"] = relationship(
        primaryjoin=lambda: foreign(Ticket.current_assignment_id) == Assignment.id,
        post_update=True,
    )
    stakeholders: Mapped[list["TicketStakeholder"]] = relationship(
        back_populates="ticket",
        primaryjoin=lambda: Ticket.id == foreign(TicketStakeholder.ticket_id),
        order_by="TicketStakeholder.added_at",
    )
    messages: Mapped[list["Message"]] = relationship(
        back_populates="ticket",
        primaryjoin=lambda: Ticket.id == foreign(Message.ticket_id),
        order_by="Message.created_at",
    )
    attachments: Mapped[list["Attachment"]] = relationship(
        back_populates="ticket",
        primaryjoin=lambda: Ticket.id == foreign(Attachment.ticket_id),
        order_by="Attachment.created_at",
    )


class Assignment(HasId, Owned, Timestamps, Base):
    """A person or vendor is asked to do the work.

    ``is_claim``: a vendor asked for an open job, rather than being sent to it.
    ``undo_until`` is how long the answer may be taken back; ``version`` rises
    whenever earlier links to it must stop working.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        owner_key(),
        owner_key("ticket_id"),
        owner_fk("ticket_id", "tickets"),
        vendor_fk(),
        one_of("type", AssignmentType),
        one_of("state", AssignmentState),
        CheckConstraint(
            "(type = 'INTERNAL' and assigned_to_user_id is not null and vendor_org_id is null)"
            " or (type = 'VENDOR' and vendor_org_id is not null)",
            name="target",
        ),
        CheckConstraint("arrival_until >= arrival_from", name="arrival_window"),
        Index(
            "uq_assignments_open",
            "property_owner_id",
            "ticket_id",
            unique=True,
            postgresql_where=text("state in ('PENDING', 'ACCEPTED')"),
        ),
        Index(None, "ticket_id"),
        Index(None, "vendor_org_id"),
        Index(None, "assigned_to_user_id"),
        Index(
            "ix_assignments_respond_by", "respond_by", postgresql_where=text("state = 'PENDING'")
        ),
    )

    ticket_id: Mapped[uuid.UUID]
    type: Mapped[AssignmentType] = mapped_column(EnumText(AssignmentType))
    state: Mapped[AssignmentState] = mapped_column(
        EnumText(AssignmentState), default=AssignmentState.PENDING
    )
    assigned_to_user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    vendor_org_id: Mapped[uuid.UUID | None]
    is_claim: Mapped[bool] = mapped_column(default=False)
    respond_by: Mapped[datetime | None]
    arrival_from: Mapped[datetime | None]
    arrival_until: Mapped[datetime | None]
    reason: Mapped[str | None]
    responded_at: Mapped[datetime | None]
    responded_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    undo_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    ticket: Mapped[Ticket] = relationship(
        back_populates="assignments",
        primaryjoin=lambda: foreign(Assignment.ticket_id) == Ticket.id,
    )
    links: Mapped[list["VendorLink"]] = relationship(
        back_populates="assignment",
        primaryjoin=lambda: Assignment.id == foreign(VendorLink.assignment_id),
    )


class TicketStakeholder(HasId, Owned, Base):
    """Somebody who takes part until ``removed_at``; a follower ``of_household`` while at home."""

    __tablename__ = "ticket_stakeholders"
    __table_args__ = (
        owner_fk("ticket_id", "tickets"),
        UniqueConstraint("property_owner_id", "ticket_id", "user_id"),
        one_of("role", StakeholderRole),
        Index(None, "ticket_id"),
        Index(None, "user_id"),
    )

    ticket_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[StakeholderRole] = mapped_column(EnumText(StakeholderRole))
    can_view: Mapped[bool] = mapped_column(default=True)
    can_comment: Mapped[bool] = mapped_column(default=True)
    can_edit: Mapped[bool] = mapped_column(default=False)
    can_resolve: Mapped[bool] = mapped_column(default=False)
    of_household: Mapped[bool] = mapped_column(default=False)
    added_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    ticket: Mapped[Ticket] = relationship(
        back_populates="stakeholders",
        primaryjoin=lambda: foreign(TicketStakeholder.ticket_id) == Ticket.id,
    )


class Message(HasId, Owned, Timestamps, Base):
    """A word on a ticket."""

    __tablename__ = "messages"
    __table_args__ = (
        owner_key(),
        owner_key("ticket_id"),
        owner_fk("ticket_id", "tickets"),
        one_of("visibility", MessageVisibility),
        Index(None, "ticket_id", "created_at"),
    )

    ticket_id: Mapped[uuid.UUID]
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    body: Mapped[str]
    visibility: Mapped[MessageVisibility] = mapped_column(
        EnumText(MessageVisibility), default=MessageVisibility.EVERYONE
    )

    ticket: Mapped[Ticket] = relationship(
        back_populates="messages", primaryjoin=lambda: foreign(Message.ticket_id) == Ticket.id
    )
    attachments: Mapped[list["Attachment"]] = relationship(
        back_populates="message",
        primaryjoin=lambda: Message.id == foreign(Attachment.message_id),
        order_by="Attachment.created_at",
    )


class Attachment(HasId, Owned, CreatedAt, Scanned, Base):
    """A file on a ticket, as visible as the message that carries it."""

    __tablename__ = "attachments"
    __table_args__ = (
        owner_key(),
        owner_fk("ticket_id", "tickets"),
        owner_fk("message_id", "messages", parent="ticket_id"),
        UniqueConstraint("property_owner_id", "ticket_id", "storage_key"),
        one_of("type", AttachmentType),
        Index(None, "storage_key"),
        one_of("scan_state", ScanState),
        Index(None, "ticket_id"),
        Index(None, "message_id"),
        Index(None, "type"),
        Index("ix_attachments_due", "created_at", postgresql_where=text("scan_state = 'pending'")),
    )

    ticket_id: Mapped[uuid.UUID]
    message_id: Mapped[uuid.UUID | None]
    uploaded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    type: Mapped[AttachmentType] = mapped_column(EnumText(AttachmentType))
    storage_key: Mapped[str]
    thumbnail_key: Mapped[str | None]
    file_name: Mapped[str]
    content_type: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    sha256: Mapped[bytes | None]
    scan_state: Mapped[ScanState] = mapped_column(EnumText(ScanState), default=ScanState.PENDING)

    ticket: Mapped[Ticket] = relationship(
        back_populates="attachments",
        primaryjoin=lambda: foreign(Attachment.ticket_id) == Ticket.id,
    )
    message: Mapped[Message | None] = relationship(
        back_populates="attachments",
        primaryjoin=lambda: foreign(Attachment.message_id) == Message.id,
    )


class VendorLink(HasId, Owned, CreatedAt, Base):
    """The mailed link of one recipient to one assignment; only its hash is stored.

    ``message_id`` is the Message-ID of the mail, so that sending again never
    makes a second one.
    """

    __tablename__ = "vendor_links"
    __table_args__ = (
        owner_key(),
        owner_fk("assignment_id", "assignments"),
        vendor_fk(),
        UniqueConstraint("token_hash"),
        UniqueConstraint("property_owner_id", "assignment_id", "recipient_id", "version"),
        Index(None, "recipient_id"),
    )

    assignment_id: Mapped[uuid.UUID]
    vendor_org_id: Mapped[uuid.UUID]
    recipient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(default=1)
    token_hash: Mapped[bytes]
    message_id: Mapped[str | None]
    expires_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    assignment: Mapped[Assignment] = relationship(
        back_populates="links",
        primaryjoin=lambda: foreign(VendorLink.assignment_id) == Assignment.id,
    )
