"""What a new invoice begins with: the accepted quote, else the vendor's prices."""

import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.text import gettext as _
from ecopick.domains.billing.lifecycle import RateType, TaxCategory
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.queries.parties import buyer_of, payment_days_of, seller_of
from ecopick.domains.billing.queries.quoted import quoted
from ecopick.domains.billing.queries.rates import rates_of
from ecopick.domains.billing.sums import Line
from ecopick.domains.billing.taxes import standard_rate
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.property.queries import home_of
from ecopick.domains.tickets.models import Ticket


@dataclass(frozen=True)
class Draft:
    """What is known before anybody wrote; ``from_quote`` where the lines are the quote's."""

    number: str
    currency: str
    country: str | None
    issue_date: date
    due_date: date
    service_date: date | None
    payment_days: int
    seller: dict[str, Any]
    buyer: dict[str, Any]
    lines: list[Line] = field(default_factory=list)
    from_quote: bool = False


def draft_for(session: Session, actor: Actor, ticket: Ticket, vendor_org_id: uuid.UUID) -> Draft:
    """The beginning of an invoice for work on a ticket that the actor was found to see."""
    home = home_of(session, ticket.property_owner_id, ticket.building_id)
    zone = ZoneInfo(home.time_zone)
    today = clock.now().astimezone(zone).date()
    days = payment_days_of(session, vendor_org_id)
    seller = seller_of(session, vendor_org_id)
    lines = _quoted_lines(session, ticket, vendor_org_id, seller)
    return Draft(
        number=next_number(session, ticket, vendor_org_id),
        currency=home.currency,
        country=home.country,
        issue_date=today,
        due_date=today + timedelta(days=days),
        service_date=ticket.resolved_at.astimezone(zone).date() if ticket.resolved_at else today,
        payment_days=days,
        seller=seller,
        buyer=buyer_of(session, ticket.property_owner_id),
        lines=lines or _priced_lines(session, ticket, vendor_org_id, seller),
        from_quote=bool(lines),
    )


def _quoted_lines(
    session: Session, ticket: Ticket, vendor_org_id: uuid.UUID, seller: dict[str, Any]
) -> list[Line]:
    quote = quoted(session, ticket.property_owner_id, ticket.id, vendor_org_id)
    if quote is None:
        return []
    rate = standard_rate(seller.get("country"))
    return [
        Line(
            description=each.description,
            quantity=each.quantity,
            unit_amount=each.unit_amount,
            tax_rate=rate if each.tax_rate is None else each.tax_rate,
            tax_category=TaxCategory.ZERO if each.tax_rate == 0 else TaxCategory.STANDARD,
            category=ticket.category,
        )
        for each in quote.lines
    ]


def _priced_lines(
    session: Session, ticket: Ticket, vendor_org_id: uuid.UUID, seller: dict[str, Any]
) -> list[Line]:
    """The vendor's prices for this category, with nothing done yet but for fixed prices."""
    rate = standard_rate(seller.get("country"))
    names = {
        RateType.FIXED: _("Call-out"),
        RateType.HOURLY: _("Working time"),
        RateType.PER_UNIT: _("Material"),
    }
    return [
        Line(
            description=price.note or names[price.rate_type],
            quantity=Decimal(1),
            unit_amount=price.amount,
            tax_rate=rate,
            tax_category=TaxCategory.STANDARD,
            category=ticket.category,
            rate_type=price.rate_type,
        )
        for price in sorted(
            rates_of(session, ticket.property_owner_id, vendor_org_id),
            key=lambda each: list(names).index(each.rate_type),
        )
        if price.category == ticket.category
    ]


def next_number(session: Session, ticket: Ticket, vendor_org_id: uuid.UUID) -> str:
    """A free number after the ticket's, for vendors without numbers of their own."""
    prefix = session.scalar(
        select(PropertyOwner.ticket_prefix).where(PropertyOwner.id == ticket.property_owner_id)
    )
    stem = f"{prefix}-{ticket.number}"
    taken = set(
        session.scalars(
            select(Invoice.invoice_number).where(
                Invoice.property_owner_id == ticket.property_owner_id,
                Invoice.vendor_org_id == vendor_org_id,
                Invoice.invoice_number.like(f"{stem}%"),
            )
        )
    )
    if stem not in taken:
        return stem
    return next(f"{stem}/{n}" for n in range(2, len(taken) + 3) if f"{stem}/{n}" not in taken)
