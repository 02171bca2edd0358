"""Which open jobs vendors want to hear of: for their own people."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import authorize
from ecopick.domains.property.models import Building, PropertyOwner
from ecopick.domains.vendors.models import OwnerVendor, VendorSubscription


@dataclass(frozen=True)
class SubscriptionLine:
    """A subscription with the names of the owner and of its building."""

    row: VendorSubscription
    owner_name: str
    building_name: str | None

    def as_json(self) -> dict[str, Any]:
        """The fields as the API answers them."""
        row = self.row
        radius = row.service_radius_miles
        return {
            "id": str(row.id),
            "vendor_org_id": str(row.vendor_org_id),
            "property_owner_id": str(row.property_owner_id),
            "property_owner_name": self.owner_name,
            "building_id": str(row.building_id) if row.building_id else None,
            "building_name": self.building_name,
            "categories": list(row.categories),
            "is_active": row.is_active,
            "notify_urgent": row.notify_urgent,
            "notify_high": row.notify_high,
            "notify_medium": row.notify_medium,
            "notify_low": row.notify_low,
            "max_concurrent_jobs": row.max_concurrent_jobs,
            "service_radius_miles": None if radius is None else str(radius),
        }


def own_subscriptions(
    session: Session, actor: Actor, key: uuid.UUID | None = None
) -> list[SubscriptionLine]:
    """The subscriptions of the actor's vendors, by owner and building; one with ``key``.

    Raises Forbidden for people who work for no vendor.
    """
    authorize(session, actor, "subscription:view", actor)
    query = (
        select(VendorSubscription, PropertyOwner.name, Building.name)
        .join(PropertyOwner, PropertyOwner.id == VendorSubscription.property_owner_id)
        .outerjoin(
            Building,
            (Building.property_owner_id == VendorSubscription.property_owner_id)
            & (Building.id == VendorSubscription.building_id),
        )
        .where(VendorSubscription.vendor_org_id.in_(actor.vendor_org_ids))
        .order_by(PropertyOwner.name, Building.name.asc().nulls_first(), VendorSubscription.id)
    )
    if key is not None:
        query = query.where(VendorSubscription.id == key)
    return [
        SubscriptionLine(row, owner, building) for row, owner, building in session.execute(query)
    ]


def get_subscription(session: Session, actor: Actor, key: Any) -> SubscriptionLine:
    """One subscription of the actor's vendors. Raises NotFound."""
    found = as_id(key)
    lines = own_subscriptions(session, actor, found) if found is not None else []
    if not lines:
        raise missing(actor, "VendorSubscription", key)
    return lines[0]


def lock_subscription(session: Session, actor: Actor, key: Any) -> VendorSubscription:
    """One subscription of the actor's vendors, locked and fresh. Raises NotFound."""
    row = get_subscription(session, actor, key).row
    return session.scalars(
        select(VendorSubscription)
        .where(VendorSubscription.id == row.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def buildings_of_clients(session: Session, actor: Actor) -> dict[uuid.UUID, list[Building]]:
    """Buildings of every owner for whom the actor's vendors work, by name."""
    session.info["authorized"] = True
    rows = session.scalars(
        select(Building)
        .where(
            Building.property_owner_id.in_(
                select(OwnerVendor.property_owner_id).where(
                    OwnerVendor.vendor_org_id.in_(actor.vendor_org_ids),
                    OwnerVendor.ended_at.is_(None),
                )
            )
        )
        .order_by(Building.name, Building.id)
    )
    found: dict[uuid.UUID, list[Building]] = {}
    for row in rows:
        found.setdefault(row.property_owner_id, []).append(row)
    return found
