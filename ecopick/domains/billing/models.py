"""Vendor rates and vendor invoices. Money is ``Decimal``, never float."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import (
    Base,
    EnumText,
    HasId,
    Owned,
    Timestamps,
    one_of,
    owner_fk,
    vendor_fk,
)
from ecopick.domains.billing.lifecycle import InvoiceStatus, RateType


class BillingRate(HasId, Timestamps, Base):
    """What a vendor charges for a category of work."""

    __tablename__ = "billing_rates"
    __table_args__ = (
        one_of("rate_type", RateType),
        Index(None, "vendor_org_id"),
        Index(None, "category"),
        Index(None, "is_active"),
    )

    vendor_org_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vendor_orgs.id"))
    category: Mapped[str]
    rate_type: Mapped[RateType] = mapped_column(EnumText(RateType))
    amount: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    currency: Mapped[str] = mapped_column(default="EUR")
    is_active: Mapped[bool] = mapped_column(default=True)


class Invoice(HasId, Owned, Timestamps, Base):
    """Invoice of a vendor to an owner.

    A line is ``{description, category?, rate_type?, quantity, unit_amount,
    tax_rate?, tax_amount?, amount}``; ``total_amount`` includes ``tax_amount``.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        vendor_fk(),
        owner_fk("ticket_id", "tickets"),
        UniqueConstraint("property_owner_id", "vendor_org_id", "invoice_number"),
        one_of("status", InvoiceStatus),
        Index(None, "vendor_org_id"),
        Index(None, "property_owner_id"),
        Index(None, "ticket_id"),
        Index(None, "status"),
        Index(None, "due_date"),
    )

    vendor_org_id: Mapped[uuid.UUID]
    ticket_id: Mapped[uuid.UUID | None]
    invoice_number: Mapped[str]
    status: Mapped[InvoiceStatus] = mapped_column(
        EnumText(InvoiceStatus), default=InvoiceStatus.DRAFT
    )
    total_amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    tax_amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    currency: Mapped[str] = mapped_column(default="EUR")
    issue_date: Mapped[date | None]
    due_date: Mapped[date | None]
    line_items: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    approved_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    paid_at: Mapped[datetime | None]
