"""What the API and the pickers show of buildings, units and sections."""

import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from ecopick.domains.property.models import SectionType, UnitType


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class BuildingLine(_Out):
    """A building, as lists and pickers name it."""

    id: uuid.UUID
    property_owner_id: uuid.UUID
    name: str
    address1: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    time_zone: str
    emergency_phone: str | None = None

    @property
    def address(self) -> str:
        """Street, then postal code and town, on one line."""
        town = " ".join(part for part in (self.postal_code, self.city) if part)
        return ", ".join(part for part in (self.address1, town) if part)


class SectionLine(_Out):
    """An area inside a unit."""

    id: uuid.UUID
    unit_id: uuid.UUID
    name: str
    section_type: SectionType
    floor: str | None = None
    room_number: str | None = None
    description: str | None = None
    is_active: bool = True


class UnitLine(_Out):
    """A unit, with the building it stands in."""

    id: uuid.UUID
    building_id: uuid.UUID
    property_owner_id: uuid.UUID
    label: str
    unit_type: UnitType
    floor: str | None = None
    description: str | None = None
    building_name: str = ""


class UnitDetail(UnitLine):
    """A unit with its areas."""

    sections: list[SectionLine] = []
    created_at: datetime
    updated_at: datetime


class Place(UnitLine):
    """A unit for which the actor may report, with its areas in use."""

    sections: list[SectionLine] = []


class PlaceBuilding(BuildingLine):
    """A building in which the actor may report, with the units open to them."""

    units: list[Place] = []
