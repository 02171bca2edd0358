"""The accepted quote of a vendor for a ticket, as invoices compare themselves with it."""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from ecopick.core.text import gettext as _
from ecopick.domains.tickets.queries.quotes import quote_of
from ecopick.domains.tickets.quote_lifecycle import QuoteState


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
    row = quote_of(session, owner_id, ticket_id, vendor_org_id)
    if row is None or row.state is not QuoteState.ACCEPTED:
        return None
    lines = tuple(
        QuotedLine(
            description=str(each["description"]),
            quantity=Decimal(str(each["quantity"])),
            unit_amount=Decimal(str(each["unit_amount"])),
            tax_rate=row.tax_rate,
        )
        for each in row.line_items
    )
    whole = QuotedLine(_("As quoted"), Decimal(1), row.net_amount, row.tax_rate)
    return Quoted(row.id, row.currency, row.total_amount, lines or (whole,))
