"""The states and kinds of roles, ties, invitations and introductions."""

from enum import StrEnum


class UnitRelationship(StrEnum):
    """How a person is tied to a unit."""

    RESIDENT = "resident"
    OWNER = "owner"
    PARKING = "parking"
    WORKSPACE = "workspace"


class MembershipStatus(StrEnum):
    """Whether a role is granted or only asked for."""

    PENDING = "pending"
    ACTIVE = "active"


class OrganizationType(StrEnum):
    """Kind of organisation that an invitation leads into."""

    PROPERTY_OWNER = "property_owner"
    TENANT_COMPANY = "tenant_company"
    VENDOR_ORG = "vendor_org"


class InvitationStatus(StrEnum):
    """Life of an invitation."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    REVOKED = "revoked"


class OnboardingType(StrEnum):
    """What a person is being introduced to."""

    USER = "user"
    ROLE = "role"
