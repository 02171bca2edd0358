"""Approvals, who decides for whom, and rights on single things."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
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
)
from ecopick.domains.governance.lifecycle import AccessRequestStatus, AccessRequestTaskStatus


class AccessRequestTaskType(StrEnum):
    """What a reviewer is asked to do."""

    REVIEW = "review"
    APPROVE = "approve"
    SECURITY_REVIEW = "security_review"


class AccessRequest(HasId, Owned, Timestamps, Base):
    """Formal request for raised access or a sensitive action."""

    __tablename__ = "access_requests"
    __table_args__ = (
        owner_key(),
        owner_fk("ticket_id", "tickets"),
        one_of("status", AccessRequestStatus),
        Index(None, "ticket_id"),
        Index(None, "approver_id", "status"),
        Index(None, "requested_by_id"),
        Index(None, "status", "expires_at"),
    )

    ticket_id: Mapped[uuid.UUID | None]
    requested_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    approver_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str]
    status: Mapped[AccessRequestStatus] = mapped_column(
        EnumText(AccessRequestStatus), default=AccessRequestStatus.DRAFT
    )
    reason: Mapped[str | None]
    decision_note: Mapped[str | None]
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata")
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    tasks: Mapped[list["AccessRequestTask"]] = relationship(
        back_populates="access_request",
        primaryjoin=lambda: AccessRequest.id == foreign(AccessRequestTask.access_request_id),
        order_by="AccessRequestTask.order_index",
    )


class AccessRequestTask(HasId, Owned, Timestamps, Base):
    """One review step of an approval."""

    __tablename__ = "access_request_tasks"
    __table_args__ = (
        owner_fk("access_request_id", "access_requests"),
        one_of("task_type", AccessRequestTaskType),
        one_of("status", AccessRequestTaskStatus),
        Index(None, "access_request_id", "status"),
        Index(None, "reviewer_user_id", "status"),
        Index(None, "task_type"),
    )

    access_request_id: Mapped[uuid.UUID]
    reviewer_user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    task_type: Mapped[AccessRequestTaskType] = mapped_column(
        EnumText(AccessRequestTaskType), default=AccessRequestTaskType.APPROVE
    )
    status: Mapped[AccessRequestTaskStatus] = mapped_column(
        EnumText(AccessRequestTaskStatus), default=AccessRequestTaskStatus.PENDING
    )
    order_index: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata")

    access_request: Mapped[AccessRequest] = relationship(
        back_populates="tasks",
        primaryjoin=lambda: foreign(AccessRequestTask.access_request_id) == AccessRequest.id,
    )


class ApprovalDelegate(HasId, Owned, CreatedAt, Base):
    """Who decides in somebody's place for a while; ``ended_at`` ends it early."""

    __tablename__ = "approval_delegates"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="in_order"),
        Index(None, "user_id"),
        Index(None, "delegate_id"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    delegate_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ResourcePermission(HasId, Owned, Timestamps, Base):
    """Grant on one resource: ``{action: [scope, …]}``, ``["*"]`` meaning any scope.

    ``full`` covers all actions; ``needs_approval`` makes the use depend on an
    approval; ``emergency`` overrides that. Live: not revoked, not expired.
    """

    __tablename__ = "resource_permissions"
    __table_args__ = (
        UniqueConstraint("property_owner_id", "user_id", "resource_type", "resource_id"),
        Index(None, "resource_type", "resource_id"),
        Index(None, "user_id"),
        Index(None, "expires_at"),
        Index(None, "revoked_at"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    resource_type: Mapped[str]
    resource_id: Mapped[uuid.UUID]
    permissions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    full: Mapped[bool] = mapped_column(default=False)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    emergency: Mapped[bool] = mapped_column(default=False)
    granted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    granted_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
