"""People at home: their units, sharing and following, ratings, the appointment."""

import re
import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.notifications.audience import participants
from ecopick.domains.people.models import UnitRelationship, UserUnit
from ecopick.domains.tickets.lifecycle import Rating
from ecopick.domains.tickets.models import Message, Ticket, TicketRating, TicketStakeholder
from tests.factories import World
from tests.pages.test_tickets import Desk, photo, stored


@pytest.fixture
def flatmate(world: World) -> str:
    """Somebody else who lives in the resident's unit."""
    person = world.person("flatmate")
    world.add(person)
    world.add(
        UserUnit(
            user_id=world.people["flatmate"],
            property_owner_id=world.owner_id,
            unit_id=world.unit_id,
            building_id=world.building_id,
            relationship=UnitRelationship.RESIDENT,
            start_date=clock.now().date() - timedelta(days=30),
        )
    )
    return "flatmate"


def test_my_homes_name_the_people_in_them(client: FlaskClient, world: World, flatmate: str) -> None:
    home = Desk(client, world, "resident")
    home.report()
    page = home.get("/en/homes")
    assert "3.07" in page and "Wiehre-Höfe" in page and "Flatmate" in page
    assert "Apartment 3.08" not in page and "Neighbour" not in page
    assert "1 request under way" in page
    place = f"/en/tickets/new?place={world.building_id}/{world.unit_id}"
    assert re.sub("%2F", "/", page).count(place) == 1
    told = client.get("/api/homes").json
    assert told is not None and len(told["homes"][0]["people"]) == 2
    assert "My homes" in home.get("/en/tickets")
    neighbour = Desk(client, world, "neighbour")
    assert "Flatmate" not in neighbour.get("/en/homes")


def test_a_flatmate_without_a_name_is_somebody(
    client: FlaskClient, world: World, flatmate: str
) -> None:
    """Their address does not stand for it."""
    with world.engine.begin() as connection:
        connection.execute(
            text("update users set name = null, first_name = null, last_name = null where id = :u"),
            {"u": world.people[flatmate]},
        )
    page = Desk(client, world, "resident").get("/en/homes")
    assert "Somebody" in page and world.emails[flatmate] not in page


def test_the_home_sees_and_follows_until_it_is_kept_to_oneself(
    client: FlaskClient, world: World, flatmate: str
) -> None:
    address = Desk(client, world, "resident").report()
    with_them = Desk(client, world, flatmate)
    assert "Follow this request" in with_them.get(address)
    with_them.post(f"{address}/follow")
    assert "Stop following" in with_them.get(address)
    with_them.post(f"{address}/sharing", 403, shared="false")
    with_them.post(f"{address}/rating", 403, rating="good")
    with_them.post(f"{address}/unfollow")
    with_them.post(f"{address}/follow")
    reporter = Desk(client, world, "resident")
    reporter.post(f"{address}/follow", 403)
    assert "Keep it to myself" in reporter.get(address)
    reporter.post(f"{address}/sharing", shared="false")
    assert "only you see this request" in reporter.get(address)
    with_them = Desk(client, world, flatmate)
    with_them.get(address, 404)
    assert "Water runs" not in with_them.get("/en/tickets")
    with_them.post(f"{address}/follow", 404)
    with Session(world.engine) as session:
        rows = session.scalars(
            select(TicketStakeholder).where(
                TicketStakeholder.user_id == world.people[flatmate],
            )
        ).all()
    assert len(rows) == 1 and rows[0].removed_at is not None
    Desk(client, world, "resident").post(f"{address}/sharing", shared="true")
    assert "Follow this request" in Desk(client, world, flatmate).get(address)
    Desk(client, world, "neighbour").get(address, 404)


def test_who_moved_out_neither_sees_nor_hears_of_what_they_followed(
    client: FlaskClient, world: World, flatmate: str
) -> None:
    """They lived in another home of the same owner before, too: that stays theirs."""
    mover = world.people[flatmate]
    today = clock.now().date()
    world.add(
        UserUnit(
            user_id=mover,
            property_owner_id=world.owner_id,
            unit_id=world.neighbour_unit_id,
            building_id=world.building_id,
            relationship=UnitRelationship.RESIDENT,
            start_date=today,
        )
    )
    address = Desk(client, world, "resident").report()
    with_them = Desk(client, world, flatmate)
    with_them.post(f"{address}/follow")
    ticket_id = stored(world, address).id
    with Session(world.engine) as session:
        ticket = session.get_one(Ticket, ticket_id)
        assert mover in participants(session, ticket)
    moved = text("update user_units set end_date = :day where user_id = :u and unit_id = :unit")
    day = today - timedelta(days=1)
    with world.engine.begin() as connection:
        connection.execute(moved, {"day": day, "u": mover, "unit": world.unit_id})
    with Session(world.engine) as session:
        assert mover not in participants(session, session.get_one(Ticket, ticket_id))
    with_them = Desk(client, world, flatmate)
    with_them.get(address, 404)
    assert "Water runs" not in with_them.get("/en/tickets")
    with_them.post(f"{address}/messages", 404, body="Still here")
    with_them.post(f"{address}/follow", 404)
    # To stop is never refused, and does not lead to what they no longer see.
    to, _page = with_them.post(f"{address}/unfollow")
    assert to.endswith("/en/tickets")
    with_them.post(f"{address}/unfollow", 404)


def test_the_outcome_is_rated_in_one_tap(client: FlaskClient, world: World) -> None:
    address = Desk(client, world, "resident").report()
    desk = Desk(client, world, "manager")
    desk.post(f"{address}/assign", assignee=f"user:{world.people['manager']}")
    desk.post(f"{address}/assignment/respond", accept="true")
    home = Desk(client, world, "resident")
    assert "How did it go?" not in home.get(address)
    home.post(f"{address}/rating", 409, rating="good")
    desk = Desk(client, world, "manager")
    desk.post(f"{address}/attachments", file=(photo(), "after.jpg"), type="RESOLUTION_EVIDENCE")
    desk.post(f"{address}/status", status="RESOLVED")
    home = Desk(client, world, "resident")
    page = home.get(address)
    assert "How did it go?" in page and "You can say so until" in page
    home.post(f"{address}/rating", rating="fair")
    home.post(f"{address}/rating", rating="good")
    page = home.get(address)
    chosen = re.findall(r'value="(\w+)" aria-pressed="true"', page)
    assert chosen == ["good"]
    ticket_id = stored(world, address).id
    with Session(world.engine) as session:
        rows = session.scalars(
            select(TicketRating).where(TicketRating.ticket_id == ticket_id)
        ).all()
    assert [(row.rating, row.user_id) for row in rows] == [(Rating.GOOD, world.people["resident"])]
    told = text(
        "select count(*) from outbox where name = 'ticket.updated'"
        " and payload ->> 'ticket_id' = :ticket"
    )
    with world.engine.connect() as connection:
        assert connection.scalar(told, {"ticket": str(ticket_id)}) == 2
    home.post(f"{address}/status", status="IN_PROGRESS")
    home.post(f"{address}/rating", 409, rating="poor")


def test_the_appointment_goes_into_a_calendar_and_can_be_asked_to_move(
    client: FlaskClient, world: World
) -> None:
    address = Desk(client, world, "resident").report()
    home = Desk(client, world, "resident")
    home.get(f"{address}/appointment.ics", 409)
    desk = Desk(client, world, "manager")
    desk.post(f"{address}/assign", assignee=f"user:{world.people['caretaker']}")
    caretaker = Desk(client, world, "caretaker")
    start = (clock.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    until = start + timedelta(hours=2)
    caretaker.post(
        f"{address}/assignment/respond",
        accept="true",
        arrival_from=start.isoformat(),
        arrival_until=until.isoformat(),
    )
    home = Desk(client, world, "resident")
    page = home.get(address)
    assert "Add to calendar" in page and "another-time" in page
    answer = client.get(f"{address}/appointment.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert ".ics" in answer.headers["Content-Disposition"]
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (start, until)
    assert "Günterstalstraße 41" in event["LOCATION"] and "3.07" in event["LOCATION"]
    assert event["URL"] == f"http://localhost{address}"
    assert "Agreed" in home.get(f"{address}/another-time")
    home.post(f"{address}/another-time", 422, times="")
    home.post(f"{address}/another-time", times="Friday after 5 pm")
    ticket_id = uuid.UUID(address.rsplit("/", 1)[-1])
    with Session(world.engine) as session:
        body = session.scalars(select(Message.body).where(Message.ticket_id == ticket_id)).one()
    assert "does not suit me" in body and "Friday after 5 pm" in body
