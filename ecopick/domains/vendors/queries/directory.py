"""One vendor of an owner: found, locked, and shown with its people."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.core.roles import VENDOR_ROLES, MembershipRole
from ecopick.domains.people.lifecycle import InvitationStatus, OrganizationType
from ecopick.domains.people.models import Invitation, Membership, User
from ecopick.domains.people.queries import role_counts, shown_name
from ecopick.domains.property.models import Building, PropertyOwner
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg, VendorSubscription
from ecopick.domains.vendors.policy import works_with_visible_to


@dataclass(frozen=True)
class VendorPerson:
    """Somebody at a vendor; without an account they get the links of its jobs by mail."""

    user_id: uuid.UUID
    name: str
    email: str
    role: MembershipRole
    has_account: bool


@dataclass(frozen=True)
class Subscription:
    """Which open jobs of the owner a vendor wants; no building means all of them."""

    building: str | None
    categories: tuple[str, ...]
    is_active: bool
    most_jobs: int | None


def find_works(session: Session, actor: Actor, key: Any) -> OwnerVendor:
    """The dealings of the actor's owner with the vendor ``key``, ended ones too. NotFound."""
    return _works(session, actor, key, lock=False)


def lock_works(session: Session, actor: Actor, key: Any) -> OwnerVendor:
    """The same, locked and fresh, for a change."""
    return _works(session, actor, key, lock=True)


def _works(session: Session, actor: Actor, key: Any, *, lock: bool) -> OwnerVendor:
    session.info["authorized"] = True
    query = select(OwnerVendor).where(
        OwnerVendor.vendor_org_id == as_id(key),
        OwnerVendor.property_owner_id == actor.owner_id,
        works_with_visible_to(actor),
    )
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise missing(actor, "VendorOrg", key)
    return found


def own_works(session: Session, actor: Actor) -> list[OwnerVendor]:
    """For whom the vendors of the actor work, by the owner's name; what ended is left out."""
    session.info["authorized"] = True
    return list(
        session.scalars(
            select(OwnerVendor)
            .join(PropertyOwner, PropertyOwner.id == OwnerVendor.property_owner_id)
            .where(
                OwnerVendor.vendor_org_id.in_(actor.vendor_org_ids),
                OwnerVendor.ended_at.is_(None),
            )
            .order_by(PropertyOwner.name, OwnerVendor.id)
        )
    )


def find_vendor(session: Session, actor: Actor, key: Any) -> VendorOrg:
    """The vendor itself; one's own, or one of the actor's owner. Raises NotFound."""
    return _vendor(session, actor, key, lock=False)


def lock_vendor(session: Session, actor: Actor, key: Any) -> VendorOrg:
    """The same, locked and fresh, for a change."""
    return _vendor(session, actor, key, lock=True)


def _vendor(session: Session, actor: Actor, key: Any, *, lock: bool) -> VendorOrg:
    session.info["authorized"] = True
    works = exists().where(OwnerVendor.vendor_org_id == VendorOrg.id, works_with_visible_to(actor))
    vendor_id = as_id(key)
    own = vendor_id in actor.vendor_org_ids
    query = select(VendorOrg).where(VendorOrg.id == vendor_id)
    query = query if own else query.where(works)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise missing(actor, "VendorOrg", key)
    return found


def vendor_of(session: Session, works: OwnerVendor) -> VendorOrg:
    """The vendor of found dealings."""
    return session.scalars(select(VendorOrg).where(VendorOrg.id == works.vendor_org_id)).one()


def vendor_people(session: Session, vendor_org_id: uuid.UUID) -> list[VendorPerson]:
    """Everyone with a role at a vendor that was found, by name."""
    rows = session.execute(
        select(User.id, shown_name.label("name"), User.email, Membership.role, User.email_verified)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.vendor_org_id == vendor_org_id,
            Membership.role.in_(VENDOR_ROLES),
            role_counts(),
        )
        .order_by(func.lower(shown_name), Membership.role, User.id)
    )
    return [VendorPerson(*row) for row in rows]


def invited_people(session: Session, works: OwnerVendor) -> list[str]:
    """Addresses that the owner invited to the vendor and that have not answered yet."""
    return list(
        session.scalars(
            select(Invitation.email)
            .where(
                Invitation.property_owner_id == works.property_owner_id,
                Invitation.organization_type == OrganizationType.VENDOR_ORG,
                Invitation.organization_id == works.vendor_org_id,
                Invitation.status == InvitationStatus.PENDING,
            )
            .order_by(Invitation.created_at)
        )
    )


def subscriptions_of(session: Session, works: OwnerVendor) -> list[Subscription]:
    """Which open jobs of this owner the vendor asked for, all buildings first."""
    rows = session.execute(
        select(
            Building.name,
            VendorSubscription.categories,
            VendorSubscription.is_active,
            VendorSubscription.max_concurrent_jobs,
        )
        .outerjoin(
            Building,
            and_(
                Building.property_owner_id == VendorSubscription.property_owner_id,
                Building.id == VendorSubscription.building_id,
            ),
        )
        .where(
            VendorSubscription.property_owner_id == works.property_owner_id,
            VendorSubscription.vendor_org_id == works.vendor_org_id,
        )
        .order_by(Building.name.nulls_first())
    )
    return [Subscription(name, tuple(listed), on, most) for name, listed, on, most in rows]
