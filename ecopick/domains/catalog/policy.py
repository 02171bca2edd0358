"""Who keeps a catalogue of services and who reads it."""

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.domains.catalog.models import ServiceCatalog, ServiceItem


@policy("catalog:manage", name="vendor")
def own_catalogue(session: Session, actor: Actor, thing: ServiceCatalog | ServiceItem) -> bool:
    """People at the vendor, their own."""
    return thing.vendor_org_id is not None and thing.vendor_org_id in actor.vendor_org_ids
