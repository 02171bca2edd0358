"""What vendors offer."""

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.domains.catalog.models import ServiceCatalog, ServiceItem


@dataclass(frozen=True)
class Service:
    """A service as catalogues list it; the price is a hint before tax."""

    id: uuid.UUID
    vendor_org_id: uuid.UUID | None
    name: str
    description: str | None
    category: str
    minutes: int | None
    price_from: Decimal | None
    currency: str | None
    requires_access: bool
    is_active: bool


def services_of(
    session: Session, vendor_org_id: uuid.UUID, *, ended: bool = False
) -> list[Service]:
    """Services of a vendor that the reader was found to see, by category and name.

    With ``ended`` also those that it no longer offers, last.
    """
    session.info["authorized"] = True
    query = (
        select(
            ServiceItem.id,
            ServiceItem.vendor_org_id,
            ServiceItem.name,
            ServiceItem.description,
            ServiceItem.category,
            ServiceItem.estimated_duration_minutes.label("minutes"),
            ServiceItem.price_from,
            ServiceItem.currency,
            ServiceItem.requires_access,
            ServiceItem.is_active,
        )
        .where(ServiceItem.vendor_org_id == vendor_org_id)
        .order_by(
            ServiceItem.is_active.desc(), ServiceItem.category, ServiceItem.name, ServiceItem.id
        )
    )
    if not ended:
        query = query.where(ServiceItem.is_active)
    return [Service(**row._mapping) for row in session.execute(query)]


def catalogue_of(session: Session, vendor_org_id: uuid.UUID) -> ServiceCatalog | None:
    """The vendor's first catalogue, locked; None where it has none."""
    return session.scalars(
        select(ServiceCatalog)
        .where(ServiceCatalog.vendor_org_id == vendor_org_id)
        .order_by(ServiceCatalog.created_at, ServiceCatalog.id)
        .limit(1)
        .with_for_update(key_share=True)
    ).one_or_none()


def find_service(session: Session, actor: Actor, key: Any) -> ServiceItem:
    """A service of one's own vendor. Raises NotFound."""
    return _service(session, actor, key, lock=False)


def lock_service(session: Session, actor: Actor, key: Any) -> ServiceItem:
    """The same, locked and fresh, for a change."""
    return _service(session, actor, key, lock=True)


def _service(session: Session, actor: Actor, key: Any, *, lock: bool) -> ServiceItem:
    session.info["authorized"] = True
    service_id = as_id(key)
    query = select(ServiceItem).where(
        ServiceItem.id == service_id, ServiceItem.vendor_org_id.in_(actor.vendor_org_ids)
    )
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise missing(actor, "ServiceItem", service_id)
    return found
