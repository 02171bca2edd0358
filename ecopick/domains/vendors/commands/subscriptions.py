"""Subscriptions of vendors to open jobs: made, changed, ended."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import attempt
from ecopick.core.validation import wrong_field
from ecopick.domains.property.models import Building
from ecopick.domains.vendors.events import SubscriptionChanged
from ecopick.domains.vendors.models import OwnerVendor, VendorSubscription
from ecopick.domains.vendors.queries.directory import own_works
from ecopick.domains.vendors.queries.subscriptions import lock_subscription
from ecopick.domains.vendors.subscription_inputs import SaveSubscription

CHOICES = (
    "is_active", "notify_urgent", "notify_high", "notify_medium", "notify_low",
    "max_concurrent_jobs", "service_radius_miles",
)  # fmt: skip


def add_subscription(session: Session, actor: Actor, data: SaveSubscription) -> VendorSubscription:
    """Hear of open jobs of an owner, or of one of its buildings; one that had ended lives on.

    Raises Invalid for an owner that the vendor does not work for, Conflict where there is one
    for the same place already.
    """
    works = _works(session, actor, data)
    ended = session.scalars(
        select(VendorSubscription).where(
            VendorSubscription.property_owner_id == works.property_owner_id,
            VendorSubscription.vendor_org_id == works.vendor_org_id,
            VendorSubscription.building_id.is_not_distinct_from(data.building_id),
            VendorSubscription.is_active.is_(False),
        )
    ).one_or_none()
    if ended is not None:
        revived: VendorSubscription = change_subscription(session, actor, ended.id, data)
        return revived
    added: VendorSubscription = _add(session, actor, works, data)
    return added


def _works(session: Session, actor: Actor, data: SaveSubscription) -> OwnerVendor:
    fitting = [
        works
        for works in own_works(session, actor)
        if works.property_owner_id == data.property_owner_id
        and data.vendor_org_id in (None, works.vendor_org_id)
    ]
    if not fitting:
        raise wrong_field("property_owner_id", _("Please choose one of your clients."))
    return fitting[0]


def _no_find(session: Session, actor: Actor, key: Any) -> OwnerVendor:
    raise RuntimeError("a subscription is made with an owner")


@command("subscription:manage", find=_no_find, audit_as="ENTITY_CREATED")
def _add(
    session: Session, actor: Actor, works: OwnerVendor, data: SaveSubscription
) -> VendorSubscription:
    row = VendorSubscription(
        id=new_id(),
        property_owner_id=works.property_owner_id,
        vendor_org_id=works.vendor_org_id,
    )
    _fill(session, row, data)
    _store(session, actor, row)
    return row


@command("subscription:manage", find=lock_subscription, audit_as="ENTITY_UPDATED")
def change_subscription(
    session: Session, actor: Actor, row: VendorSubscription, data: SaveSubscription
) -> VendorSubscription:
    """Change of which jobs the vendor hears; the owner stays."""
    if data.property_owner_id != row.property_owner_id:
        raise wrong_field("property_owner_id", _("Please make a new one for another client."))
    _fill(session, row, data)
    _store(session, actor, row)
    return row


@command("subscription:manage", find=lock_subscription, audit_as="ENTITY_DEACTIVATED")
def end_subscription(session: Session, actor: Actor, row: VendorSubscription) -> VendorSubscription:
    """Hear of these jobs no more; the choices are kept for another time."""
    row.is_active = False
    emit(session, actor, SubscriptionChanged(row.property_owner_id, row.vendor_org_id))
    return row


def _fill(session: Session, row: VendorSubscription, data: SaveSubscription) -> None:
    if data.building_id is not None and not _has_building(session, row, data.building_id):
        raise wrong_field("building_id", _("Please choose one of the buildings."))
    row.building_id = data.building_id
    row.categories = sorted(set(data.categories))
    for name in CHOICES:
        setattr(row, name, getattr(data, name))


def _has_building(session: Session, row: VendorSubscription, building_id: uuid.UUID) -> bool:
    found = session.scalar(
        select(Building.id).where(
            Building.property_owner_id == row.property_owner_id, Building.id == building_id
        )
    )
    return found is not None


def _store(session: Session, actor: Actor, row: VendorSubscription) -> None:
    try:
        with attempt(session):
            session.add(row)
            session.flush()
    except IntegrityError as error:
        raise Conflict(
            _("You hear of the jobs there already. Please change that entry."),
            code="already_subscribed",
        ) from error
    emit(session, actor, SubscriptionChanged(row.property_owner_id, row.vendor_org_id))
