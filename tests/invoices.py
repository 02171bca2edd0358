"""Invoices in tests: written and sent by the plumber."""

from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.billing.commands import drafts
from ecopick.domains.billing.inputs import LineInput, SaveInvoice, SaveRate, Seller
from ecopick.domains.billing.lifecycle import RateType
from ecopick.domains.billing.models import Invoice
from ecopick.domains.tickets.models import Ticket
from tests.factories import World

VAT_ID = "DE811294009"
IBAN = "DE75512108001245126199"


def plumber(**more: Any) -> Seller:
    """What the plumber's invoices say of it."""
    known: dict[str, Any] = {
        "name": "Schwarzwald Sanitär GmbH", "vat_id": VAT_ID, "iban": IBAN,
        "address": "Zähringer Straße 310", "postcode": "79108", "city": "Freiburg",
        "country": "DE",
    }  # fmt: skip
    return Seller.model_validate(known | more)


def written(number: str, price: str = "68.00", **more: Any) -> SaveInvoice:
    """Two hours and a half at ``price``, and the way there, at nineteen per cent."""
    work: dict[str, Any] = {
        "description": "Arbeitszeit", "quantity": Decimal("2.5"), "unit_amount": Decimal(price),
        "tax_rate": Decimal(19), "category": "plumbing", "rate_type": RateType.HOURLY,
    }  # fmt: skip
    way: dict[str, Any] = {
        "description": "Anfahrt", "unit_amount": Decimal("42.00"), "tax_rate": Decimal(19),
        "category": "plumbing", "rate_type": RateType.FIXED,
    }  # fmt: skip
    lines = [LineInput.model_validate(work), LineInput.model_validate(way)]
    return SaveInvoice(invoice_number=number, lines=lines, seller=plumber(), **more)


def bill(
    session: Session, actor: Actor, world: World, ticket: Ticket, price: str = "68.00"
) -> Invoice:
    """An invoice of the plumber for a ticket, sent by ``actor``."""
    desk = drafts.desk_of(world.owner_id, world.vendor_org_id, ticket)
    made = drafts.draft_invoice(session, actor, desk, written(f"R-{ticket.number}", price))
    return drafts.submit_invoice(session, actor, made)


def price_of(world: World, amount: str = "68.00") -> SaveRate:
    """What an hour of the plumber costs."""
    return SaveRate(
        vendor_org_id=world.vendor_org_id,
        category="plumbing",
        rate_type=RateType.HOURLY,
        amount=Decimal(amount),
    )


def invoice_now(world: World, key: Any) -> Invoice:
    """The invoice as it stands in the database."""
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        return session.scalars(select(Invoice).where(Invoice.id == key)).one()
