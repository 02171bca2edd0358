"""Reading the codes of a building's places."""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import authorize
from ecopick.domains.property import policy
from ecopick.domains.property.models import Building, PlaceCode, Unit, UnitSection
from ecopick.domains.property.queries import Key, find_building

# Unit and section; both None is the building itself.
Spot = tuple[uuid.UUID | None, uuid.UUID | None]


@dataclass(frozen=True)
class CodedSpot:
    """A place of a building and its codes that count, the one without a category first."""

    unit: Unit | None
    section: UnitSection | None
    codes: list[PlaceCode] = field(default_factory=list)

    @property
    def spot(self) -> Spot:
        """Its ids."""
        unit_id = self.unit.id if self.unit is not None else None
        return unit_id, self.section.id if self.section is not None else None


@dataclass(frozen=True)
class BuildingCodes:
    """Every place of a building, units in the order of their labels, and what was retired."""

    building: Building
    spots: list[CodedSpot]
    retired: list[tuple[CodedSpot, PlaceCode]]

    def next_of(self, code: PlaceCode) -> PlaceCode | None:
        """The code that counts in place of a retired one, however often it was replaced."""
        known = {each.id: each for spot in self.spots for each in spot.codes}
        known |= {each.id: each for _spot, each in self.retired}
        later: PlaceCode | None = code
        while later is not None and later.retired_at is not None:
            later = known.get(later.replaced_by_id) if later.replaced_by_id else None
        return later


def codes_of_building(session: Session, actor: Actor, key: Key) -> BuildingCodes:
    """The places of a building with their codes. Raises NotFound, Forbidden."""
    building = find_building(session, actor, key)
    authorize(session, actor, "place_code:view", building)
    return read_codes(session, building)


def read_codes(session: Session, building: Building) -> BuildingCodes:
    """The places of a building that was found for the actor, with their codes."""
    spots: dict[Spot, CodedSpot] = {(None, None): CodedSpot(None, None)}
    spots |= _inside(session, building)
    retired = []
    rows = session.scalars(
        select(PlaceCode)
        .where(
            PlaceCode.property_owner_id == building.property_owner_id,
            PlaceCode.building_id == building.id,
        )
        .order_by(PlaceCode.category.nulls_first(), PlaceCode.created_at.desc())
    )
    for code in rows:
        spot = spots.get((code.unit_id, code.unit_section_id))
        if spot is None:  # A section that is no longer in use.
            continue
        if code.retired_at is None:
            spot.codes.append(code)
        else:
            retired.append((spot, code))
    retired.sort(key=lambda each: str(each[1].retired_at), reverse=True)
    return BuildingCodes(building, list(spots.values()), retired)


def _inside(session: Session, building: Building) -> dict[Spot, CodedSpot]:
    """Units by label, each followed by its sections in use."""
    sections: defaultdict[uuid.UUID, list[UnitSection]] = defaultdict(list)
    rows = session.execute(
        select(Unit, UnitSection)
        .outerjoin(
            UnitSection,
            and_(
                UnitSection.property_owner_id == Unit.property_owner_id,
                UnitSection.unit_id == Unit.id,
                UnitSection.is_active,
            ),
        )
        .where(
            Unit.property_owner_id == building.property_owner_id, Unit.building_id == building.id
        )
        .order_by(Unit.label, Unit.id, UnitSection.name, UnitSection.id)
    )
    units: dict[uuid.UUID, Unit] = {}
    for unit, section in rows:
        units[unit.id] = unit
        if section is not None:
            sections[unit.id].append(section)
    found: dict[Spot, CodedSpot] = {}
    for unit in units.values():
        found[unit.id, None] = CodedSpot(unit, None)
        for section in sections[unit.id]:
            found[unit.id, section.id] = CodedSpot(unit, section)
    return found


def lock_code(session: Session, actor: Actor, key: Key) -> PlaceCode:
    """A code of a building that the actor may see, locked for a change. Raises NotFound."""
    code_id = as_id(key)
    buildings = select(Building.id).where(policy.visible_to(actor))
    found = session.scalars(
        select(PlaceCode)
        .where(PlaceCode.id == code_id, PlaceCode.building_id.in_(buildings))
        .with_for_update(of=PlaceCode)
    ).one_or_none()
    session.info["authorized"] = True
    if found is None:
        raise missing(actor, "PlaceCode", code_id)
    return found
