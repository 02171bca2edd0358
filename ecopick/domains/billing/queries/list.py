"""Lists of invoices: pages by key, and what is owed by age."""

import base64
import binascii
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, or_, select, tuple_
from sqlalchemy.orm import Session

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid
from ecopick.core.permissions import authorize
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.billing.inputs import ListInvoices
from ecopick.domains.billing.lifecycle import UNPAID, InvoiceStatus
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.policy import visible_to
from ecopick.domains.property.models import Building, PropertyOwner
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.vendors.models import VendorOrg

# Days after the due date at which a bucket ends; what is due later is the first.
BUCKETS: tuple[tuple[str, int | None], ...] = (
    ("not_due", 0), ("30", 30), ("60", 60), ("90", 90), ("older", None),
)  # fmt: skip


@dataclass(frozen=True)
class InvoiceRow:
    """One row of a list; ``total`` includes the tax."""

    id: uuid.UUID
    number: str
    vendor_org_id: uuid.UUID
    vendor: str
    owner: str
    status: InvoiceStatus
    half_approved: bool
    issued: date | None
    due: date | None
    total: Decimal
    tax: Decimal | None
    currency: str
    country: str | None
    ticket_id: uuid.UUID | None
    ticket: str | None
    ticket_title: str | None
    building: str | None
    created_at: datetime
    paid_at: datetime | None
    payment_reference: str | None


@dataclass(frozen=True)
class InvoicePage:
    """Rows, newest first, and the key of the next page."""

    items: list[InvoiceRow]
    next_cursor: str | None = None


def list_invoices(session: Session, actor: Actor, data: ListInvoices, today: date) -> InvoicePage:
    """One page of the invoices that the actor may see and ``data`` lets through."""
    authorize(session, actor, "billing:list", actor)
    audit.read(actor, "LIST", "Invoice", None, owner_id=actor.owner_id or PLATFORM_OWNER_ID)
    query = _rows(actor, data, today)
    if data.cursor:
        query = query.where(tuple_(Invoice.created_at, Invoice.id) < tuple_(*_unpack(data.cursor)))
    rows = [InvoiceRow(**row._mapping) for row in session.execute(query.limit(data.limit + 1))]
    if len(rows) <= data.limit:
        return InvoicePage(rows)
    rows = rows[: data.limit]
    return InvoicePage(rows, _pack(rows[-1]))


def every_invoice(
    session: Session, actor: Actor, data: ListInvoices, today: date, *, most: int
) -> Iterator[InvoiceRow]:
    """All of them, for a file; at most ``most``."""
    authorize(session, actor, "billing:list", actor)
    audit.read(actor, "EXPORT", "Invoice", None, owner_id=actor.owner_id or PLATFORM_OWNER_ID)
    for row in session.execute(_rows(actor, data, today).limit(most)):
        yield InvoiceRow(**row._mapping)


def _rows(actor: Actor, data: ListInvoices, today: date) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Invoice.id,
            Invoice.invoice_number.label("number"),
            Invoice.vendor_org_id,
            VendorOrg.name.label("vendor"),
            PropertyOwner.name.label("owner"),
            Invoice.status,
            and_(Invoice.first_approved_by_id.is_not(None), Invoice.approved_by_id.is_(None)).label(
                "half_approved"
            ),
            Invoice.issue_date.label("issued"),
            Invoice.due_date.label("due"),
            Invoice.total_amount.label("total"),
            Invoice.tax_amount.label("tax"),
            Invoice.currency,
            Building.country,
            Invoice.ticket_id,
            (PropertyOwner.ticket_prefix + "-" + cast(Ticket.number, Text)).label("ticket"),
            Ticket.title.label("ticket_title"),
            Building.name.label("building"),
            Invoice.created_at,
            Invoice.paid_at,
            Invoice.payment_reference,
        )
        .join(VendorOrg, VendorOrg.id == Invoice.vendor_org_id)
        .join(PropertyOwner, PropertyOwner.id == Invoice.property_owner_id)
        .outerjoin(
            Ticket,
            and_(
                Ticket.property_owner_id == Invoice.property_owner_id,
                Ticket.id == Invoice.ticket_id,
            ),
        )
        .outerjoin(
            Building,
            and_(
                Building.property_owner_id == Ticket.property_owner_id,
                Building.id == Ticket.building_id,
            ),
        )
        .where(*_conditions(actor, data, today))
        .order_by(Invoice.created_at.desc(), Invoice.id.desc())
    )


def _conditions(actor: Actor, data: ListInvoices, today: date) -> list[ColumnElement[bool]]:
    found = [Invoice.property_owner_id.in_(actor.owner_ids), visible_to(actor)]
    if data.vendor_org_id:
        found.append(Invoice.vendor_org_id == data.vendor_org_id)
    if data.ticket_id:
        found.append(Invoice.ticket_id == data.ticket_id)
    if data.status:
        found.append(Invoice.status.in_(data.status))
    if data.late:
        found += [Invoice.status.in_(UNPAID), Invoice.due_date < today]
    if data.bucket:
        found += [Invoice.status.in_(UNPAID), bucket_of(today) == data.bucket]
    if data.q:
        words = f"%{_escaped(data.q)}%"
        found.append(or_(Invoice.invoice_number.ilike(words), VendorOrg.name.ilike(words)))
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def bucket_of(today: date) -> ColumnElement[str]:
    """How old what is owed is, by its due date: a name of ``BUCKETS``."""
    whens = [
        (Invoice.due_date >= today - timedelta(days=days), name)
        for name, days in BUCKETS
        if days is not None
    ]
    return case((Invoice.due_date.is_(None), "not_due"), *whens, else_="older")


@dataclass(frozen=True)
class Aged:
    """What a vendor is owed in one currency, by age, in the order of ``BUCKETS``."""

    vendor_org_id: uuid.UUID
    vendor: str
    currency: str
    sums: dict[str, Decimal]
    counts: dict[str, int]

    @property
    def total(self) -> Decimal:
        """All of it."""
        return sum(self.sums.values(), Decimal("0.00"))

    @property
    def count(self) -> int:
        """How many invoices."""
        return sum(self.counts.values())


def counts(session: Session, actor: Actor) -> dict[InvoiceStatus, int]:
    """How many invoices that the actor may see stand in each state. One statement."""
    authorize(session, actor, "billing:list", actor)
    rows = session.execute(
        select(Invoice.status, func.count())
        .where(Invoice.property_owner_id.in_(actor.owner_ids), visible_to(actor))
        .group_by(Invoice.status)
    )
    return {InvoiceStatus(status): count for status, count in rows}


def ageing(session: Session, actor: Actor, today: date) -> list[Aged]:
    """What is sent and not paid, by vendor and age, the largest first. One statement."""
    authorize(session, actor, "billing:list", actor)
    bucket = bucket_of(today).label("bucket")
    rows = session.execute(
        select(
            Invoice.vendor_org_id,
            VendorOrg.name,
            Invoice.currency,
            bucket,
            func.sum(Invoice.total_amount),
            func.count(),
        )
        .join(VendorOrg, VendorOrg.id == Invoice.vendor_org_id)
        .where(
            Invoice.property_owner_id.in_(actor.owner_ids),
            visible_to(actor),
            Invoice.status.in_(UNPAID),
        )
        .group_by(Invoice.vendor_org_id, VendorOrg.name, Invoice.currency, bucket)
    )
    found: dict[tuple[uuid.UUID, str], Aged] = {}
    for vendor_id, name, currency, age, total, count in rows:
        line = found.setdefault((vendor_id, currency), Aged(vendor_id, name, currency, {}, {}))
        line.sums[age] = total
        line.counts[age] = count
    return sorted(found.values(), key=lambda each: (-each.total, each.vendor))


def _pack(row: InvoiceRow) -> str:
    return base64.urlsafe_b64encode(f"{row.created_at.isoformat()}|{row.id}".encode()).decode()


def _unpack(text: str) -> tuple[datetime, uuid.UUID]:
    try:
        at, _bar, row_id = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        return datetime.fromisoformat(at), uuid.UUID(row_id)
    except (ValueError, binascii.Error) as error:
        raise Invalid(
            _("Please check the marked fields."),
            fields={
                "cursor": _("This page of the list no longer exists. Start from the first one.")
            },
        ) from error
