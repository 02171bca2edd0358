"""What happened to notifications."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from ecopick.core.events import Event


@dataclass(frozen=True)
class NotificationCreated(Event):
    """Somebody has something new to read in the app."""

    name: ClassVar[str] = "notification.created"

    notification_id: uuid.UUID
    user_id: uuid.UUID
