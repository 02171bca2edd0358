"""Vendor rates and vendor invoices. Money is ``Decimal``, never float."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    UniqueConstraint,
    text,
)
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
from ecopick.core.scanning import Scanned, ScanState
from ecopick.domains.billing.lifecycle import InvoiceSource, InvoiceStatus, RateType


class BillingRate(HasId, Timestamps, Base):
    """What a vendor charges for a category of work: for everybody, or as agreed with an owner.

    ``amount`` is without tax; an agreed rate outweighs the vendor's own.
    """

    __tablename__ = "billing_rates"
    __table_args__ = (
        one_of("rate_type", RateType),
        vendor_fk(),
        Index(None, "vendor_org_id"),
        Index(None, "category"),
        Index(None, "is_active"),
        Index(
            "uq_billing_rates_active",
            "vendor_org_id",
            "property_owner_id",
            "category",
            "rate_type",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("is_active"),
        ),
    )

    vendor_org_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vendor_orgs.id"))
    property_owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("property_owners.id"))
    category: Mapped[str]
    rate_type: Mapped[RateType] = mapped_column(EnumText(RateType))
    amount: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    currency: Mapped[str] = mapped_column(default="EUR")
    note: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)


class Invoice(HasId, Owned, Timestamps, Scanned, Base):
    """Invoice of a vendor to an owner.

    A line is ``{description, category?, rate_type?, quantity, unit_amount, tax_rate,
    tax_category, amount}`` with sums as strings; ``total_amount`` includes ``tax_amount``,
    and both follow from the lines. ``seller`` and ``buyer`` are both sides as they stand
    on it. ``first_approved_by_id`` is set where two people have to approve; ``version``
    rises with every change of what is billed. ``storage_key`` is the file it came in.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        vendor_fk(),
        owner_fk("ticket_id", "tickets"),
        UniqueConstraint("property_owner_id", "vendor_org_id", "invoice_number"),
        one_of("status", InvoiceStatus),
        one_of("source", InvoiceSource),
        one_of("scan_state", ScanState),
        CheckConstraint("(storage_key is null) = (scan_state is null)", name="file_is_scanned"),
        CheckConstraint("first_approved_by_id <> approved_by_id", name="four_eyes"),
        CheckConstraint("(status = 'PAID') = (paid_at is not null)", name="paid_when"),
        Index(None, "vendor_org_id"),
        Index(None, "property_owner_id"),
        Index(None, "ticket_id"),
        Index(None, "status"),
        Index(None, "due_date"),
        Index(
            "ix_invoices_property_owner_id_created_at",
            "property_owner_id",
            text("created_at desc"),
            text("id desc"),
        ),
        Index(
            "ix_invoices_unscanned", "created_at", postgresql_where=text("scan_state = 'pending'")
        ),
    )

    vendor_org_id: Mapped[uuid.UUID]
    ticket_id: Mapped[uuid.UUID | None]
    invoice_number: Mapped[str]
    status: Mapped[InvoiceStatus] = mapped_column(
        EnumText(InvoiceStatus), default=InvoiceStatus.DRAFT
    )
    source: Mapped[InvoiceSource] = mapped_column(
        EnumText(InvoiceSource), default=InvoiceSource.VENDOR
    )
    total_amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    tax_amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    currency: Mapped[str] = mapped_column(default="EUR")
    issue_date: Mapped[date | None]
    due_date: Mapped[date | None]
    service_date: Mapped[date | None]
    line_items: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    seller: Mapped[dict[str, Any]] = mapped_column(default=dict)
    buyer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    note: Mapped[str | None]
    tax_note: Mapped[str | None]
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    submitted_at: Mapped[datetime | None]
    submitted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    first_approved_at: Mapped[datetime | None]
    first_approved_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    disputed_at: Mapped[datetime | None]
    disputed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    dispute_reason: Mapped[str | None]
    paid_at: Mapped[datetime | None]
    paid_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    payment_reference: Mapped[str | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    cancel_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    storage_key: Mapped[str | None]
    file_name: Mapped[str | None]
    content_type: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[bytes | None]
    scan_state: Mapped[ScanState | None] = mapped_column(EnumText(ScanState))
