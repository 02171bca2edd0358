"""Both sides of an invoice as they stand on it."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.business_ids import country_of_vat_id
from ecopick.domains.property.models import Building, PropertyOwner
from ecopick.domains.property.queries import home_of
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.vendors.models import VendorOrg

SELLER = (
    "name", "vat_id", "tax_number", "address", "postcode", "city", "country", "iban", "email",
    "phone",
)  # fmt: skip
BUYER = ("name", "vat_id", "address", "postcode", "city", "country")


def seller_of(session: Session, vendor_org_id: uuid.UUID) -> dict[str, Any]:
    """What is known of a vendor; its country follows from its VAT id where nobody named it."""
    row = session.scalars(select(VendorOrg).where(VendorOrg.id == vendor_org_id)).one()
    found = {name: getattr(row, name) for name in SELLER}
    found["country"] = found["country"] or country_of_vat_id(row.vat_id)
    return found


def buyer_of(session: Session, owner_id: uuid.UUID) -> dict[str, Any]:
    """What is known of an owner; its country is that of most of its buildings."""
    row = session.scalars(select(PropertyOwner).where(PropertyOwner.id == owner_id)).one()
    found = {name: getattr(row, name) for name in BUYER}
    found["country"] = (
        found["country"] or country_of_vat_id(row.vat_id) or home_of(session, owner_id).country
    )
    return found


def payment_days_of(session: Session, vendor_org_id: uuid.UUID) -> int:
    """Until when a vendor wants its money, in days after the invoice; 30 unless it says so."""
    found = session.scalar(select(VendorOrg.payment_days).where(VendorOrg.id == vendor_org_id))
    return 30 if found is None else found


def place_of(
    session: Session, owner_id: uuid.UUID, ticket_id: uuid.UUID | None
) -> tuple[str | None, str | None]:
    """Language and country of the building that a ticket is about; None without a ticket."""
    if ticket_id is None:
        return None, None
    row = session.execute(
        select(Building.default_language, Building.country)
        .join(Ticket, Ticket.building_id == Building.id)
        .where(
            Ticket.property_owner_id == owner_id,
            Ticket.id == ticket_id,
            Building.property_owner_id == owner_id,
        )
    ).one_or_none()
    return (row.default_language, row.country) if row else (None, None)
