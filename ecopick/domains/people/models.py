"""People and how they belong: by role in an organisation, by a tie to a unit."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import CITEXT, JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column
from sqlalchemy.orm import relationship as related

from ecopick.core import clock
from ecopick.core.db import (
    Base,
    CreatedAt,
    EnumText,
    HasId,
    Owned,
    Timestamps,
    one_of,
    owner_fk,
)
from ecopick.core.roles import TENANT_ROLES, TENANT_STAFF_ROLES, VENDOR_ROLES, MembershipRole
from ecopick.domains.people.lifecycle import (
    InvitationStatus,
    MembershipStatus,
    OnboardingType,
    OrganizationType,
    UnitRelationship,
)

__all__ = [
    "Invitation",
    "InvitationStatus",
    "Membership",
    "MembershipRole",
    "MembershipStatus",
    "OnboardingType",
    "OrganizationType",
    "UnitRelationship",
    "User",
    "UserOnboarding",
    "UserSetting",
    "UserUnit",
]


class User(HasId, Timestamps, Base):
    """A person. Without ``password_hash`` they come in by passkey or link only.

    ``two_factor_enabled`` asks for a second step after every password: by
    authenticator app (``totp_secret_enc``), passkey or, with
    ``email_otp_enabled``, mailed code. ``totp_last_step`` is the newest time step
    whose code was used; ``totp_pending_enc`` a secret not yet confirmed.
    """

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email"),)

    email: Mapped[str] = mapped_column(CITEXT)
    email_verified: Mapped[bool] = mapped_column(default=False)
    name: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    phone: Mapped[str | None]
    birth_date: Mapped[date | None]
    sex: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    is_app_admin: Mapped[bool] = mapped_column(default=False)
    is_system: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None]
    password_updated_at: Mapped[datetime | None]
    two_factor_enabled: Mapped[bool] = mapped_column(default=False)
    totp_secret_enc: Mapped[str | None]
    two_factor_enabled_at: Mapped[datetime | None]
    totp_pending_enc: Mapped[str | None]
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    email_otp_enabled: Mapped[bool] = mapped_column(default=False)

    memberships: Mapped[list["Membership"]] = related(
        back_populates="user", primaryjoin=lambda: User.id == foreign(Membership.user_id)
    )
    user_units: Mapped[list["UserUnit"]] = related(
        back_populates="user", primaryjoin=lambda: User.id == foreign(UserUnit.user_id)
    )


class UserUnit(HasId, Owned, Timestamps, Base):
    """Personal tie of a person to a unit. Active: ``is_active`` and today in its dates."""

    __tablename__ = "user_units"
    __table_args__ = (
        owner_fk("unit_id", "units", parent="building_id"),
        UniqueConstraint("property_owner_id", "user_id", "unit_id"),
        one_of("relationship", UnitRelationship),
        CheckConstraint("end_date is null or end_date >= start_date", name="period"),
        Index(None, "user_id"),
        Index(None, "unit_id"),
        Index(None, "building_id"),
        Index(None, "is_active"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    unit_id: Mapped[uuid.UUID]
    building_id: Mapped[uuid.UUID]
    relationship: Mapped[UnitRelationship] = mapped_column(EnumText(UnitRelationship))
    is_primary: Mapped[bool] = mapped_column(default=False)
    can_raise_tickets: Mapped[bool] = mapped_column(default=True)
    start_date: Mapped[date]
    end_date: Mapped[date | None]
    is_active: Mapped[bool] = mapped_column(default=True)

    user: Mapped[User] = related(
        back_populates="user_units", primaryjoin=lambda: foreign(UserUnit.user_id) == User.id
    )


def _listed(roles: frozenset[MembershipRole]) -> str:
    return ", ".join(f"'{role}'" for role in sorted(roles))


class Membership(HasId, Timestamps, Base):
    """Role of a person in one organisation.

    A vendor role names only the vendor. Every other role names the property
    owner, tenant roles also the tenant company of that owner. ``building_id``
    narrows the role to one building; ``ended_at`` ends it.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        owner_fk("tenant_company_id", "tenant_companies"),
        owner_fk("building_id", "buildings"),
        owner_fk("unit_id", "units", parent="building_id"),
        one_of("role", MembershipRole),
        one_of("status", MembershipStatus),
        CheckConstraint(
            "(property_owner_id is null) <> (vendor_org_id is null)", name="one_organisation"
        ),
        CheckConstraint(
            "property_owner_id is not null"
            " or (tenant_company_id is null and building_id is null and unit_id is null)",
            name="vendor_alone",
        ),
        CheckConstraint("unit_id is null or building_id is not null", name="unit_in_building"),
        CheckConstraint(
            f"(role in ({_listed(VENDOR_ROLES)})) = (vendor_org_id is not null)",
            name="vendor_role",
        ),
        CheckConstraint(
            f"tenant_company_id is not null or role not in ({_listed(TENANT_STAFF_ROLES)})",
            name="tenant_staff_company",
        ),
        CheckConstraint(
            f"tenant_company_id is null or role in ({_listed(TENANT_ROLES)})",
            name="company_tenant_role",
        ),
        Index(None, "user_id"),
        Index(None, "property_owner_id"),
        Index(None, "tenant_company_id"),
        Index(None, "vendor_org_id"),
        Index(None, "building_id"),
        Index(None, "unit_id"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[MembershipRole] = mapped_column(EnumText(MembershipRole))
    property_owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("property_owners.id"))
    tenant_company_id: Mapped[uuid.UUID | None]
    vendor_org_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("vendor_orgs.id"))
    building_id: Mapped[uuid.UUID | None]
    unit_id: Mapped[uuid.UUID | None]
    status: Mapped[MembershipStatus] = mapped_column(
        EnumText(MembershipStatus), default=MembershipStatus.ACTIVE
    )
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))

    user: Mapped[User] = related(
        back_populates="memberships", primaryjoin=lambda: foreign(Membership.user_id) == User.id
    )


class Invitation(HasId, Owned, CreatedAt, Base):
    """Invite by link to an organisation or building with a role.

    The token is computed from id and ``version`` while the mail is rendered;
    only its hash is stored. A vendor's own invitations belong to the reserved
    platform owner.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        owner_fk("building_id", "buildings"),
        owner_fk("unit_id", "units", parent="building_id"),
        one_of("role", MembershipRole),
        one_of("organization_type", OrganizationType),
        one_of("status", InvitationStatus),
        CheckConstraint("unit_id is null or building_id is not null", name="unit_in_building"),
        Index(None, "property_owner_id", "status"),
        Index(None, "organization_id"),
        Index(None, "email"),
    )

    token_hash: Mapped[bytes]
    version: Mapped[int] = mapped_column(default=1)
    email: Mapped[str] = mapped_column(CITEXT)
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    role: Mapped[MembershipRole] = mapped_column(EnumText(MembershipRole))
    organization_type: Mapped[OrganizationType | None] = mapped_column(EnumText(OrganizationType))
    organization_id: Mapped[uuid.UUID | None]
    building_id: Mapped[uuid.UUID | None]
    unit_id: Mapped[uuid.UUID | None]
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata")
    status: Mapped[InvitationStatus] = mapped_column(
        EnumText(InvitationStatus), default=InvitationStatus.PENDING
    )
    invited_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class UserOnboarding(HasId, Base):
    """How far a person has come in being introduced; never goes back once complete."""

    __tablename__ = "user_onboardings"
    __table_args__ = (
        UniqueConstraint("user_id", "type"),
        one_of("type", OnboardingType),
        one_of("role", MembershipRole),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    type: Mapped[OnboardingType] = mapped_column(EnumText(OnboardingType))
    role: Mapped[MembershipRole | None] = mapped_column(EnumText(MembershipRole))
    step: Mapped[str]
    data: Mapped[dict[str, Any] | None]
    started_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class UserSetting(HasId, Base):
    """How a person arranges their own pages; ``value`` is checked by its key."""

    __tablename__ = "user_settings"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str]
    value: Mapped[Any] = mapped_column(JSONB)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
