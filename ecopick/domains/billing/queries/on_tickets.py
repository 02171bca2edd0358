"""Reading invoices."""

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from ecopick.domains.billing.lifecycle import PRIVATE, InvoiceSource, InvoiceStatus
from ecopick.domains.billing.models import Invoice
from ecopick.domains.vendors.models import VendorOrg

# Sums that will not be paid as they stand.
_VOID = (InvoiceStatus.CANCELLED, InvoiceStatus.DISPUTED, InvoiceStatus.DRAFT)


@dataclass(frozen=True)
class InvoiceLine:
    """One invoice of a ticket; ``total`` includes the tax."""

    id: uuid.UUID
    number: str
    vendor: str
    status: InvoiceStatus
    issued: date | None
    due: date | None
    total: Decimal
    currency: str


def invoices_on(session: Session, owner_id: uuid.UUID, ticket_id: uuid.UUID) -> list[InvoiceLine]:
    """Every invoice for a ticket whose billing the reader was found to see; newest first."""
    rows = session.execute(
        select(
            Invoice.id,
            Invoice.invoice_number,
            VendorOrg.name,
            Invoice.status,
            Invoice.issue_date,
            Invoice.due_date,
            Invoice.total_amount,
            Invoice.currency,
        )
        .join(VendorOrg, VendorOrg.id == Invoice.vendor_org_id)
        .where(*_of(owner_id, ticket_id))
        .order_by(Invoice.created_at.desc(), Invoice.id.desc())
    )
    return [InvoiceLine(*row) for row in rows]


def invoice_count(owner_id: uuid.UUID, ticket_id: uuid.UUID) -> Select[int]:
    """How many invoices a ticket has, as a query."""
    return select(func.count()).select_from(Invoice).where(*_of(owner_id, ticket_id))


def invoice_sums(owner_id: uuid.UUID, ticket_id: uuid.UUID) -> Select[Any]:
    """What its invoices come to by currency, void ones left out, as a query of one JSON array."""
    sums = (
        select(Invoice.currency, func.sum(Invoice.total_amount).label("total"))
        .where(*_of(owner_id, ticket_id), Invoice.status.not_in(_VOID))
        .group_by(Invoice.currency)
        .subquery()
    )
    return select(func.jsonb_agg(func.jsonb_build_array(sums.c.currency, cast(sums.c.total, Text))))


def _of(owner_id: uuid.UUID, ticket_id: uuid.UUID) -> tuple[Any, ...]:
    """Those of the ticket that the vendor has sent, or that management took in."""
    return (
        Invoice.property_owner_id == owner_id,
        Invoice.ticket_id == ticket_id,
        or_(Invoice.status.not_in(PRIVATE), Invoice.source == InvoiceSource.RECEIVED),
    )
