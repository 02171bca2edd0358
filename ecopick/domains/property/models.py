"""Property owners and everything that stands on their ground."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
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
    owner_key,
)


class OwnerType(StrEnum):
    """What kind of business an owner runs."""

    PROPERTY_MANAGEMENT = "property_management"
    LANDLORD = "landlord"


class CompanyType(StrEnum):
    """What kind of tenant a company is."""

    CORPORATE = "corporate"
    RESIDENTIAL = "residential"
    RETAIL = "retail"


class UnitType(StrEnum):
    """What a unit is used for."""

    APARTMENT = "APARTMENT"
    OFFICE = "OFFICE"
    PARKING = "PARKING"
    STORAGE = "STORAGE"
    RETAIL = "RETAIL"
    COMMON_AREA = "COMMON_AREA"
    AMENITY = "AMENITY"
    ROOFTOP = "ROOFTOP"
    OTHER = "OTHER"


class SectionType(StrEnum):
    """What an area inside a unit is."""

    KITCHEN = "KITCHEN"
    PANTRY = "PANTRY"
    BATHROOM = "BATHROOM"
    BEDROOM = "BEDROOM"
    LIVING_ROOM = "LIVING_ROOM"
    DINING_ROOM = "DINING_ROOM"
    CORRIDOR = "CORRIDOR"
    ENTRANCE = "ENTRANCE"
    BALCONY = "BALCONY"
    CLOSET = "CLOSET"
    LAUNDRY = "LAUNDRY"
    CONFERENCE_ROOM = "CONFERENCE_ROOM"
    WORKSPACE = "WORKSPACE"
    RECEPTION = "RECEPTION"
    BREAKROOM = "BREAKROOM"
    RESTROOM = "RESTROOM"
    LOBBY = "LOBBY"
    STAIRWELL = "STAIRWELL"
    ELEVATOR = "ELEVATOR"
    MECHANICAL = "MECHANICAL"
    UTILITY = "UTILITY"
    OTHER = "OTHER"


class PropertyOwner(HasId, Timestamps, Base):
    """Top-level business entity and the wall between customers.

    ``settings`` holds its switches: ``tenant_company_staff`` false keeps a
    company's requests from the company's other staff.
    """

    __tablename__ = "property_owners"
    __table_args__ = (one_of("owner_type", OwnerType),)

    name: Mapped[str]
    owner_type: Mapped[OwnerType] = mapped_column(EnumText(OwnerType))
    ticket_prefix: Mapped[str] = mapped_column(default="EP")
    vat_id: Mapped[str | None]
    address: Mapped[str | None]
    postcode: Mapped[str | None]
    city: Mapped[str | None]
    country: Mapped[str | None]
    iban: Mapped[str | None]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)


class TenantCompany(HasId, Owned, Timestamps, Base):
    """Corporate tenant that leases space from one owner."""

    __tablename__ = "tenant_companies"
    __table_args__ = (
        owner_key(),
        one_of("company_type", CompanyType),
        Index(None, "property_owner_id", "name"),
    )

    name: Mapped[str]
    company_type: Mapped[CompanyType] = mapped_column(EnumText(CompanyType))


class Building(HasId, Owned, Timestamps, Base):
    """A building; its time zone and language are those of its tenants."""

    __tablename__ = "buildings"
    __table_args__ = (owner_key(), Index(None, "property_owner_id"))

    name: Mapped[str]
    address1: Mapped[str | None]
    address2: Mapped[str | None]
    city: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str | None]
    time_zone: Mapped[str] = mapped_column(default="Europe/Berlin")
    default_language: Mapped[str] = mapped_column(default="de")
    emergency_phone: Mapped[str | None]

    units: Mapped[list["Unit"]] = relationship(
        back_populates="building",
        primaryjoin=lambda: Building.id == foreign(Unit.building_id),
        order_by="Unit.label",
    )


class Unit(HasId, Owned, Timestamps, Base):
    """Apartment, office, parking spot or storage inside a building."""

    __tablename__ = "units"
    __table_args__ = (
        owner_key(),
        owner_key("building_id"),
        owner_fk("building_id", "buildings"),
        UniqueConstraint("property_owner_id", "building_id", "label"),
        one_of("unit_type", UnitType),
        Index(None, "building_id"),
        Index(None, "unit_type"),
    )

    building_id: Mapped[uuid.UUID]
    label: Mapped[str]
    unit_type: Mapped[UnitType] = mapped_column(EnumText(UnitType))
    floor: Mapped[str | None]
    description: Mapped[str | None]

    building: Mapped[Building] = relationship(
        back_populates="units", primaryjoin=lambda: foreign(Unit.building_id) == Building.id
    )
    sections: Mapped[list["UnitSection"]] = relationship(
        back_populates="unit",
        primaryjoin=lambda: Unit.id == foreign(UnitSection.unit_id),
        order_by="UnitSection.name",
    )


class UnitSection(HasId, Owned, Timestamps, Base):
    """Area inside a unit, to say precisely where something is broken."""

    __tablename__ = "unit_sections"
    __table_args__ = (
        owner_key(),
        owner_key("unit_id"),
        owner_fk("unit_id", "units"),
        UniqueConstraint("property_owner_id", "unit_id", "name"),
        one_of("section_type", SectionType),
        Index(None, "unit_id"),
        Index(None, "section_type"),
        Index(None, "is_active"),
    )

    unit_id: Mapped[uuid.UUID]
    name: Mapped[str]
    section_type: Mapped[SectionType] = mapped_column(EnumText(SectionType))
    floor: Mapped[str | None]
    room_number: Mapped[str | None]
    description: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)

    unit: Mapped[Unit] = relationship(
        back_populates="sections", primaryjoin=lambda: foreign(UnitSection.unit_id) == Unit.id
    )


class Lease(HasId, Owned, Timestamps, Base):
    """Ties a tenant company to a building and, through ``units``, to its space.

    A reference for access control only: it carries no money.
    """

    __tablename__ = "leases"
    __table_args__ = (
        owner_key(),
        owner_key("building_id"),
        owner_fk("tenant_company_id", "tenant_companies"),
        owner_fk("building_id", "buildings"),
        CheckConstraint("end_date is null or end_date >= start_date", name="period"),
        Index(None, "tenant_company_id"),
        Index(None, "building_id"),
        Index(None, "is_active"),
    )

    tenant_company_id: Mapped[uuid.UUID]
    building_id: Mapped[uuid.UUID]
    start_date: Mapped[date]
    end_date: Mapped[date | None]
    is_active: Mapped[bool] = mapped_column(default=True)

    tenant_company: Mapped[TenantCompany] = relationship(
        primaryjoin=lambda: foreign(Lease.tenant_company_id) == TenantCompany.id
    )
    building: Mapped[Building] = relationship(
        primaryjoin=lambda: foreign(Lease.building_id) == Building.id
    )
    units: Mapped[list["LeaseUnit"]] = relationship(
        back_populates="lease", primaryjoin=lambda: Lease.id == foreign(LeaseUnit.lease_id)
    )


class LeaseUnit(HasId, Owned, CreatedAt, Base):
    """One unit of a lease; it stands in the lease's building."""

    __tablename__ = "lease_units"
    __table_args__ = (
        owner_fk("lease_id", "leases", parent="building_id"),
        owner_fk("unit_id", "units", parent="building_id"),
        UniqueConstraint("property_owner_id", "lease_id", "unit_id"),
        Index(None, "unit_id"),
    )

    lease_id: Mapped[uuid.UUID]
    building_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID]

    lease: Mapped[Lease] = relationship(
        back_populates="units", primaryjoin=lambda: foreign(LeaseUnit.lease_id) == Lease.id
    )


class PlaceCode(HasId, Owned, Timestamps, Base):
    """A code that hangs at a building, a unit or a section, as a QR code.

    Whoever scans it reports for that place, in ``category`` where one is set (the
    label in a lift). A retired code (``retired_at``) tells ``note``, the
    management's words; ``replaced_by_id`` is the code that hangs there now.
    """

    __tablename__ = "place_codes"
    __table_args__ = (
        owner_key(),
        UniqueConstraint("code"),
        owner_fk("building_id", "buildings"),
        owner_fk("unit_id", "units", parent="building_id"),
        owner_fk("unit_section_id", "unit_sections", parent="unit_id"),
        owner_fk("replaced_by_id", "place_codes"),
        CheckConstraint("unit_section_id is null or unit_id is not null", name="section_in_unit"),
        CheckConstraint(
            "replaced_by_id is null or retired_at is not null", name="replaced_is_retired"
        ),
        Index(
            "ix_place_codes_live",
            "property_owner_id",
            "building_id",
            "unit_id",
            "unit_section_id",
            "category",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("retired_at is null"),
        ),
        Index(None, "building_id"),
    )

    building_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID | None]
    unit_section_id: Mapped[uuid.UUID | None]
    category: Mapped[str | None]
    code: Mapped[str]
    issued_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    retired_at: Mapped[datetime | None]
    retired_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str | None]
    replaced_by_id: Mapped[uuid.UUID | None]
