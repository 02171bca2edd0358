"""The accepted quote of a vendor for a ticket, as invoices compare themselves with it."""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class QuotedLine:
    """One line of a quote, without tax."""

    description: str
    quantity: Decimal
    unit_amount: Decimal
    tax_rate: Decimal | None


@dataclass(frozen=True)
class Quoted:
    """What was offered and accepted; ``total`` includes the tax."""

    id: uuid.UUID
    currency: str
    total: Decimal
    lines: tuple[QuotedLine, ...]


def quoted(
    session: Session, owner_id: uuid.UUID, ticket_id: uuid.UUID, vendor_org_id: uuid.UUID
) -> Quoted | None:
    """The quote that was accepted; None without one."""
    return None
