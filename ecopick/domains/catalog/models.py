"""Service catalogues: what an owner offers or what a vendor does."""

import uuid
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from ecopick.core.db import Base, HasId, Timestamps, owner_fk, owner_key

_ONE_SIDE = "(property_owner_id is null) <> (vendor_org_id is null)"


class ServiceCatalog(HasId, Timestamps, Base):
    """A catalogue of one owner or of one vendor."""

    __tablename__ = "service_catalogs"
    __table_args__ = (
        owner_key(),
        UniqueConstraint("vendor_org_id", "id"),
        CheckConstraint(_ONE_SIDE, name="one_side"),
        Index(None, "property_owner_id"),
        Index(None, "vendor_org_id"),
    )

    property_owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("property_owners.id"))
    vendor_org_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("vendor_orgs.id"))
    name: Mapped[str]
    description: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)

    items: Mapped[list["ServiceItem"]] = relationship(
        back_populates="catalog",
        primaryjoin=lambda: ServiceCatalog.id == foreign(ServiceItem.catalog_id),
        order_by="ServiceItem.name",
    )


class ServiceItem(HasId, Timestamps, Base):
    """One service; it belongs to the same side as its catalogue.

    ``price_from`` is a hint before tax; what counts is the rate card or a quote.
    """

    __tablename__ = "service_items"
    __table_args__ = (
        owner_fk("catalog_id", "service_catalogs"),
        ForeignKeyConstraint(
            ["vendor_org_id", "catalog_id"],
            ["service_catalogs.vendor_org_id", "service_catalogs.id"],
        ),
        CheckConstraint(_ONE_SIDE, name="one_side"),
        CheckConstraint("(price_from is null) = (currency is null)", name="price_has_currency"),
        Index(None, "catalog_id"),
    )

    property_owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("property_owners.id"))
    vendor_org_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("vendor_orgs.id"))
    catalog_id: Mapped[uuid.UUID]
    name: Mapped[str]
    description: Mapped[str | None]
    category: Mapped[str]
    estimated_duration_minutes: Mapped[int | None]
    requires_access: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    price_from: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    currency: Mapped[str | None]

    catalog: Mapped[ServiceCatalog] = relationship(
        back_populates="items",
        primaryjoin=lambda: foreign(ServiceItem.catalog_id) == ServiceCatalog.id,
    )
