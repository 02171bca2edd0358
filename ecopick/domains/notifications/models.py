"""What people are told and what they prefer."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core import clock
from ecopick.core.db import Base, CreatedAt, EnumText, HasId, Owned, one_of


class NotificationChannel(StrEnum):
    """How somebody is told."""

    IN_APP = "in_app"
    EMAIL = "email"
    PUSH = "push"


class NotificationType(StrEnum):
    """What somebody is told about."""

    TICKET_CREATED = "ticket_created"
    TICKET_ASSIGNED = "ticket_assigned"
    TICKET_STATUS_CHANGED = "ticket_status_changed"
    TICKET_MESSAGE = "ticket_message"
    OPPORTUNITY_PUBLISHED = "opportunity_published"
    OPPORTUNITY_CLAIMED = "opportunity_claimed"
    ASSIGNMENT_RESPONSE = "assignment_response"
    SLA_WARNING = "sla_warning"
    SLA_BREACHED = "sla_breached"
    APPROVAL_REQUESTED = "approval_requested"
    APPROVAL_DECIDED = "approval_decided"
    INVITATION_RECEIVED = "invitation_received"
    INVOICE_STATUS_CHANGED = "invoice_status_changed"
    PERMISSION_GRANTED = "permission_granted"
    SECURITY_ALERT = "security_alert"
    LIST_READY = "list_ready"
    IMPORT_ENDED = "import_ended"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    VISIT_CHANGED = "visit_changed"


class Notification(HasId, Owned, CreatedAt, Base):
    """One message to one person through one channel.

    ``dedup_key`` makes a handler that runs twice write it once. A mail waits while
    ``sent_at`` and ``failed_at`` are null; ``retry_at`` is when it is tried again
    after ``attempts`` vain ones. In the app a notification is sent by being written.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        one_of("channel", NotificationChannel),
        UniqueConstraint("property_owner_id", "user_id", "channel", "dedup_key"),
        Index(None, "user_id", "read_at"),
        Index(None, "user_id", text("created_at desc")),
        Index(
            "ix_notifications_unsent",
            "property_owner_id",
            "created_at",
            postgresql_where=text("sent_at is null and failed_at is null"),
        ),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    type: Mapped[str]
    title: Mapped[str]
    body: Mapped[str | None]
    resource_type: Mapped[str | None]
    resource_id: Mapped[uuid.UUID | None]
    channel: Mapped[NotificationChannel] = mapped_column(EnumText(NotificationChannel))
    dedup_key: Mapped[str | None]
    read_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)


class NotificationPreference(HasId, Base):
    """Channels that a person wants for one type of notification."""

    __tablename__ = "notification_preferences"
    __table_args__ = (UniqueConstraint("user_id", "type"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    type: Mapped[str]
    channels: Mapped[list[str]] = mapped_column(default=list)
    enabled: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
