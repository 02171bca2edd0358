"""Who may see and change roles and profiles."""

import uuid

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.core.roles import MANAGEMENT_ROLES, VENDOR_ROLES, MembershipRole
from ecopick.domains.people.models import Membership, User

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
    vendors = _vendors_led(actor)
    if vendors:
        allowed.append(Membership.vendor_org_id.in_(vendors))
    companies = actor.tenant_company_ids(_COMPANY_ADMIN)
    if companies:
        allowed.append(Membership.tenant_company_id.in_(companies))
    return or_(false(), *allowed)


def _vendors_led(actor: Actor) -> frozenset[uuid.UUID]:
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
    return membership.role in VENDOR_ROLES and membership.vendor_org_id in _vendors_led(actor)


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
