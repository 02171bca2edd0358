"""What happened to permissions and approvals."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from ecopick.core.events import Event


@dataclass(frozen=True)
class PermissionGranted(Event):
    """Somebody got a right on one thing, or another than before."""

    name: ClassVar[str] = "permission.granted"

    permission_id: uuid.UUID
    user_id: uuid.UUID


@dataclass(frozen=True)
class PermissionRevoked(Event):
    """Somebody lost a right on one thing."""

    name: ClassVar[str] = "permission.revoked"

    permission_id: uuid.UUID
    user_id: uuid.UUID


@dataclass(frozen=True)
class EmergencyUsed(Event):
    """Somebody used a right for emergencies."""

    name: ClassVar[str] = "permission.emergency_used"

    permission_id: uuid.UUID
    user_id: uuid.UUID
    action: str
    resource_type: str
    resource_id: uuid.UUID
    building_id: uuid.UUID | None


@dataclass(frozen=True)
class ApprovalRequested(Event):
    """A step of an approval waits for somebody: at its start, and after each step."""

    name: ClassVar[str] = "approval.requested"

    request_id: uuid.UUID
    task_id: uuid.UUID


@dataclass(frozen=True)
class ApprovalEnded(Event):
    """An approval was decided, taken back or has run out."""

    name: ClassVar[str] = "approval.ended"

    request_id: uuid.UUID
    status: str


@dataclass(frozen=True)
class ApprovalQuestion(Event):
    """Somebody asked before deciding, or answered."""

    name: ClassVar[str] = "approval.question"

    request_id: uuid.UUID
    text: str
