"""What happened to accounts that others hear of."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from ecopick.core.events import Event


@dataclass(frozen=True)
class SupportStarted(Event):
    """An app administrator works for the owner from now on."""

    name: ClassVar[str] = "support.started"

    access_id: uuid.UUID
