"""Vendors and their dealings with owners.

A vendor belongs to nobody; ``owner_vendors`` says for whom it works, and every
tenant-owned row that names a vendor points through it.
"""

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from ecopick.core.db import (
    Base,
    CreatedAt,
    HasId,
    Owned,
    Timestamps,
    owner_fk,
    vendor_fk,
)


class VendorOrg(HasId, Timestamps, Base):
    """A firm that does the work. ``email`` takes mail when no person does."""

    __tablename__ = "vendor_orgs"

    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    vat_id: Mapped[str | None]
    address: Mapped[str | None]
    iban: Mapped[str | None]

    owners: Mapped[list["OwnerVendor"]] = relationship(
        back_populates="vendor_org",
        primaryjoin=lambda: VendorOrg.id == foreign(OwnerVendor.vendor_org_id),
    )


class OwnerVendor(HasId, Owned, CreatedAt, Base):
    """A vendor works for an owner; never deleted, ``ended_at`` ends it."""

    __tablename__ = "owner_vendors"
    __table_args__ = (
        UniqueConstraint("property_owner_id", "vendor_org_id"),
        Index(None, "vendor_org_id"),
    )

    vendor_org_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vendor_orgs.id"))
    ended_at: Mapped[datetime | None]

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
    """Quality figures of one finished ticket; the rating follows after closing."""

    __tablename__ = "vendor_performances"
    __table_args__ = (
        vendor_fk(),
        owner_fk("ticket_id", "tickets"),
        UniqueConstraint("property_owner_id", "vendor_org_id", "ticket_id"),
        CheckConstraint("rating between 1 and 5", name="rating_range"),
        Index(None, "ticket_id"),
    )

    vendor_org_id: Mapped[uuid.UUID]
    ticket_id: Mapped[uuid.UUID]
    response_time_minutes: Mapped[int | None]
    resolution_time_minutes: Mapped[int | None]
    rating: Mapped[int | None]
    rating_comment: Mapped[str | None]
    sla_met_deadline: Mapped[bool | None]
