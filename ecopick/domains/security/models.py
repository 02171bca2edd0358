"""Blocked sources, rate limits and alerts: platform-wide, seen by app admins only."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, CreatedAt, EnumText, HasId, Timestamps, one_of
from ecopick.domains.security.lifecycle import (
    AlertCategory,
    AlertSeverity,
    AlertStatus,
    AlertType,
    BlockedSourceType,
)

__all__ = [
    "AlertCategory",
    "AlertSeverity",
    "AlertStatus",
    "AlertType",
    "BlockedSource",
    "BlockedSourceType",
    "RateLimitAttempt",
    "RateLimitViolation",
    "SecurityAlert",
]


class BlockedSource(HasId, Timestamps, Base):
    """An address, device or person that may not come in."""

    __tablename__ = "blocked_sources"
    __table_args__ = (
        UniqueConstraint("type", "value"),
        one_of("type", BlockedSourceType),
        Index(None, "blocked_until"),
        Index(None, "archived"),
        Index(None, "user_id"),
    )

    type: Mapped[BlockedSourceType] = mapped_column(EnumText(BlockedSourceType))
    value: Mapped[str]
    reason: Mapped[str | None]
    blocked_until: Mapped[datetime | None]
    permanent: Mapped[bool] = mapped_column(default=False)
    archived: Mapped[bool] = mapped_column(default=False)
    unblocked_at: Mapped[datetime | None]
    meta: Mapped[dict[str, Any] | None]
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))


class RateLimitViolation(HasId, Timestamps, Base):
    """A threshold that was exceeded: how often, and until when it bans."""

    __tablename__ = "rate_limit_violations"
    __table_args__ = (
        Index(None, "user_id"),
        Index(None, "device_fingerprint"),
        Index(None, "type", "field"),
        Index(None, "banned_until"),
        Index(None, "expire_at"),
        Index(None, "type", "key"),
        UniqueConstraint("type", "field", "key"),
    )

    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str | None]
    field: Mapped[str | None]
    type: Mapped[str]
    method: Mapped[str | None]
    route: Mapped[str | None]
    ip: Mapped[str | None]
    device_fingerprint: Mapped[str | None]
    persistent_device_id: Mapped[str | None]
    count: Mapped[int] = mapped_column(default=0)
    last_violation: Mapped[datetime]
    attempts: Mapped[list[dict[str, Any]] | None]
    banned_until: Mapped[datetime | None]
    expire_at: Mapped[datetime | None]


class RateLimitAttempt(HasId, CreatedAt, Base):
    """One counted request; written often, pruned daily."""

    __tablename__ = "rate_limit_attempts"
    __table_args__ = (
        Index(None, "user_id"),
        Index(None, "device_fingerprint"),
        Index(None, "created_at"),
        Index(None, "type", "key", "created_at"),
        Index(None, "ip", "created_at"),
        Index(None, "persistent_device_id", "created_at"),
    )

    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    type: Mapped[str]
    field: Mapped[str | None]
    key: Mapped[str | None]
    route: Mapped[str | None]
    method: Mapped[str | None]
    ip: Mapped[str | None]
    device_fingerprint: Mapped[str | None]
    persistent_device_id: Mapped[str | None]
    user_agent: Mapped[str | None]


class SecurityAlert(HasId, Timestamps, Base):
    """Brute force, credential stuffing, impossible travel or token reuse."""

    __tablename__ = "security_alerts"
    __table_args__ = (
        UniqueConstraint("alert_code"),
        one_of("type", AlertType),
        one_of("category", AlertCategory),
        one_of("severity", AlertSeverity),
        one_of("status", AlertStatus),
        Index(None, "user_id"),
        Index(None, "status"),
        Index(None, "source_id"),
        Index(None, "device_fingerprint"),
        Index(None, "updated_at"),
    )

    alert_code: Mapped[str]
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    source_id: Mapped[str | None]
    source_type: Mapped[str | None]
    source_snapshot: Mapped[dict[str, Any] | None]
    risk_score: Mapped[int] = mapped_column(default=20)
    type: Mapped[AlertType] = mapped_column(EnumText(AlertType))
    category: Mapped[AlertCategory] = mapped_column(EnumText(AlertCategory))
    severity: Mapped[AlertSeverity] = mapped_column(EnumText(AlertSeverity))
    status: Mapped[AlertStatus] = mapped_column(EnumText(AlertStatus), default=AlertStatus.OPEN)
    detected_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    field: Mapped[str | None]
    key: Mapped[str | None]
    count: Mapped[int] = mapped_column(default=1)
    device_info: Mapped[dict[str, Any] | None]
    device_fingerprint: Mapped[str | None]
    persistent_device_id: Mapped[str | None]
    ip: Mapped[str | None]
    method: Mapped[str | None]
    route: Mapped[str | None]
    meta: Mapped[dict[str, Any] | None]
