"""Who sees which building and unit, and for which places one may report."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.errors import NotFound
from ecopick.core.permissions import allows
from ecopick.core.roles import MembershipRole
from ecopick.core.uow import Database
from ecopick.domains.people.models import Membership, UserUnit
from ecopick.domains.property import policy, queries
from ecopick.domains.property.models import Building, Lease, Unit, UnitSection, UnitType
from tests.factories import World

EVERYBODY = [
    "owner",
    "manager",
    "building_admin",
    "caretaker",
    "maintenance",
    "resident",
    "neighbour",
    "tenant_admin",
    "occupant",
    "vendor",
    "app_admin",
    "stranger",
    "narrowed",
]


@pytest.fixture
def hall_id(world: World) -> uuid.UUID:
    """A shared area of the first building."""
    hall = Unit(
        id=new_id(),
        property_owner_id=world.owner_id,
        building_id=world.building_id,
        label="Hall",
        unit_type=UnitType.COMMON_AREA,
    )
    hall_id = hall.id
    far = Unit(
        id=new_id(),
        property_owner_id=world.owner_id,
        building_id=world.second_building_id,
        label="Far",
        unit_type=UnitType.OFFICE,
    )
    world.add(hall, far)
    return hall_id


@pytest.fixture
def narrowed(world: World) -> None:
    """A caretaker of the second building only."""
    world.add(world.person("narrowed"))
    world.add(
        Membership(
            user_id=world.people["narrowed"],
            role=MembershipRole.CARETAKER,
            property_owner_id=world.owner_id,
            building_id=world.second_building_id,
        )
    )


def both(world: World) -> set[uuid.UUID]:
    return {world.building_id, world.second_building_id}


def seen(database: Database, actor: Actor) -> set[uuid.UUID]:
    with database.transaction(actor.scope) as session:
        return {line.id for line in queries.buildings(session, actor)}


def test_buildings_by_role(world: World, database: Database, narrowed: None) -> None:
    expected = {
        **dict.fromkeys(("owner", "manager", "building_admin", "caretaker"), both(world)),
        **{key: {world.building_id} for key in ("resident", "tenant_admin", "occupant")},
        "narrowed": {world.second_building_id},
        **{key: set() for key in ("vendor", "app_admin", "stranger")},
    }
    assert {name: seen(database, world.actor(name)) for name in expected} == expected


@pytest.mark.parametrize("nickname", EVERYBODY)
def test_lists_answer_what_the_rules_grant(
    world: World,
    other_world: World,
    database: Database,
    hall_id: uuid.UUID,
    narrowed: None,
    nickname: str,
) -> None:
    actor = world.actor(nickname)
    with database.transaction(actor.scope) as session:
        rows = list(session.scalars(select(Building)))
        units = list(session.scalars(select(Unit)))
        listed = set(session.scalars(select(Building.id).where(policy.visible_to(actor))))
        units_listed = set(session.scalars(select(Unit.id).where(policy.units_visible_to(actor))))
        assert listed == {row.id for row in rows if allows(session, actor, "building:view", row)}
        assert units_listed == {
            unit.id for unit in units if allows(session, actor, "unit:view", unit)
        }
        buildings = {row.id: row for row in rows}
        reportable = set(session.scalars(select(Unit.id).where(policy.reportable_units(actor))))
        assert reportable == {
            unit.id
            for unit in units
            if policy.may_report_at(session, actor, buildings[unit.building_id], unit)
        }
        places = {place.id for place in queries.places(session, actor)}
        assert places == {row.id for row in rows if policy.may_report_at(session, actor, row)}
        assert other_world.building_id not in listed | places


def reportable(database: Database, actor: Actor) -> list[str]:
    with database.transaction(actor.scope) as session:
        return [unit.label for place in queries.places(session, actor) for unit in place.units]


def test_residents_report_for_their_unit_and_shared_areas(
    world: World, database: Database, hall_id: uuid.UUID
) -> None:
    assert reportable(database, world.actor("resident")) == ["3.07", "Hall"]
    assert reportable(database, world.actor("manager")) == ["Far", "3.07", "3.08", "Hall"]
    assert reportable(database, world.actor("occupant")) == ["3.08", "Hall"]


def test_unit_without_the_right_to_report(world: World, database: Database) -> None:
    with Session(world.engine) as session, session.begin():
        tie = session.query(UserUnit).filter_by(user_id=world.people["resident"]).one()
        tie.can_raise_tickets = False
    assert reportable(database, world.actor("resident")) == []


@pytest.mark.parametrize("change", ["over", "off", "future"])
def test_lease_that_does_not_run(world: World, database: Database, change: str) -> None:
    today = clock.now().date()
    with Session(world.engine) as session, session.begin():
        lease = session.query(Lease).filter_by(tenant_company_id=world.company_id).one()
        if change == "over":
            lease.end_date = today - timedelta(days=1)
        elif change == "off":
            lease.is_active = False
        else:
            lease.start_date = today + timedelta(days=1)
    actor = world.actor("tenant_admin")
    assert seen(database, actor) == set()
    assert reportable(database, actor) == []


def test_picker_shows_areas_in_use(world: World, database: Database) -> None:
    world.add(
        UnitSection(
            property_owner_id=world.owner_id,
            unit_id=world.unit_id,
            name="Walled up",
            section_type="CLOSET",
            is_active=False,
        )
    )
    actor = world.actor("resident")
    with database.transaction(actor.scope) as session:
        (place,) = queries.places(session, actor)
    assert place.address == "Günterstalstraße 41, Freiburg"
    assert [(unit.label, [part.name for part in unit.sections]) for unit in place.units] == [
        ("3.07", ["Küche"])
    ]


@pytest.mark.parametrize("kind", ["missing", "foreign", "malformed"])
def test_unit_that_is_not_there(
    world: World, other_world: World, database: Database, kind: str
) -> None:
    """Check 15: a foreign id answers exactly as a missing one."""
    key = {"missing": new_id(), "foreign": other_world.unit_id, "malformed": "3.07"}[kind]
    actor = world.actor("manager")
    with database.transaction(actor.scope) as session:
        with pytest.raises(NotFound) as refused:
            queries.find_unit(session, actor, key)
        assert queries.visible_unit(session, actor, key) is None
    assert refused.value.code == "not_found"


def test_only_management_manages(world: World, database: Database, narrowed: None) -> None:
    granted = set()
    for nickname in EVERYBODY:
        actor = world.actor(nickname)
        with database.transaction(actor.scope) as session:
            building = session.get(Building, world.building_id)
            if building is not None and allows(session, actor, "building:manage", building):
                granted.add(nickname)
    assert granted == {"owner", "manager", "building_admin"}
