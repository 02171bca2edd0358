"""What vendors charge."""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import authorize
from ecopick.domains.billing.inputs import ListRates
from ecopick.domains.billing.lifecycle import RateType
from ecopick.domains.billing.models import BillingRate
from ecopick.domains.billing.policy import rates_visible_to
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg


@dataclass(frozen=True)
class RateLine:
    """One price without tax; ``agreed`` with the owner, else the vendor's own."""

    id: uuid.UUID
    vendor_org_id: uuid.UUID
    vendor: str
    category: str
    rate_type: RateType
    amount: Decimal
    currency: str
    note: str | None
    is_active: bool
    agreed: bool


def rates(session: Session, actor: Actor, data: ListRates) -> list[RateLine]:
    """Rates of one's vendor; management reads those of all its vendors. By vendor and category."""
    authorize(session, actor, "billing:list", actor)
    query = (
        select(BillingRate, VendorOrg.name)
        .join(VendorOrg, VendorOrg.id == BillingRate.vendor_org_id)
        .where(rates_visible_to(actor))
        .order_by(VendorOrg.name, BillingRate.category, BillingRate.rate_type, BillingRate.id)
        .limit(1000)
    )
    if actor.owner_id is not None and not actor.vendor_org_ids:
        # Vendors that somebody else in the scope works with are none of the owner's.
        linked = select(OwnerVendor.vendor_org_id).where(
            OwnerVendor.property_owner_id == actor.owner_id
        )
        query = query.where(BillingRate.vendor_org_id.in_(linked))
    if data.vendor_org_id is not None:
        query = query.where(BillingRate.vendor_org_id == data.vendor_org_id)
    if not data.ended:
        query = query.where(BillingRate.is_active)
    return [_line(row, name) for row, name in session.execute(query)]


def rates_of(session: Session, owner_id: uuid.UUID, vendor_org_id: uuid.UUID) -> list[RateLine]:
    """The rates that count between an owner and a vendor: agreed ones outweigh the vendor's own.

    For a reader who was found to see the vendor.
    """
    rows = session.execute(
        select(BillingRate, VendorOrg.name)
        .join(VendorOrg, VendorOrg.id == BillingRate.vendor_org_id)
        .where(
            BillingRate.vendor_org_id == vendor_org_id,
            or_(
                BillingRate.property_owner_id == owner_id,
                BillingRate.property_owner_id.is_(None),
            ),
            BillingRate.is_active,
        )
        .order_by(
            BillingRate.category,
            BillingRate.rate_type,
            BillingRate.property_owner_id.asc().nulls_last(),
        )
    )
    counting: dict[tuple[str, RateType], RateLine] = {}
    for row, name in rows:
        counting.setdefault((row.category, row.rate_type), _line(row, name))
    return list(counting.values())


def _line(row: BillingRate, vendor: str) -> RateLine:
    return RateLine(
        id=row.id,
        vendor_org_id=row.vendor_org_id,
        vendor=vendor,
        category=row.category,
        rate_type=row.rate_type,
        amount=row.amount,
        currency=row.currency,
        note=row.note,
        is_active=row.is_active,
        agreed=row.property_owner_id is not None,
    )
