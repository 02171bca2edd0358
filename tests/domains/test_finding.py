"""Searching finds what a person may see and nothing else: random tickets, everybody of two owners."""

import dataclasses
from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.matching import marked, stands_in, words_of
from ecopick.core.permissions import allows
from ecopick.core.roles import MANAGEMENT_ROLES
from ecopick.core.uow import Database
from ecopick.domains.people.members import find_people, found_person
from ecopick.domains.property.models import Building, Unit
from ecopick.domains.property.queries import find_places
from ecopick.domains.tickets.models import StakeholderRole, Ticket, TicketStakeholder
from ecopick.domains.tickets.queries.finding import found_tickets, recent_tickets
from ecopick.domains.vendors.queries import find_vendors
from tests.factories import World, make_worlds

TITLES = ("Wasserrohrbruch im Keller", "Warmwasser nur lauwarm", "Aufzug steht im 3. Stock")


@pytest.fixture
def worlds(world: World, migrator: Engine, database: Database) -> tuple[World, World]:
    """Two owners with random tickets; some people take part in some of them."""
    other = make_worlds(migrator, database, 1)[0]
    random = Random(7)
    for owner in (world, other):
        everybody = sorted(owner.people.values())
        for number in range(1, 13):
            inside = random.random() < 0.7
            ticket = Ticket(
                id=new_id(),
                property_owner_id=owner.owner_id,
                number=500 + number,
                building_id=owner.building_id if inside else owner.second_building_id,
                unit_id=random.choice([None, owner.unit_id, owner.neighbour_unit_id])
                if inside
                else None,
                vendor_org_id=random.choice([None, owner.vendor_org_id]),
                title=random.choice(TITLES),
                category="plumbing",
                reporter_id=random.choice(everybody),
                created_at=clock.now(),
            )
            part = TicketStakeholder(
                id=new_id(),
                property_owner_id=owner.owner_id,
                ticket_id=ticket.id,
                user_id=random.choice(everybody),
                added_by_id=owner.people["manager"],
                role=StakeholderRole.OBSERVER,
                added_at=clock.now(),
                can_view=random.random() < 0.7,
            )
            owner.add(ticket)
            owner.add(part)
    return world, other


def everybody(worlds: tuple[World, World]) -> Iterator[tuple[World, str, Actor]]:
    """All people of both owners, and each once more with both owners in their scope."""
    both = tuple(sorted(each.owner_id for each in worlds))
    for world in worlds:
        for name in world.people:
            actor = world.actor(name)
            yield world, name, actor
            if name in ("manager", "caretaker", "resident", "vendor"):
                yield world, name, dataclasses.replace(actor, owner_ids=both)


def test_nothing_is_found_that_may_not_be_seen(
    worlds: tuple[World, World], database: Database, migrator: Engine
) -> None:
    with Session(migrator) as session:
        owners = [each.owner_id for each in worlds]
        stored = list(session.scalars(select(Ticket).where(Ticket.property_owner_id.in_(owners))))
    for world, name, actor in everybody(worlds):
        with database.transaction(actor.scope) as session:
            wanted = {
                ticket.id
                for ticket in stored
                if "asser" in ticket.title and allows(session, actor, "ticket:view", ticket)
            }
            found, _words = found_tickets(session, actor, "wasser", 100)
            assert {line.id for line in found} == wanted, name
            for line in recent_tickets(session, actor, 100):
                assert line.property_owner_id in actor.owner_ids
                ticket = session.get_one(Ticket, line.id)
                assert allows(session, actor, "ticket:view", ticket), name
            check_places(session, actor)
            check_people(session, actor, world)
            check_vendors(session, actor, world)


def check_places(session: Session, actor: Actor) -> None:
    """Only visible buildings and units, all of them that are named so."""
    for q in ("wiehre", "3.0", "nordtor", "wiehre 3.08"):
        for place in find_places(session, actor, words_of(q), 50):
            model = Building if place.unit_type is None else Unit
            row = session.get_one(model, place.id)
            kind = "building" if place.unit_type is None else "unit"
            assert allows(session, actor, f"{kind}:view", row)
            assert row.property_owner_id in actor.owner_ids


def check_people(session: Session, actor: Actor, world: World) -> None:
    """Management finds its owner's people; everybody else themself and those they lead."""
    found = {person.id for person in find_people(session, actor, (), 200)}
    own = set(world.people.values())
    assert found <= own, "people of another owner"
    if actor.is_management(world.owner_id):
        assert {world.people["caretaker"], world.people["resident"]} <= found
        assert world.people["vendor"] not in found
        assert found_person(session, actor, world.people["resident"]) is not None
    elif not (actor.tenant_roles or actor.vendor_org_ids):
        assert found <= {actor.user_id}
        stranger = next(key for key in own if key != actor.user_id)
        assert found_person(session, actor, stranger) is None


def check_vendors(session: Session, actor: Actor, world: World) -> None:
    """Management finds the vendors of the owner it works for; nobody else finds any."""
    found = {vendor.id for vendor in find_vendors(session, actor, ("pl",), (), limit=50)}
    manages = actor.owner_id is not None and (
        actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES) != frozenset()
    )
    assert found == ({world.vendor_org_id} if manages else set())


def test_a_number_comes_first_and_names_what_it_is(
    worlds: tuple[World, World], database: Database
) -> None:
    actor = worlds[0].actor("manager")
    with database.transaction(actor.scope) as session:
        for q in ("EP-503", "ep-503", "503"):
            found, _words = found_tickets(session, actor, q, 5)
            assert found[0].reference == "EP-503"
        unit, *_others = find_places(session, actor, words_of("Wiehre 3.08"), 5)
        assert (unit.name, unit.detail) == ("3.08", "Wiehre-Höfe")
        house, *_others = find_places(session, actor, words_of("GÜNTERSTAL"), 5)
        assert house.name == "Wiehre-Höfe" and house.unit_type is None
        assert find_people(session, actor, words_of("%"), 5) == []


def test_marks_stand_where_the_words_do() -> None:
    assert marked("Warmwasser, WÄSSER", words_of("wasser")) == [
        ("Warm", False),
        ("wasser", True),
        (", ", False),
        ("WÄSSER", True),
    ]
    assert marked("Günterstalstraße", words_of("strasse")) == [
        ("Günterstal", False),
        ("straße", True),
    ]
    assert marked("<b>", words_of("x")) == [("<b>", False)]
    assert stands_in("Send to vendor: Plumber", words_of("send plu"))
    assert not stands_in("Send to vendor", words_of("end"))
    assert len(words_of("a " * 9)) == 6
