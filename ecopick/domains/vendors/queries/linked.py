"""The vendors that an owner works with and the people to write to."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.matching import has_words, nearness
from ecopick.core.roles import MANAGEMENT_ROLES, VENDOR_ROLES
from ecopick.domains.people.models import Membership, User
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg, VendorSubscription


@dataclass(frozen=True)
class Recipient:
    """A person at a vendor who gets the mailed link."""

    user_id: uuid.UUID
    email: str
    name: str
    language: str


@dataclass(frozen=True)
class FoundVendor:
    """A vendor that was found: by its name, or by a kind of work that it does."""

    id: uuid.UUID
    name: str
    by_name: bool
    categories: tuple[str, ...]
    is_blocked: bool = False


def is_linked(session: Session, owner_id: uuid.UUID, vendor_org_id: uuid.UUID) -> bool:
    """Whether the owner works with this vendor."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    OwnerVendor.property_owner_id == owner_id,
                    OwnerVendor.vendor_org_id == vendor_org_id,
                    OwnerVendor.ended_at.is_(None),
                )
            )
        )
    )


def may_get_work(owner_id: uuid.UUID) -> ColumnElement[bool]:
    """In SQL, of ``owner_vendors``: the vendor works for the owner and is not blocked there."""
    return and_(
        OwnerVendor.property_owner_id == owner_id,
        OwnerVendor.ended_at.is_(None),
        OwnerVendor.blocked_at.is_(None),
    )


def is_blocked(session: Session, owner_id: uuid.UUID, vendor_org_id: uuid.UUID) -> bool:
    """Whether the owner gives this vendor nothing new: no dispatch, open job, claim or quote.

    A vendor that does not work for the owner is not blocked; ``is_linked`` says that.
    """
    return bool(
        session.scalar(
            select(
                exists().where(
                    OwnerVendor.property_owner_id == owner_id,
                    OwnerVendor.vendor_org_id == vendor_org_id,
                    OwnerVendor.blocked_at.is_not(None),
                )
            )
        )
    )


def blocked_vendors(session: Session, owner_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Every vendor that the owner blocked."""
    return frozenset(
        session.scalars(
            select(OwnerVendor.vendor_org_id).where(
                OwnerVendor.property_owner_id == owner_id, OwnerVendor.blocked_at.is_not(None)
            )
        )
    )


def linked_vendors(
    session: Session, owner_id: uuid.UUID, *, for_work: bool = False
) -> list[VendorOrg]:
    """The owner's vendors by name, for pickers; ``for_work`` leaves blocked ones out."""
    query = (
        select(VendorOrg)
        .join(OwnerVendor, OwnerVendor.vendor_org_id == VendorOrg.id)
        .where(OwnerVendor.property_owner_id == owner_id, OwnerVendor.ended_at.is_(None))
        .order_by(VendorOrg.name)
    )
    return list(session.scalars(query.where(may_get_work(owner_id)) if for_work else query))


def find_vendors(
    session: Session,
    actor: Actor,
    words: Sequence[str],
    categories: Iterable[str] = (),
    *,
    limit: int,
) -> list[FoundVendor]:
    """Vendors of the actor's owner whose name holds all the words, then those who do such work.

    For management, who may give work to any of them; nobody else finds one.
    """
    session.info["authorized"] = True
    owner_id = actor.owner_id
    wanted = sorted(categories)
    if owner_id is None or actor.staff_buildings(owner_id, MANAGEMENT_ROLES) == frozenset():
        return []
    works = (
        exists().where(
            VendorSubscription.property_owner_id == owner_id,
            VendorSubscription.vendor_org_id == VendorOrg.id,
            VendorSubscription.is_active,
            VendorSubscription.categories.overlap(wanted),
        )
        if wanted
        else false()
    )
    offered = (
        select(func.unnest(VendorSubscription.categories))
        .where(
            VendorSubscription.property_owner_id == owner_id,
            VendorSubscription.vendor_org_id == VendorOrg.id,
            VendorSubscription.is_active,
        )
        .correlate(VendorOrg)
        .scalar_subquery()
    )
    named = has_words(VendorOrg.name, words)
    rows = session.execute(
        select(
            VendorOrg.id,
            VendorOrg.name,
            named.label("by_name"),
            func.array(offered).label("offered"),
            OwnerVendor.blocked_at,
        )
        .join(OwnerVendor, OwnerVendor.vendor_org_id == VendorOrg.id)
        .where(
            OwnerVendor.property_owner_id == owner_id,
            OwnerVendor.ended_at.is_(None),
            or_(named, works),
        )
        .order_by(case((named, 0), else_=1), nearness(VendorOrg.name, words), VendorOrg.name)
        .limit(limit)
    )
    return [
        FoundVendor(
            row.id,
            row.name,
            bool(row.by_name),
            tuple(sorted(set(row.offered or ()) & set(wanted))),
            row.blocked_at is not None,
        )
        for row in rows
    ]


def recipients(session: Session, vendor_org_id: uuid.UUID) -> list[Recipient]:
    """Everyone at the vendor who may accept a job, by name."""
    rows = session.execute(
        select(User.id, User.email, User.name, User.language)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.vendor_org_id == vendor_org_id,
            Membership.role.in_(VENDOR_ROLES),
            Membership.status == "active",
            Membership.ended_at.is_(None),
        )
        .order_by(User.name, User.id)
        .distinct()
    )
    return [Recipient(row.id, row.email, row.name or row.email, row.language) for row in rows]


def vendor_names(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Names of vendors in the scope."""
    wanted = {vendor_id for vendor_id in ids if vendor_id is not None}
    if not wanted:
        return {}
    rows = session.execute(select(VendorOrg.id, VendorOrg.name).where(VendorOrg.id.in_(wanted)))
    return {row.id: row.name for row in rows}
