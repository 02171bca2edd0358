"""Who may see and change roles and profiles."""

import uuid

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.core.roles import MANAGEMENT_ROLES, TENANT_ROLES, VENDOR_ROLES, MembershipRole
from ecopick.domains.people.lifecycle import OrganizationType
from ecopick.domains.people.models import Invitation, Membership, User, UserUnit

_COMPANY_ADMIN = frozenset({MembershipRole.TENANT_ADMIN})


def memberships_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Roles for which ``membership:view`` is granted.

    One's own; to management those of the owner, within a narrowed role's
    building; to vendor and company administrators those of their organisation.
    """
    if actor.kind == "system" or actor.break_glass_reason:
        return true()
    allowed: list[ColumnElement[bool]] = [Membership.user_id == actor.user_id]
    if actor.owner_id is not None:
        buildings = actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES)
        of_owner = Membership.property_owner_id == actor.owner_id
        if buildings is None:
            allowed.append(of_owner)
        elif buildings:
            allowed.append(and_(of_owner, Membership.building_id.in_(buildings)))
    vendors = vendors_led(actor)
    if vendors:
        allowed.append(Membership.vendor_org_id.in_(vendors))
    companies = actor.tenant_company_ids(_COMPANY_ADMIN)
    if companies:
        allowed.append(Membership.tenant_company_id.in_(companies))
    return or_(false(), *allowed)


def homes_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Ties of people to units: one's own; to management those in its buildings of the owner."""
    if actor.kind == "system" or actor.break_glass_reason:
        return true()
    allowed: list[ColumnElement[bool]] = [UserUnit.user_id == actor.user_id]
    if actor.owner_id is not None:
        buildings = actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES)
        of_owner = UserUnit.property_owner_id == actor.owner_id
        if buildings is None:
            allowed.append(of_owner)
        elif buildings:
            allowed.append(and_(of_owner, UserUnit.building_id.in_(buildings)))
    return or_(*allowed)


def vendors_led(actor: Actor) -> frozenset[uuid.UUID]:
    """Vendors that the person administers."""
    return frozenset(
        m.vendor_org_id
        for m in actor.memberships
        if m.role == MembershipRole.VENDOR_ADMIN and m.vendor_org_id is not None
    )


@policy("membership:view")
def own_membership(session: Session, actor: Actor, membership: Membership) -> bool:
    """One's own role."""
    return membership.user_id == actor.user_id


@policy("membership:view")
def owner_management(session: Session, actor: Actor, membership: Membership) -> bool:
    """Management of the owner, within a narrowed role's building."""
    owner_id = membership.property_owner_id
    if owner_id is None or owner_id != actor.owner_id:
        return False
    buildings = actor.staff_buildings(owner_id, MANAGEMENT_ROLES)
    return buildings is None or membership.building_id in buildings


@policy("membership:manage")
def owner_decides(session: Session, actor: Actor, membership: Membership) -> bool:
    """As for seeing; but only a PROPERTY_OWNER decides on that very role."""
    owner_id = membership.property_owner_id
    if owner_id is None or not owner_management(session, actor, membership):
        return False
    return membership.role != MembershipRole.PROPERTY_OWNER or (
        MembershipRole.PROPERTY_OWNER in actor.staff_roles(owner_id)
    )


@policy("membership:view", "membership:manage")
def vendor_administrator(session: Session, actor: Actor, membership: Membership) -> bool:
    """An administrator of the vendor."""
    return membership.role in VENDOR_ROLES and membership.vendor_org_id in vendors_led(actor)


@policy("membership:view", "membership:manage")
def company_administrator(session: Session, actor: Actor, membership: Membership) -> bool:
    """An administrator of the tenant company."""
    return membership.tenant_company_id is not None and (
        membership.tenant_company_id in actor.tenant_company_ids(_COMPANY_ADMIN)
    )


@policy("profile:edit")
def own_profile(session: Session, actor: Actor, user: User) -> bool:
    """One's own profile."""
    return user.id == actor.user_id and actor.kind == "user"


# Who may invite whom.

_RANKS = {
    MembershipRole.PROPERTY_OWNER: 3,
    MembershipRole.BUILDING_MANAGER: 2,
    MembershipRole.BUILDING_ADMIN: 1,
}


def _rank(role: MembershipRole) -> int:
    return _RANKS.get(role, 0)


def _companies_led(actor: Actor) -> frozenset[uuid.UUID]:
    return actor.tenant_company_ids(_COMPANY_ADMIN)


def grantable_roles(actor: Actor) -> tuple[MembershipRole, ...]:
    """Roles to which the actor may invite somebody somewhere, in the order of the enum."""
    found: set[MembershipRole] = set()
    if actor.owner_id is not None:
        held = {
            m.role
            for m in actor.memberships
            if m.property_owner_id == actor.owner_id and m.tenant_company_id is None
        } & MANAGEMENT_ROLES
        highest = max(map(_rank, held), default=-1)
        found |= {
            role for role in MembershipRole if role not in VENDOR_ROLES and _rank(role) <= highest
        }
    if _companies_led(actor):
        found |= TENANT_ROLES
    if vendors_led(actor):
        found |= VENDOR_ROLES
    return tuple(role for role in MembershipRole if role in found)


def only_company(actor: Actor) -> uuid.UUID | None:
    """The one tenant company that the actor administers."""
    companies = _companies_led(actor)
    return next(iter(companies)) if len(companies) == 1 else None


def only_vendor(actor: Actor) -> uuid.UUID | None:
    """The one vendor that the actor administers."""
    vendors = vendors_led(actor)
    return next(iter(vendors)) if len(vendors) == 1 else None


def invitations_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Invitations of the owner's management, or into the actor's company or vendor."""
    allowed: list[ColumnElement[bool]] = []
    if actor.owner_id is not None:
        buildings = actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES)
        of_owner = Invitation.property_owner_id == actor.owner_id
        if buildings is None:
            allowed.append(of_owner)
        elif buildings:
            allowed.append(and_(of_owner, Invitation.building_id.in_(buildings)))
    for kind, ids in (
        (OrganizationType.TENANT_COMPANY, _companies_led(actor)),
        (OrganizationType.VENDOR_ORG, vendors_led(actor)),
    ):
        if ids:
            of_kind = Invitation.organization_type == kind
            allowed.append(and_(of_kind, Invitation.organization_id.in_(ids)))
    return or_(false(), *allowed)


@policy("invitation:create", "invitation:manage")
def management_invites(session: Session, actor: Actor, invitation: Invitation) -> bool:
    """Management of the owner, to roles up to their own, within a narrowed role's building."""
    owner_id = invitation.property_owner_id
    if owner_id != actor.owner_id or invitation.organization_type == OrganizationType.VENDOR_ORG:
        return False
    held = actor.staff_roles(owner_id, invitation.building_id) & MANAGEMENT_ROLES
    return any(_rank(role) >= _rank(invitation.role) for role in held)


@policy("invitation:create", "invitation:manage")
def company_invites(session: Session, actor: Actor, invitation: Invitation) -> bool:
    """An administrator of the tenant company, to tenant roles in it."""
    return (
        invitation.organization_type == OrganizationType.TENANT_COMPANY
        and invitation.role in TENANT_ROLES
        and any(
            m.role == MembershipRole.TENANT_ADMIN
            and m.tenant_company_id == invitation.organization_id
            and m.property_owner_id == invitation.property_owner_id
            and m.building_id in (None, invitation.building_id)
            for m in actor.memberships
        )
    )


@policy("invitation:create", "invitation:manage")
def vendor_invites(session: Session, actor: Actor, invitation: Invitation) -> bool:
    """An administrator of the vendor, to vendor roles in it."""
    return (
        invitation.organization_type == OrganizationType.VENDOR_ORG
        and invitation.role in VENDOR_ROLES
        and invitation.organization_id in vendors_led(actor)
    )


@policy("invitation:accept")
def invited_person(session: Session, actor: Actor, invitation: Invitation) -> bool:
    """The person whose address was invited."""
    return actor.kind == "user" and actor.email.lower() == invitation.email.lower()


@policy("membership:ask")
def for_oneself(session: Session, actor: Actor, membership: Membership) -> bool:
    """Anybody who is signed in, for themself."""
    return actor.kind == "user" and membership.user_id == actor.user_id


@policy("membership:end")
def ends_own(session: Session, actor: Actor, membership: Membership) -> bool:
    """One's own role."""
    return actor.kind == "user" and membership.user_id == actor.user_id


policy("membership:end")(owner_decides)
policy("membership:end")(vendor_administrator)
policy("membership:end")(company_administrator)
