"""What happened to people's roles, told to the rest of the product."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from ecopick.core.events import Event


@dataclass(frozen=True)
class InvitationEvent(Event):
    """Base of events about an invitation."""

    invitation_id: uuid.UUID


@dataclass(frozen=True)
class InvitationSent(InvitationEvent):
    """Somebody was invited, or invited again."""

    name: ClassVar[str] = "invitation.sent"


@dataclass(frozen=True)
class InvitationRevoked(InvitationEvent):
    """An invitation was taken back."""

    name: ClassVar[str] = "invitation.revoked"


@dataclass(frozen=True)
class InvitationAccepted(InvitationEvent):
    """Somebody took up an invitation."""

    name: ClassVar[str] = "invitation.accepted"

    user_id: uuid.UUID


@dataclass(frozen=True)
class MembershipEvent(Event):
    """Base of events about a role."""

    membership_id: uuid.UUID
    user_id: uuid.UUID


@dataclass(frozen=True)
class MembershipRequested(MembershipEvent):
    """Somebody asks for a role or a home."""

    name: ClassVar[str] = "membership.requested"


@dataclass(frozen=True)
class MembershipConfirmed(MembershipEvent):
    """A role or a home was granted."""

    name: ClassVar[str] = "membership.confirmed"


@dataclass(frozen=True)
class MembershipEnded(MembershipEvent):
    """A role ended."""

    name: ClassVar[str] = "membership.ended"
