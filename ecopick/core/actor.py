"""Who acts: a person, a link holder, the public or the system."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ecopick.core.roles import (
    MANAGEMENT_ROLES,
    OPERATIONS_ROLES,
    TENANT_ROLES,
    VENDOR_ROLES,
    MembershipRole,
)
from ecopick.core.tenancy import NOBODY_ID, PLATFORM_OWNER_ID, SYSTEM_USER_ID, Scope

ActorKind = Literal["user", "system", "link", "public"]


@dataclass(frozen=True)
class MembershipFact:
    """An active role of the person, in one organisation."""

    role: MembershipRole
    property_owner_id: uuid.UUID | None = None
    tenant_company_id: uuid.UUID | None = None
    vendor_org_id: uuid.UUID | None = None
    building_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None


@dataclass(frozen=True)
class UnitFact:
    """An active personal tie of the person to a unit."""

    unit_id: uuid.UUID
    building_id: uuid.UUID
    property_owner_id: uuid.UUID
    relationship: str = "resident"
    can_raise_tickets: bool = True
    since: datetime | None = None


@dataclass(frozen=True)
class LiveSession:
    """The session that the actor came with.

    Sessions that were rotated into one another share ``family_id``.
    ``idle_ends_at`` is None where being idle does not end it; ``step_up_at`` is
    when the person last proved to be themself.
    """

    id: uuid.UUID
    family_id: uuid.UUID
    remember_me: bool
    created_at: datetime
    expires_at: datetime
    idle_ends_at: datetime | None
    step_up_at: datetime | None


@dataclass(frozen=True)
class Support:
    """An app administrator's work for an owner: why, until when, and whose eyes they use.

    ``admin_id`` and ``admin_name`` are the administrator's; ``as_person`` is whether
    they act as somebody else.
    """

    id: uuid.UUID
    admin_id: uuid.UUID
    admin_name: str
    reason: str
    ends_at: datetime
    as_person: bool


@dataclass(frozen=True)
class Actor:
    """The acting party with every fact that policies decide on.

    ``owner_id`` is the owner whose business is being done; ``owner_ids`` are
    all owners in the scope (it, plus those where the person lives, rents or
    works as a vendor). ``via`` says how a non-session actor came in,
    ``typed_name`` what the holder of a forwarded link calls themselves, ``ticket_id`` the
    only ticket that somebody without an account may see.
    """

    user_id: uuid.UUID
    kind: ActorKind = "user"
    name: str = ""
    email: str = ""
    language: str = "en"
    is_app_admin: bool = False
    owner_id: uuid.UUID | None = None
    owner_ids: tuple[uuid.UUID, ...] = ()
    memberships: tuple[MembershipFact, ...] = ()
    user_units: tuple[UnitFact, ...] = ()
    via: str | None = None
    session_id: uuid.UUID | None = None
    break_glass_reason: str | None = None
    typed_name: str | None = None
    session: LiveSession | None = None
    support: Support | None = None
    ticket_id: uuid.UUID | None = None

    @staticmethod
    def public(
        owner_id: uuid.UUID,
        via: str,
        *,
        ticket_id: uuid.UUID | None = None,
        user_id: uuid.UUID | None = None,
        language: str = "en",
    ) -> "Actor":
        """Somebody without an account, at one owner; ``user_id`` once their address is proved."""
        return Actor(
            user_id or NOBODY_ID,
            kind="public",
            language=language,
            owner_id=owner_id,
            owner_ids=(owner_id,),
            via=via,
            ticket_id=ticket_id,
        )

    @staticmethod
    def system(owner_id: uuid.UUID = PLATFORM_OWNER_ID, via: str = "job") -> "Actor":
        """The product itself, working for one owner."""
        return Actor(
            SYSTEM_USER_ID,
            kind="system",
            name="Ecopick",
            owner_id=owner_id,
            owner_ids=(owner_id,),
            via=via,
        )

    @property
    def scope(self) -> Scope:
        """The tenancy scope of this actor's transactions."""
        return Scope(self.owner_ids, None if self.kind == "public" else self.user_id)

    @property
    def session_user_id(self) -> uuid.UUID:
        """Whose session this is: an administrator's who acts as somebody, else the person's."""
        return self.support.admin_id if self.support is not None else self.user_id

    @property
    def audit_user_id(self) -> uuid.UUID | None:
        """The person to name in the audit; the system acts without one, and so does whoever
        has not proved their address."""
        unknown = self.kind == "system" or self.user_id == NOBODY_ID
        return None if unknown else self.user_id

    def staff_roles(
        self, owner_id: uuid.UUID, building_id: uuid.UUID | None = None
    ) -> frozenset[MembershipRole]:
        """Roles in the owner's own staff that count for this building.

        A membership narrowed to a building counts only for that building;
        one without a building counts for the whole owner.
        """
        return frozenset(
            m.role
            for m in self.memberships
            if m.property_owner_id == owner_id
            and m.tenant_company_id is None
            and m.building_id in (None, building_id)
        )

    def is_management(self, owner_id: uuid.UUID, building_id: uuid.UUID | None = None) -> bool:
        """Whether a management role counts for this building."""
        return bool(self.staff_roles(owner_id, building_id) & MANAGEMENT_ROLES)

    def is_operations(self, owner_id: uuid.UUID, building_id: uuid.UUID | None = None) -> bool:
        """Whether an operations role (management included) counts for this building."""
        return bool(self.staff_roles(owner_id, building_id) & OPERATIONS_ROLES)

    def staff_buildings(
        self, owner_id: uuid.UUID, roles: frozenset[MembershipRole]
    ) -> frozenset[uuid.UUID] | None:
        """Buildings where one of ``roles`` counts; None means all of the owner's."""
        held = [
            m
            for m in self.memberships
            if m.property_owner_id == owner_id and m.tenant_company_id is None and m.role in roles
        ]
        if any(m.building_id is None for m in held):
            return None
        return frozenset(m.building_id for m in held if m.building_id is not None)

    @property
    def vendor_org_ids(self) -> frozenset[uuid.UUID]:
        """Vendors that the person works for."""
        return frozenset(
            m.vendor_org_id
            for m in self.memberships
            if m.vendor_org_id is not None and m.role in VENDOR_ROLES
        )

    def tenant_company_ids(self, roles: frozenset[MembershipRole]) -> frozenset[uuid.UUID]:
        """Tenant companies in which the person holds one of ``roles``."""
        return frozenset(
            m.tenant_company_id
            for m in self.memberships
            if m.tenant_company_id is not None and m.role in roles
        )

    @property
    def is_staff(self) -> bool:
        """Whether the person works for the owner whose business is being done."""
        return self.owner_id is not None and bool(
            frozenset(
                m.role
                for m in self.memberships
                if m.property_owner_id == self.owner_id and m.tenant_company_id is None
            )
            & OPERATIONS_ROLES
        )

    @property
    def tenant_roles(self) -> frozenset[MembershipRole]:
        """Roles held as a tenant's staff or occupant."""
        return frozenset(m.role for m in self.memberships if m.role in TENANT_ROLES)
