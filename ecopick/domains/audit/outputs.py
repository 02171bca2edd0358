"""What the audit shows."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ecopick.core.changes import plain


@dataclass(frozen=True)
class AuditLine:
    """One entry of one stream, personal values in plain as far as their keys exist."""

    id: uuid.UUID
    stream: str
    at: datetime
    actor_id: uuid.UUID | None
    actor_name: str | None
    action: str
    resource_type: str | None = None
    resource_id: uuid.UUID | None = None
    ticket_id: uuid.UUID | None = None
    ticket_number: str | None = None
    granted: bool | None = None
    outcome: str | None = None
    policy: str | None = None
    reason: str | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    ip: str | None = None
    user_agent: str | None = None
    method: str | None = None
    route: str | None = None
    request_id: str | None = None
    correlation_id: str | None = None

    def out(self) -> dict[str, Any]:
        """The entry as JSON."""
        return {name: plain(value) for name, value in self.__dict__.items()}


@dataclass(frozen=True)
class AuditPage:
    """A page of entries, newest first."""

    items: list[AuditLine]
    next_cursor: str | None
