"""Alerts, blocks and limits as the API answers them."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from ecopick.domains.security.models import (
    AlertCategory,
    AlertSeverity,
    AlertStatus,
    AlertType,
    BlockedSourceType,
)


class _FromRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AlertOut(_FromRow):
    """An alert."""

    id: uuid.UUID
    alert_code: str
    type: AlertType
    category: AlertCategory
    severity: AlertSeverity
    risk_score: int
    status: AlertStatus
    count: int
    user_id: uuid.UUID | None
    source_type: str | None
    source_id: str | None
    ip: str | None
    route: str | None
    device_fingerprint: str | None
    device_info: dict[str, Any] | None
    meta: dict[str, Any] | None
    detected_at: datetime
    updated_at: datetime
    resolved_at: datetime | None


class BlockOut(_FromRow):
    """A blocked source."""

    id: uuid.UUID
    type: BlockedSourceType
    value: str
    reason: str | None
    permanent: bool
    blocked_until: datetime | None
    archived: bool
    unblocked_at: datetime | None
    user_id: uuid.UUID | None
    created_at: datetime
    updated_at: datetime


class ViolationOut(_FromRow):
    """A limit that was passed."""

    id: uuid.UUID
    type: str
    field: str | None
    key: str | None
    count: int
    ip: str | None
    route: str | None
    user_id: uuid.UUID | None
    attempts: list[dict[str, Any]] | None
    last_violation: datetime
    banned_until: datetime | None
    expire_at: datetime | None
