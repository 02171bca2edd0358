"""The public form of a building, in a browser without scripts."""

import io
import json
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from ecopick.core.tenancy import SYSTEM_USER_ID
from ecopick.domains.property.models import Unit, UnitType
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import TicketChannel
from tests.factories import World
from tests.public_form import WORDS, Phone, hang_code, links, tickets
from tests.signing_in import api_of


def settle(world: World, **settings: Any) -> None:
    """Set the owner's settings of the public form."""
    with world.engine.begin() as connection:
        connection.execute(
            text("update property_owners set settings = cast(:s as jsonb) where id = :o"),
            {"s": json.dumps({"public_form": settings}), "o": world.owner_id},
        )


@pytest.fixture
def phone(app: Flask, world: World) -> Phone:
    """A phone at the building's address."""
    return Phone(app, world)


def test_a_report_from_a_scanned_code(app: Flask, world: World) -> None:
    """The code knows the home; the report is nobody's yet, and nobody is sent."""
    world.add_rule(assignee="caretaker")
    phone = Phone(app, world, code=hang_code(world, unit_id=world.unit_id))
    page = phone.open().text
    assert "3.07" in page
    where = phone.report(
        email="anna@example.org", photos=2, may_enter="true", access_times="ab 17 Uhr"
    )
    (ticket,) = tickets(world)
    assert (ticket.channel, ticket.unit_id) == (TicketChannel.QR, world.unit_id)
    assert (ticket.status, ticket.reporter_id) == (TicketStatus.NEW, SYSTEM_USER_ID)
    assert ticket.reporter_email == "anna@example.org"
    assert ticket.sla_due_at is not None
    assert "ab 17 Uhr" in (ticket.access_note or "")
    shown = phone.client.get(where)
    assert shown.status_code == 200
    assert WORDS in shown.text
    assert shown.text.count("/thumbnail") == 2
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert shown.headers["Cache-Control"] == "no-store"
    assert "noindex" in shown.headers["X-Robots-Tag"]


def test_the_language_is_the_phones(app: Flask, world: World) -> None:
    client = app.test_client()
    path = f"/public/buildings/{world.building_id}/requests"
    for language in ("de", "fr", "it"):
        answer = client.get(path, headers={"Accept-Language": f"{language}-CH,{language};q=0.9"})
        assert answer.headers["Location"].startswith(f"/{language}{path}")


def test_a_hundred_submits_are_one_report(phone: Phone, world: World) -> None:
    """The same form again and again, as an impatient thumb or a shaky line sends it."""
    hidden = phone.fields()
    places = {phone.send(hidden=hidden).headers["Location"] for _time in range(10)}
    assert len(places) == 1
    assert len(tickets(world)) == 1


def test_what_is_refused_stays_on_the_page(phone: Phone, world: World) -> None:
    """No category: the words, the address and the photos are still there."""
    answer = phone.send(category=None, email="anna@example.org", photos=2)
    assert answer.status_code == 422
    assert WORDS in answer.text
    assert 'value="anna@example.org"' in answer.text
    hidden = phone.fields(answer.text)
    assert len(hidden["kept"]) == 2
    where = phone.send(hidden=hidden).headers["Location"]
    assert phone.client.get(where).text.count("/thumbnail") == 2
    assert len(tickets(world)) == 1


def test_photos_kept_for_somebody_else_are_not_taken(
    app: Flask, phone: Phone, world: World, other_world: World
) -> None:
    """A signed name of a photo counts with its own owner only; a made one nowhere."""
    kept = phone.fields(phone.send(category=None, photos=1).text)["kept"]
    other = Phone(app, other_world)
    where = other.report(kept=[kept, "abc.def", ""])
    assert "/thumbnail" not in other.client.get(where).text


def test_programs_give_themselves_away(phone: Phone, world: World) -> None:
    hidden = phone.fields()
    for given in ({"website": "https://spam.example"}, {"shown_at": "1.abc"}, {"shown_at": None}):
        assert phone.send(hidden=hidden, **given).status_code == 422
    page = phone.client.get(phone.address).text
    fast = phone.send(hidden=phone.fields(page))
    assert (fast.status_code, WORDS in fast.text) == (422, True)
    assert tickets(world) == []


def test_too_many_reports_are_slowed_and_nothing_is_lost(phone: Phone, world: World) -> None:
    """Ten an hour from a known browser, twenty from one network address."""
    for browser, borne in ((phone, 11), (Phone(phone.app, world), 9)):
        for _report in range(borne):
            browser.report(asked="true")
        answer = browser.send(asked="true")
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert WORDS in answer.text
    assert Phone(phone.app, world).send(asked="true").status_code == 429
    assert len(tickets(world)) == 20


def test_a_title_is_the_first_sentence(phone: Phone, world: World) -> None:
    phone.report(description="Der Aufzug steht im 3. Stock. Bitte schnell kommen!")
    assert tickets(world)[0].title == "Der Aufzug steht im 3. Stock"


def test_a_file_that_is_no_picture_is_refused_with_words(phone: Phone, world: World) -> None:
    answer = phone.send(file=(io.BytesIO(b"<svg/>"), "bild.svg"))
    assert answer.status_code == 422
    assert 'id="f-photos-error"' in answer.text
    assert tickets(world) == []


def test_unknown_buildings_and_closed_forms_are_not_found(phone: Phone, world: World) -> None:
    client = phone.client
    for key in (world.owner_id, "x", "00000000-0000-0000-0000-000000000000"):
        assert client.get(f"/de/public/buildings/{key}/requests").status_code == 404
    settle(world, open=False)
    assert phone.open().status_code == 404
    assert client.post(phone.address, data={}).status_code == 404


def test_an_owner_chooses_the_tiles_and_the_words_on_privacy(phone: Phone, world: World) -> None:
    settle(world, categories=["elevator", "cleaning", "nonsense"], privacy={"de": "Unser Text"})
    page = phone.open().text
    assert re.findall(r'name="category" value="(\w+)"', page) == ["elevator", "cleaning"]
    words = phone.client.get(f"/de/public/owners/{world.owner_id}/privacy").text
    assert "Unser Text" in words
    english = phone.client.get(f"/en/public/owners/{world.owner_id}/privacy").text
    assert "What we keep, and why" in english


def test_the_emergency_number_and_privacy_stand_on_the_form(phone: Phone, world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            text("update buildings set emergency_phone = '0800 112' where id = :b"),
            {"b": world.building_id},
        )
    page = phone.open().text
    assert 'href="tel:0800112"' in page
    assert f"/de/public/owners/{world.owner_id}/privacy" in page


def test_a_neighbour_joins_instead_of_reporting_again(
    app: Flask, phone: Phone, world: World
) -> None:
    """The lift stands still: the second household is asked, and one tap is enough."""
    lift = Unit(
        property_owner_id=world.owner_id,
        building_id=world.building_id,
        label="Treppenhaus B",
        unit_type=UnitType.COMMON_AREA,
    )
    world.add(lift)
    first = Phone(app, world, code=hang_code(world, unit_id=tickets_unit(world, "Treppenhaus B")))
    first.report(category="elevator", description="Der Aufzug steht, Anna Muster wartet drin")
    asked = phone.send(category="elevator", description="Aufzug fährt nicht", photos=1)
    assert asked.status_code == 200
    assert "Treppenhaus B" in asked.text
    assert "Anna" not in asked.text
    assert "Aufzug fährt nicht" in asked.text
    (ticket,) = tickets(world)
    form = asked.text.split('id="follow-form"')[1]
    key = re.search(r'name="idempotency_key" value="([^"]+)"', form)
    assert key is not None
    for _tap in range(3):
        joined = phone.client.post(
            f"{phone.address}/follow",
            data={"ticket_id": str(ticket.id), "idempotency_key": key[1]},
        )
        assert joined.status_code == 303
    assert [link.kind for link in links(world)] == ["reporter", "follower"]
    page = phone.client.get(joined.headers["Location"]).text
    assert "Anna" not in page
    assert "Markup" not in page
    assert ticket.title not in page
    # Or it is something else: the same form sends it, photo included.
    hidden = phone.fields(asked.text)
    assert hidden["asked"] == "true"
    where = phone.send(hidden=hidden, category="elevator").headers["Location"]
    assert "/thumbnail" in phone.client.get(where).text
    assert len(tickets(world)) == 2


def tickets_unit(world: World, label: str) -> Any:
    """The id of a unit of the building."""
    with world.engine.connect() as connection:
        return connection.execute(
            text("select id from units where building_id = :b and label = :l"),
            {"b": world.building_id, "l": label},
        ).scalar_one()


def test_homes_of_neighbours_are_not_asked_about(app: Flask, phone: Phone, world: World) -> None:
    """A dripping tap in another home is nobody's duplicate, unless the words are the same."""
    other = Phone(app, world, code=hang_code(world, unit_id=world.unit_id))
    other.report(description="Im Bad tropft der Hahn")
    answer = phone.client.post(
        f"{phone.address}/similar",
        data={"category": "plumbing", "description": "Kein warmes Wasser mehr"},
    )
    assert answer.status_code == 200
    assert "follow-form" not in answer.text
    near = phone.client.post(
        f"{phone.address}/similar",
        data={"category": "plumbing", "description": "Im Bad tropft der Wasserhahn"},
    )
    assert "follow-form" in near.text
    assert "3.07" not in near.text


def test_only_open_recent_requests_of_the_building_can_be_followed(
    phone: Phone, world: World, other_world: World
) -> None:
    foreign = Phone(phone.app, other_world)
    foreign.report()
    for ticket_id in (tickets(other_world)[0].id, world.unit_id):
        answer = phone.client.post(f"{phone.address}/follow", data={"ticket_id": str(ticket_id)})
        assert answer.status_code == 404
    assert links(world) == []


def test_staff_see_that_nobody_stands_for_it_and_review_it(
    app: Flask, phone: Phone, world: World, migrator: Engine
) -> None:
    """The review lets the rules do what waited."""
    world.add_rule(assignee="caretaker")
    phone.report(email="anna@example.org")
    (ticket,) = tickets(world)
    manager = api_of(app, world, "manager")
    seen = manager.get(f"/api/tickets/{ticket.id}").get_json()
    assert seen["is_confirmed"] is False
    assert seen["reporter"]["name"] == "anna@example.org"
    assert "Sender not confirmed" in manager.get(f"/en/tickets/{ticket.id}").text
    assert manager.post("/api/tickets/triage", {"ticket_id": str(ticket.id)}).status_code == 200
    assert tickets(world)[0].status is TicketStatus.ASSIGNED
