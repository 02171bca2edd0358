"""Reading buildings, units and sections, always for an actor."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    and_,
    column,
    func,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.core.matching import has_words, nearness
from ecopick.domains.property import policy
from ecopick.domains.property.codes import read_code
from ecopick.domains.property.models import (
    Building,
    PropertyOwner,
    TenantCompany,
    Unit,
    UnitSection,
    UnitType,
)
from ecopick.domains.property.outputs import (
    BuildingLine,
    Place,
    PlaceBuilding,
    SectionLine,
    UnitDetail,
)

Key = uuid.UUID | str


# One row.


def visible_building(session: Session, actor: Actor, key: Key | None) -> Building | None:
    """The building if it exists and the actor may see it."""
    building_id = as_id(key)
    if building_id is None:
        return None
    return session.scalar(
        select(Building).where(Building.id == building_id, policy.visible_to(actor))
    )


def visible_unit(session: Session, actor: Actor, key: Key | None) -> Unit | None:
    """The unit if it exists and the actor may see it."""
    unit_id = as_id(key)
    if unit_id is None:
        return None
    return session.scalar(select(Unit).where(Unit.id == unit_id, policy.units_visible_to(actor)))


def find_building(session: Session, actor: Actor, key: Key) -> Building:
    """The building; ``NotFound`` where it is missing, malformed or not visible."""
    building = visible_building(session, actor, key)
    session.info["authorized"] = True
    if building is None:
        raise missing(actor, "Building", key)
    return building


def find_unit(session: Session, actor: Actor, key: Key) -> Unit:
    """The unit; ``NotFound`` where it is missing, malformed or not visible."""
    unit = visible_unit(session, actor, key)
    session.info["authorized"] = True
    if unit is None:
        raise missing(actor, "Unit", key)
    return unit


def _same_unit() -> ColumnElement[bool]:
    return and_(
        Unit.property_owner_id == UnitSection.property_owner_id, Unit.id == UnitSection.unit_id
    )


# Lists.


def buildings(session: Session, actor: Actor) -> list[BuildingLine]:
    """Buildings that the actor may see, by name."""
    session.info["authorized"] = True
    rows = session.scalars(
        select(Building).where(policy.visible_to(actor)).order_by(Building.name, Building.id)
    )
    return [BuildingLine.model_validate(row) for row in rows]


def building_names(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Names of buildings in the scope, for lists that only name them."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.execute(select(Building.id, Building.name).where(Building.id.in_(wanted)))
    return {row.id: row.name for row in rows}


@dataclass(frozen=True)
class FoundPlace:
    """A building or, with its type, a unit that was found by its name."""

    id: uuid.UUID
    name: str
    detail: str
    unit_type: UnitType | None


def find_places(
    session: Session, actor: Actor, words: Sequence[str], limit: int
) -> list[FoundPlace]:
    """Visible buildings, then units, that the words name; at most ``limit`` of each.

    A building's address counts as its name. A unit's label has to begin with one of
    the words, and its building's name may be among them: alone, that means the building.
    """
    session.info["authorized"] = True
    spoken = func.concat_ws(" ", Building.name, Building.address1, Building.city)
    address = func.concat_ws(", ", Building.address1, Building.city)
    houses = (
        select(Building.id, Building.name, address.label("detail"), null().label("unit_type"))
        .where(
            Building.property_owner_id.in_(actor.owner_ids),
            policy.visible_to(actor),
            has_words(spoken, words),
        )
        .order_by(nearness(spoken, words), Building.name, Building.id)
        .limit(limit)
    )
    label = func.concat(" ", Unit.label)
    units = (
        select(Unit.id, Unit.label, Building.name, Unit.unit_type)
        .join(
            Building,
            and_(
                Building.property_owner_id == Unit.property_owner_id,
                Building.id == Unit.building_id,
            ),
        )
        .where(
            Unit.property_owner_id.in_(actor.owner_ids),
            policy.units_visible_to(actor),
            has_words(func.concat_ws(" ", Unit.label, Building.name), words),
            or_(*(has_words(label, [f" {word}"]) for word in words)),
        )
        .order_by(func.length(Unit.label), Unit.label, Building.name, Unit.id)
        .limit(limit)
    )
    rows = session.execute(union_all(houses.subquery().select(), units.subquery().select()))
    return [
        FoundPlace(row.id, row.name, row.detail, UnitType(row.unit_type) if row.unit_type else None)
        for row in rows
    ]


def units_by_building(session: Session, actor: Actor) -> defaultdict[uuid.UUID, list[Unit]]:
    """All units that the actor may see, by building, in the order of their labels."""
    found: defaultdict[uuid.UUID, list[Unit]] = defaultdict(list)
    rows = session.scalars(
        select(Unit).where(policy.units_visible_to(actor)).order_by(Unit.label, Unit.id)
    )
    for unit in rows:
        found[unit.building_id].append(unit)
    return found


def sections_of(session: Session, unit: Unit) -> list[SectionLine]:
    """Areas in use of a unit that was found for the actor, by name."""
    return _sections(session, [unit.id])[unit.id]


def unit_detail(session: Session, unit: Unit) -> UnitDetail:
    """A found unit as the API shows it."""
    name = building_names(session, [unit.building_id]).get(unit.building_id, "")
    return UnitDetail(
        id=unit.id,
        building_id=unit.building_id,
        property_owner_id=unit.property_owner_id,
        label=unit.label,
        unit_type=unit.unit_type,
        floor=unit.floor,
        description=unit.description,
        building_name=name,
        sections=sections_of(session, unit),
        created_at=unit.created_at,
        updated_at=unit.updated_at,
    )


def _sections(
    session: Session, unit_ids: Iterable[uuid.UUID]
) -> defaultdict[uuid.UUID, list[SectionLine]]:
    found: defaultdict[uuid.UUID, list[SectionLine]] = defaultdict(list)
    rows = session.scalars(
        select(UnitSection)
        .where(UnitSection.unit_id.in_(list(unit_ids)), UnitSection.is_active)
        .order_by(UnitSection.name, UnitSection.id)
    )
    for row in rows:
        found[row.unit_id].append(SectionLine.model_validate(row))
    return found


def tenant_companies(session: Session, actor: Actor) -> list[TenantCompany]:
    """Tenant companies of the actor's owner for its staff, else the actor's own, by name."""
    query = select(TenantCompany).order_by(TenantCompany.name, TenantCompany.id)
    if actor.is_staff and actor.owner_id is not None:
        query = query.where(TenantCompany.property_owner_id == actor.owner_id)
    else:
        own = {fact.tenant_company_id for fact in policy.tenant_facts(actor)}
        query = query.where(TenantCompany.id.in_(own))
    return list(session.scalars(query))


def owner_names(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Names of the owners in the scope."""
    wanted = set(ids)
    rows = session.execute(
        select(PropertyOwner.id, PropertyOwner.name).where(PropertyOwner.id.in_(wanted))
    )
    return {row.id: row.name for row in rows}


@dataclass(frozen=True)
class Home:
    """Where an owner's business is done: the clocks there, and the money."""

    time_zone: str
    country: str | None

    @property
    def currency(self) -> str:
        """The currency in which sums are meant there."""
        return "CHF" if self.country in ("CH", "LI") else "EUR"


def home_of(session: Session, owner_id: uuid.UUID, building_id: uuid.UUID | None = None) -> Home:
    """Clocks and country of a building, else those of most buildings of the owner."""
    chosen = [] if building_id is None else [Building.id == building_id]
    row = session.execute(
        select(Building.time_zone, Building.country)
        .where(Building.property_owner_id == owner_id, *chosen)
        .group_by(Building.time_zone, Building.country)
        .order_by(func.count().desc(), Building.time_zone, Building.country)
        .limit(1)
    ).one_or_none()
    return Home(row.time_zone, row.country) if row is not None else Home("Europe/Berlin", None)


# Places for which the actor may report.


def places(
    session: Session, actor: Actor, building_id: uuid.UUID | None = None
) -> list[PlaceBuilding]:
    """Buildings, units and areas for which the actor may report, for the picker.

    Three statements, whatever the number of buildings; ``building_id`` limits
    the answer to one.
    """
    in_building = select(Building).where(policy.reportable_buildings(actor))
    in_unit = select(Unit).where(policy.reportable_units(actor))
    if building_id is not None:
        in_building = in_building.where(Building.id == building_id)
        in_unit = in_unit.where(Unit.building_id == building_id)
    found = {
        row.id: PlaceBuilding.model_validate(
            {**BuildingLine.model_validate(row).model_dump(), "units": []}
        )
        for row in session.scalars(in_building.order_by(Building.name, Building.id))
    }
    units = list(session.scalars(in_unit.order_by(Unit.label, Unit.id))) if found else []
    sections = _sections(session, [unit.id for unit in units]) if units else defaultdict(list)
    for unit in units:
        building = found.get(unit.building_id)
        if building is not None:
            building.units.append(
                Place(
                    id=unit.id,
                    building_id=unit.building_id,
                    property_owner_id=unit.property_owner_id,
                    label=unit.label,
                    unit_type=unit.unit_type,
                    floor=unit.floor,
                    description=unit.description,
                    building_name=building.name,
                    sections=sections[unit.id],
                )
            )
    return list(found.values())


# The place at which a code hangs.


@dataclass(frozen=True)
class CodedPlace:
    """A place by its code: what a form must know, and names for whoever stands there.

    A retired code still names its place; ``note`` are the management's words about
    it and ``next_code`` the code that hangs there now, where it was replaced.
    """

    code: str
    property_owner_id: uuid.UUID
    building_id: uuid.UUID
    unit_id: uuid.UUID | None
    unit_section_id: uuid.UUID | None
    category: str | None
    building_name: str
    default_language: str
    unit_label: str | None
    unit_type: UnitType | None
    section_name: str | None
    retired_at: datetime | None
    note: str | None
    next_code: str | None

    @property
    def counts(self) -> bool:
        """Whether one may report with it."""
        return self.retired_at is None


def place_of_code(session: Session, typed: str) -> CodedPlace | None:
    """The place at which a code hangs, read without any scope; None for an unknown code.

    Small letters, hyphens and the letters O, I and L count as what they stand for.
    """
    code = read_code(typed)
    if code is None:
        return None
    names = ("note", "next_code", "building_name", "default_language", "unit_label")
    found = func.find_place_code(code).table_valued(
        column("id", Uuid),
        *(column(name, Uuid) for name in ("property_owner_id", "building_id")),
        *(column(name, Uuid) for name in ("unit_id", "unit_section_id")),
        column("category", Text),
        column("retired_at", DateTime(timezone=True)),
        *(column(name, Text) for name in names),
        *(column(name, Text) for name in ("unit_type", "section_name")),
    )
    row = session.execute(select(found)).one_or_none()
    if row is None:
        return None
    facts = {name: value for name, value in row._mapping.items() if name not in ("id", "unit_type")}
    return CodedPlace(
        code=code, unit_type=UnitType(row.unit_type) if row.unit_type else None, **facts
    )
