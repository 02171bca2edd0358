"""What people may ask of their notifications."""

import uuid
from typing import Literal

from pydantic import Field, field_validator

from ecopick.core.validation import Input

Channel = Literal["in_app", "email", "push"]
Type = Literal[
    "ticket_created",
    "ticket_assigned",
    "ticket_status_changed",
    "ticket_message",
    "opportunity_published",
    "opportunity_claimed",
    "assignment_response",
    "sla_warning",
    "sla_breached",
    "approval_requested",
    "approval_decided",
    "invitation_received",
    "invoice_status_changed",
    "permission_granted",
    "security_alert",
    "list_ready",
    "import_ended",
    "certificate_expiring",
    "visit_changed",
]


class ListNotifications(Input):
    """A page of the inbox, newest first; ``cursor`` is the last id of the page before."""

    unread: bool | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: uuid.UUID | None = None


class MarkRead(Input):
    """One notification, or with ``all`` every one of the person's."""

    id: uuid.UUID | None = None
    all: bool | None = None


class SetPreference(Input):
    """The channels for one type; an empty list or ``enabled`` false silences it."""

    type: Type
    channels: list[Channel] = Field(default_factory=list, max_length=3)
    enabled: bool | None = None

    @field_validator("channels")
    @classmethod
    def _once(cls, value: list[Channel]) -> list[Channel]:
        return list(dict.fromkeys(value))
