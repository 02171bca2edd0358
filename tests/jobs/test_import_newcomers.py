"""People whom a file brings: what it tells of accounts elsewhere, what becomes of invitations;
and what whoever began an import hears when it breaks off."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.imports.kinds import people
from ecopick.domains.imports.models import Import
from ecopick.domains.notifications.models import Notification
from ecopick.domains.people.lifecycle import InvitationStatus, UnitRelationship
from ecopick.domains.people.models import Invitation, User, UserUnit
from ecopick.domains.tickets.lifecycle import RequestLinkKind
from ecopick.domains.tickets.models import RequestLink
from jobs import imports
from jobs.runtime import Runtime
from tests.factories import World
from tests.jobs.test_imports import figures, state, take, try_file
from tests.public_form import Phone, hang_code, tickets
from tests.signing_in import api_of

HEADS = "E-Mail;Gebäude;Wohnung;Rolle\n"


def rows(*addresses: str) -> str:
    """A file of people who all live in the first unit."""
    return HEADS + "".join(f"{each};Wiehre-Höfe;3.07;\n" for each in addresses)


def fresh() -> str:
    """An address without an account."""
    return f"neu-{uuid.uuid4().hex[:8]}@example.org"


def test_above_the_limit_newcomers_are_refused_alike(
    jobs: Runtime,
    app: Flask,
    world: World,
    other_world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether an address has an account elsewhere cannot be read from what a file answers."""
    monkeypatch.setattr(people, "MOST_INVITED", 1)
    manager = api_of(app, world, "manager")
    invited, elsewhere, new = other_world.emails["resident"], other_world.emails["owner"], fresh()
    table = rows(invited, elsewhere, new)
    # The trial is told to nobody, so it says nothing either, however often it is repeated.
    for _each in range(2):
        assert figures(try_file(manager, "people", table)) == (3, 0, 0, 0)
    done = take(manager, "people", table)
    assert figures(done) == (1, 0, 0, 2)
    assert len({(each["field"], each["reason"]) for each in done["errors"]}) == 1
    again = try_file(manager, "people", table)
    assert figures(again) == (0, 0, 1, 2)
    assert len({(each["field"], each["reason"]) for each in again["errors"]}) == 1
    with Session(world.engine) as session:
        assert session.scalars(select(User).where(User.email == new)).all() == []
        asked = session.scalars(
            select(Invitation.email).where(Invitation.property_owner_id == world.owner_id)
        ).all()
    assert asked == [invited]
    clock.shift(timedelta(days=1, minutes=1))
    try:
        # The session of the day before is over.
        manager = api_of(app, world, "manager")
        assert figures(take(manager, "people", rows(invited, new, elsewhere))) == (2, 0, 1, 0)
    finally:
        clock.reset()


def test_what_an_invitation_became_counts_when_the_file_comes_again(
    jobs: Runtime, app: Flask, world: World, other_world: World
) -> None:
    manager = api_of(app, world, "manager")
    email = other_world.emails["resident"]
    assert figures(take(manager, "people", rows(email))) == (1, 0, 0, 0)
    assert figures(take(manager, "people", rows(email))) == (0, 0, 1, 0)
    mine = Invitation.property_owner_id == world.owner_id
    with world.engine.begin() as connection:
        connection.execute(update(Invitation).where(mine).values(expires_at=clock.now()))
    # It ended without an answer: the person is invited anew.
    assert figures(take(manager, "people", rows(email))) == (1, 0, 0, 0)
    with Session(world.engine) as session:
        assert len(session.scalars(select(Invitation).where(mine)).all()) == 2
    world.add(
        UserUnit(
            user_id=other_world.people["resident"],
            property_owner_id=world.owner_id,
            unit_id=world.unit_id,
            building_id=world.building_id,
            relationship=UnitRelationship.RESIDENT,
            start_date=clock.now().date(),
        )
    )
    with world.engine.begin() as connection:
        ended = {"status": InvitationStatus.ACCEPTED, "accepted_at": clock.now()}
        connection.execute(update(Invitation).where(mine).values(**ended))
    # From here on the file changes the tie, and knows it.
    owner = rows(email).replace(";3.07;\n", ";3.07;owner\n")
    assert figures(take(manager, "people", owner)) == (0, 1, 0, 0)
    assert figures(take(manager, "people", owner)) == (0, 0, 1, 0)
    with Session(world.engine) as session:
        (tie,) = session.scalars(
            select(UserUnit).where(
                UserUnit.user_id == other_world.people["resident"],
                UserUnit.property_owner_id == world.owner_id,
            )
        ).all()
    assert tie.relationship is UnitRelationship.OWNER


def test_who_reported_by_a_code_or_follows_is_known(
    jobs: Runtime, app: Flask, world: World, other_world: World
) -> None:
    """They had to do with the owner already: they get their home without being invited."""
    Phone(app, world, code=hang_code(world)).report()
    (ticket,) = tickets(world)
    assert ticket.channel == "qr"
    follower = other_world.people["owner"]
    with world.engine.begin() as connection:
        connection.execute(
            update(type(ticket))
            .where(type(ticket).id == ticket.id)
            .values(reporter_id=other_world.people["resident"])
        )
    world.add(
        RequestLink(
            property_owner_id=world.owner_id,
            ticket_id=ticket.id,
            user_id=follower,
            kind=RequestLinkKind.FOLLOWER,
            token_hash=uuid.uuid4().bytes * 2,
            submission_key=uuid.uuid4().bytes,
            submission_hash=uuid.uuid4().bytes,
            language="de",
            confirmed_at=clock.now(),
        )
    )
    manager = api_of(app, world, "manager")
    table = rows(other_world.emails["resident"], other_world.emails["owner"])
    assert figures(take(manager, "people", table)) == (2, 0, 0, 0)
    with Session(world.engine) as session:
        homes = session.scalars(
            select(UserUnit.user_id).where(
                UserUnit.unit_id == world.unit_id,
                UserUnit.user_id.in_([other_world.people["resident"], follower]),
            )
        ).all()
        asked = session.scalars(
            select(Invitation).where(Invitation.property_owner_id == world.owner_id)
        ).all()
    assert (len(homes), asked) == (2, [])


def test_whoever_began_it_hears_that_it_broke_off(
    jobs: Runtime, app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 2)
    manager = api_of(app, world, "manager")
    table = "Gebäude,Einheit\n" + "".join(f"Wiehre-Höfe,B {number}\n" for number in range(5))
    run = try_file(manager, "units", table)
    assert manager.post(f"/api/imports/{run['id']}/run").status_code == 202
    monkeypatch.setattr(imports, "SECONDS", -1.0)
    assert imports.work() == 0
    assert state(manager, run)["rows_done"] == 2
    with Session(world.engine) as session:
        key = session.get_one(Import, uuid.UUID(run["id"])).storage_key or ""
    jobs.storage.delete(key)
    for _each in range(2):
        assert imports.work() == 0
    assert state(manager, run)["state"] == "failed"
    with Session(world.engine) as session:
        (told,) = session.scalars(
            select(Notification).where(
                Notification.property_owner_id == world.owner_id,
                Notification.dedup_key.startswith(f"import:{run['id']}:failed:"),
            )
        ).all()
    assert told.user_id == world.people["manager"]
    assert told.title == "Your import broke off"
    assert (told.body or "").startswith("a.csv: 2 rows")
