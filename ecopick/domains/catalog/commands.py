"""Services of vendors: described, changed, no longer offered."""

import uuid

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.catalog.inputs import DescribeService
from ecopick.domains.catalog.models import ServiceCatalog, ServiceItem
from ecopick.domains.catalog.queries import catalogue_of, lock_service, services_of

MOST_SERVICES = 200


def _catalogue(session: Session, actor: Actor, vendor_org_id: uuid.UUID) -> ServiceCatalog:
    """The vendor's catalogue, or the one that it would get, for ``authorize`` to judge."""
    found = catalogue_of(session, vendor_org_id)
    return found or ServiceCatalog(id=new_id(), vendor_org_id=vendor_org_id, name="")


@command("catalog:manage", find=_catalogue, audit_as="ENTITY_CREATED")
def add_service(
    session: Session, actor: Actor, catalogue: ServiceCatalog, data: DescribeService
) -> ServiceItem:
    """Add a service to the vendor's catalogue, which is made with the first one.

    Raises Conflict where the catalogue is full.
    """
    vendor_id = catalogue.vendor_org_id
    if vendor_id is None or len(services_of(session, vendor_id)) >= MOST_SERVICES:
        raise Conflict(_("The catalogue holds as many services as it can."), code="quota")
    session.add(catalogue)
    session.flush()
    item = ServiceItem(id=new_id(), vendor_org_id=vendor_id, catalog_id=catalogue.id)
    _describe(item, data)
    session.add(item)
    return item


@command("catalog:manage", find=lock_service, audit_as="ENTITY_UPDATED")
def change_service(
    session: Session, actor: Actor, item: ServiceItem, data: DescribeService
) -> ServiceItem:
    """Describe a service anew."""
    _describe(item, data)
    return item


@command("catalog:manage", find=lock_service, audit_as="ENTITY_STATUS_CHANGED")
def offer_service(session: Session, actor: Actor, item: ServiceItem, *, on: bool) -> ServiceItem:
    """Offer a service, or offer it no longer; it stays in the catalogue."""
    item.is_active = on
    return item


def _describe(item: ServiceItem, data: DescribeService) -> None:
    item.name = data.name
    item.category = data.category
    item.description = data.description
    item.estimated_duration_minutes = data.estimated_duration_minutes
    item.price_from = data.price_from
    item.currency = data.currency if data.price_from is not None else None
    item.requires_access = data.requires_access
