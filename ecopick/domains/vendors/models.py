"""Vendors and their dealings with owners.

A vendor belongs to nobody; ``owner_vendors`` says for whom it works, and every
tenant-owned row that names a vendor points through it.
"""

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from ecopick.core.db import (
    Base,
    CreatedAt,
    EnumText,
    HasId,
    Owned,
    Timestamps,
    one_of,
    owner_fk,
    vendor_fk,
)
from ecopick.core.scanning import Scanned, ScanState
from ecopick.domains.vendors.lifecycle import CertificateKind


class VendorOrg(HasId, Timestamps, Base):
    """A firm that does the work. ``email`` takes mail when no person does.

    ``kept_by_id`` is the owner that entered it and keeps its details until the vendor
    does so itself or another owner works with it too.
    """

    __tablename__ = "vendor_orgs"
    __table_args__ = (
        CheckConstraint("payment_days between 0 and 365", name="payment_days_range"),
        Index("ix_vendor_orgs_name", func.lower(text("name")), "id"),
    )

    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    vat_id: Mapped[str | None]
    tax_number: Mapped[str | None]
    address: Mapped[str | None]
    postcode: Mapped[str | None]
    city: Mapped[str | None]
    country: Mapped[str | None]
    iban: Mapped[str | None]
    payment_days: Mapped[int | None]
    contact_name: Mapped[str | None]
    emergency_phone: Mapped[str | None]
    website: Mapped[str | None]
    kept_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("property_owners.id"))

    owners: Mapped[list["OwnerVendor"]] = relationship(
        back_populates="vendor_org",
        primaryjoin=lambda: VendorOrg.id == foreign(OwnerVendor.vendor_org_id),
    )


class OwnerVendor(HasId, Owned, CreatedAt, Base):
    """A vendor works for an owner; never deleted, ``ended_at`` ends it.

    ``categories`` is what the owner calls it for, ``note`` is for the owner's management
    alone. Blocked, it finishes what it has and gets nothing new from this owner.
    """

    __tablename__ = "owner_vendors"
    __table_args__ = (
        UniqueConstraint("property_owner_id", "vendor_org_id"),
        CheckConstraint(
            "(blocked_at is null) = (blocked_reason is null)", name="blocked_with_reason"
        ),
        Index(None, "vendor_org_id"),
    )

    vendor_org_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vendor_orgs.id"))
    ended_at: Mapped[datetime | None]
    categories: Mapped[list[str]] = mapped_column(default=list)
    note: Mapped[str | None]
    blocked_at: Mapped[datetime | None]
    blocked_reason: Mapped[str | None]
    blocked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))

    vendor_org: Mapped[VendorOrg] = relationship(
        back_populates="owners",
        primaryjoin=lambda: foreign(OwnerVendor.vendor_org_id) == VendorOrg.id,
    )


class VendorSubscription(HasId, Owned, Timestamps, Base):
    """Which open jobs a vendor wants to hear of; no building means all of the owner's."""

    __tablename__ = "vendor_subscriptions"
    __table_args__ = (
        vendor_fk(),
        owner_fk("building_id", "buildings"),
        UniqueConstraint(
            "vendor_org_id", "building_id", "property_owner_id", postgresql_nulls_not_distinct=True
        ),
        Index(None, "property_owner_id", "is_active"),
    )

    vendor_org_id: Mapped[uuid.UUID]
    building_id: Mapped[uuid.UUID | None]
    categories: Mapped[list[str]] = mapped_column(default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    notify_urgent: Mapped[bool] = mapped_column(default=True)
    notify_high: Mapped[bool] = mapped_column(default=True)
    notify_medium: Mapped[bool] = mapped_column(default=True)
    notify_low: Mapped[bool] = mapped_column(default=True)
    max_concurrent_jobs: Mapped[int | None]
    service_radius_miles: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))


class VendorOpportunityView(HasId, Owned, Base):
    """A vendor saw an open job; the first view stays."""

    __tablename__ = "vendor_opportunity_views"
    __table_args__ = (
        vendor_fk(),
        owner_fk("ticket_id", "tickets"),
        UniqueConstraint("property_owner_id", "ticket_id", "vendor_org_id"),
    )

    ticket_id: Mapped[uuid.UUID]
    vendor_org_id: Mapped[uuid.UUID]
    viewed_at: Mapped[datetime]
    viewed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))


class VendorPerformance(HasId, Owned, CreatedAt, Base):
    """Quality figures of one finished ticket; the rating follows after closing.

    ``created_at`` is when it was first solved, ``reopened_at`` when that first turned out
    not to hold; ``visits`` counts the times somebody came, None where nobody noted it.
    """

    __tablename__ = "vendor_performances"
    __table_args__ = (
        vendor_fk(),
        owner_fk("ticket_id", "tickets"),
        UniqueConstraint("property_owner_id", "vendor_org_id", "ticket_id"),
        CheckConstraint("rating between 1 and 5", name="rating_range"),
        Index(None, "ticket_id"),
        Index(
            "ix_vendor_performances_vendor_org_id_created_at",
            "property_owner_id",
            "vendor_org_id",
            "created_at",
        ),
    )

    vendor_org_id: Mapped[uuid.UUID]
    ticket_id: Mapped[uuid.UUID]
    response_time_minutes: Mapped[int | None]
    resolution_time_minutes: Mapped[int | None]
    rating: Mapped[int | None]
    rating_comment: Mapped[str | None]
    sla_met_deadline: Mapped[bool | None]
    reopened_at: Mapped[datetime | None]
    visits: Mapped[int | None]
    rated_at: Mapped[datetime | None]
    rated_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))


class VendorCertificate(HasId, Owned, Timestamps, Scanned, Base):
    """An insurance or a certificate of a vendor, as one owner holds it.

    Each owner keeps and checks its own copy. Without ``valid_until`` it does not end;
    without ``storage_key`` nobody sent the paper itself. ``removed_at`` takes it away.
    """

    __tablename__ = "vendor_certificates"
    __table_args__ = (
        vendor_fk(),
        one_of("kind", CertificateKind),
        one_of("scan_state", ScanState),
        CheckConstraint("(storage_key is null) = (scan_state is null)", name="file_is_scanned"),
        CheckConstraint("valid_until >= valid_from", name="period"),
        Index(None, "property_owner_id", "vendor_org_id"),
        Index(
            "ix_vendor_certificates_due",
            "property_owner_id",
            "valid_until",
            postgresql_where=text("removed_at is null"),
        ),
        Index(
            "ix_vendor_certificates_unscanned",
            "created_at",
            postgresql_where=text("scan_state = 'pending'"),
        ),
    )

    vendor_org_id: Mapped[uuid.UUID]
    kind: Mapped[CertificateKind] = mapped_column(EnumText(CertificateKind))
    title: Mapped[str | None]
    number: Mapped[str | None]
    issuer: Mapped[str | None]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    added_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime | None]
    storage_key: Mapped[str | None]
    thumbnail_key: Mapped[str | None]
    file_name: Mapped[str | None]
    content_type: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[bytes | None]
    scan_state: Mapped[ScanState | None] = mapped_column(EnumText(ScanState))
