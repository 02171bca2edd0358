"""What the API shows of notifications."""

import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from ecopick.domains.notifications.models import NotificationChannel, NotificationType


class NotificationLine(BaseModel):
    """One notification in the app."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    property_owner_id: uuid.UUID
    type: str
    title: str
    body: str | None
    resource_type: str | None
    resource_id: uuid.UUID | None
    read_at: datetime | None
    created_at: datetime


class Inbox(BaseModel):
    """A page of notifications, newest first, and how many are unread in all."""

    items: list[NotificationLine]
    next_cursor: uuid.UUID | None
    unread: int


class PreferenceLine(BaseModel):
    """How the person is told about one type."""

    type: NotificationType
    channels: list[NotificationChannel]
    enabled: bool
