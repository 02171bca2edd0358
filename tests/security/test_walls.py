"""Ids in bodies that are real, and not for whoever sends them."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ecopick.blueprints.events.hub import MAX_STREAMS_A_PERSON
from ecopick.blueprints.events.stream import Reader, follow, start_positions
from ecopick.core import clock
from ecopick.core.roles import MembershipRole
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.people.models import Membership, UnitRelationship, UserUnit
from ecopick.domains.tickets.models import Ticket, TicketStakeholder
from jobs.outbox import dispatch_owner
from jobs.runtime import make_runtime
from tests.api.test_main_job import reported
from tests.factories import World
from tests.jobs.steps import report, say, send_to_vendor
from tests.signing_in import api_of


def home(world: World, user_of: World, who: str) -> UserUnit:
    """A person of ``user_of`` lives in ``world``."""
    return UserUnit(
        user_id=user_of.people[who],
        property_owner_id=world.owner_id,
        unit_id=world.unit_id,
        building_id=world.building_id,
        relationship=UnitRelationship.RESIDENT,
        start_date=clock.now().date() - timedelta(days=20),
    )


@pytest.mark.parametrize("who", ["resident", "neighbour"])
def test_a_resident_files_nothing_for_a_company(app: Flask, world: World, who: str) -> None:
    """Check 18: a request appears only in the list of a company for which one speaks."""
    place = {"resident": world.unit_id, "neighbour": world.neighbour_unit_id}[who]
    api = api_of(app, world, who)
    answer = api.post(
        "/api/tickets",
        {
            "building_id": str(world.building_id),
            "unit_id": str(place),
            "title": "Untergeschoben",
            "category": "general",
            "tenant_company_id": str(world.company_id),
        },
    )
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == {"tenant_company_id"}
    assert api_of(app, world, "tenant_admin").get("/api/tickets").get_json()["items"] == []


@pytest.mark.parametrize("who", ["manager", "tenant_admin", "occupant"])
def test_who_speaks_for_a_company(app: Flask, world: World, who: str) -> None:
    found = reported(
        api_of(app, world, who),
        world,
        unit_id=str(world.neighbour_unit_id),
        tenant_company_id=str(world.company_id),
    )
    assert found["tenant_company_id"] == str(world.company_id)


def test_people_of_an_owner_where_the_manager_only_lives(
    app: Flask, world: World, other_world: World
) -> None:
    """Check 18: whom a manager meets as a resident elsewhere cannot be pulled over here."""
    world.add(home(other_world, world, "manager"))
    manager = api_of(app, world, "manager")
    ticket = reported(manager, world, auto_route=False)
    for who in ("manager", "caretaker", "neighbour", "stranger"):
        body = {"user_id": str(other_world.people[who])}
        answer = manager.post(f"/api/tickets/{ticket['id']}/stakeholders", body)
        assert answer.status_code == 422, who
        assert set(answer.get_json()["errors"]) == {"user_id"}
    with Session(world.engine) as session:
        count = select(func.count()).where(TicketStakeholder.property_owner_id == world.owner_id)
        assert session.scalar(count) == 0
    for who in ("neighbour", "caretaker", "occupant", "vendor"):
        body = {"user_id": str(world.people[who])}
        answer = manager.post(f"/api/tickets/{ticket['id']}/stakeholders", body)
        assert answer.status_code == 201, who


def test_the_managers_other_home_stays_the_other_owners(
    app: Flask, world: World, other_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Being staff of one owner tells nothing of the team notes of another."""
    monkeypatch.setattr("ecopick.blueprints.events.stream.HEARTBEAT_SECONDS", 0.2)
    world.add(home(other_world, world, "manager"))
    there = report(other_world)
    say(other_world, there, "manager", "Nur unter uns", visibility="team")
    manager = api_of(app, world, "manager")
    shown = manager.get(f"/api/tickets/{there.id}")
    assert shown.status_code == 200 and "Nur unter uns" not in shown.text
    assert shown.get_json()["audit_events"] == []
    assert "ticket.message" not in heard(app, world, "manager", other_world)
    assert "ticket.message" in heard(app, other_world, "manager", other_world)


def heard(app: Flask, world: World, who: str, owner: World) -> str:
    """Everything that the stream tells a person about an owner, from its beginning."""
    dispatch_owner(make_runtime(app.extensions["settings"], world.database), owner.owner_id)
    actor = load_user_actor(world.database, world.people[who])
    assert actor is not None
    owners = (owner.owner_id,)
    listener = app.extensions["events"].join(owners, actor.user_id)
    reader = Reader(world.database, owners, lambda: None)
    at = start_positions(world.database, actor, owners, "0")
    told = follow(reader, actor, listener, at)
    return "".join(told)


def test_a_narrow_role_reaches_only_its_building(app: Flask, world: World) -> None:
    """Check 14: staff of one building neither see nor change what is in another."""
    with Session(world.engine) as session, session.begin():
        rows = session.scalars(
            select(Membership).where(Membership.user_id == world.people["building_admin"])
        ).all()
        for row in rows:
            assert row.role is MembershipRole.BUILDING_ADMIN
            row.building_id = world.second_building_id
    ticket = reported(api_of(app, world, "manager"), world, auto_route=False)
    narrow = api_of(app, world, "building_admin")
    assert narrow.get("/api/tickets").get_json()["items"] == []
    body = {"ticket_id": ticket["id"]}
    for path, more in (
        ("/api/tickets/status", {"status": "CANCELLED"}),
        ("/api/tickets/message", {"body": "x"}),
        ("/api/tickets/triage", {}),
    ):
        assert narrow.post(path, {**body, **more}).status_code == 404
    answer = narrow.post(
        "/api/tickets", {"building_id": str(world.building_id), "title": "x", "category": "general"}
    )
    assert answer.status_code in (403, 422)


def test_undo_belongs_to_whoever_answered(app: Flask, world: World) -> None:
    """Another recipient of the same vendor cannot take the answer back."""
    manager = api_of(app, world, "manager")
    ticket: Ticket = report(world)
    assignment = send_to_vendor(world, ticket)
    first, second = api_of(app, world, "vendor"), api_of(app, world, "vendor_tech")
    body = {"ticket_id": str(ticket.id), "accept": True}
    assert first.post("/api/vendors/dispatch/respond", body).status_code == 200
    path = f"/en/tickets/{ticket.id}/assignment/{assignment.id}/undo"
    for api in (second, manager):
        answer = api.client.post(path, data={"csrf_token": api.csrf})
        assert answer.status_code in (403, 409)
    stranger = api_of(app, world, "vendor_two")
    assert stranger.client.post(path, data={"csrf_token": stranger.csrf}).status_code == 404
    assert manager.get(f"/api/tickets/{ticket.id}").get_json()["status"] == "IN_PROGRESS"
    assert first.client.post(path, data={"csrf_token": first.csrf}).status_code == 303


def test_one_person_takes_not_everybodys_place_in_the_stream(app: Flask, world: World) -> None:
    """Open streams are counted for each person, beside the limit of the process."""
    hub = app.extensions["events"]
    greedy, modest = world.people["vendor"], world.people["manager"]
    held = [hub.join((world.owner_id,), greedy) for _ in range(MAX_STREAMS_A_PERSON)]
    assert None not in held
    assert hub.join((world.owner_id,), greedy) is None
    other = hub.join((world.owner_id,), modest)
    assert other is not None
    for listener in (*held, other):
        listener.close()
