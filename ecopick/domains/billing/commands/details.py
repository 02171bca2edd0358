"""What a vendor's invoices say of it, kept for the next ones."""

from typing import Any

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.domains.billing.queries.find import lock_vendor
from ecopick.domains.vendors.models import VendorOrg

KEPT = (
    "vat_id", "tax_number", "address", "postcode", "city", "country", "iban", "payment_days",
)  # fmt: skip


@command("billing:details", find=lock_vendor, audit_as="ENTITY_UPDATED")
def keep_details(
    session: Session, actor: Actor, vendor: VendorOrg, seller: dict[str, Any]
) -> VendorOrg:
    """Keep VAT id, address, bank account and terms; what is left empty stays as it was."""
    for name in KEPT:
        value = seller.get(name)
        if value is not None and value != getattr(vendor, name):
            setattr(vendor, name, value)
    return vendor
