"""Strangers who send the public form over and over: counted before anything is kept."""

import io

import pytest
from flask import Flask

from ecopick.adapters.storage import LocalStorage
from ecopick.core import clock
from ecopick.domains.tickets.commands.public_requests import KEPT_TIMES, TRIES
from tests.factories import World
from tests.mailed_proofs import code_of, latest, stranger
from tests.public_form import WORDS, Phone, hang_code, links, tickets
from tests.signing_in import api_of
from tests.uploads import jpeg

TRIES_AN_HOUR, KEPT_AN_HOUR = TRIES[0].count, KEPT_TIMES[0].count


@pytest.fixture
def phone(app: Flask, world: World) -> Phone:
    """A phone at the building's address."""
    return Phone(app, world)


@pytest.fixture
def storage(app: Flask) -> LocalStorage:
    """Where files are kept."""
    found: LocalStorage = app.extensions["storage"]
    return found


def stored(storage: LocalStorage, world: World) -> set[str]:
    """Every object of the owner."""
    return set(storage.keys(f"{world.owner_id}/{clock.now().date().isoformat()}"))


def test_photos_of_refused_forms_are_kept_so_often_an_hour(
    phone: Phone, world: World, storage: LocalStorage
) -> None:
    """Above it nothing more is stored; what was kept before stays, and the page says so."""
    hidden = phone.fields()
    for _try in range(KEPT_AN_HOUR):
        answer = phone.send(hidden=hidden, category=None, photos=1)
    held = stored(storage, world)
    assert len(held) == 2 * KEPT_AN_HOUR
    kept = phone.fields(answer.text)
    more = phone.send(hidden=kept, category=None, photos=1)
    assert more.status_code == 422
    assert "Fotos" in more.text.split("data-error-summary")[1].split("</ul>")[0]
    assert phone.fields(more.text)["kept"] == kept["kept"]
    assert stored(storage, world) == held


def test_photos_of_a_form_that_asks_are_counted_too(
    phone: Phone, world: World, storage: LocalStorage
) -> None:
    """A likely duplicate without an answer stores nothing beyond the limit."""
    phone.report()
    for _try in range(KEPT_AN_HOUR + 3):
        assert phone.send(photos=1).status_code == 200
    assert len(stored(storage, world)) == 2 * KEPT_AN_HOUR


def test_refused_reports_of_programs_are_counted(
    app: Flask, world: World, storage: LocalStorage
) -> None:
    """A broken file costs its sender a try, which the refusal does not give back."""
    client = app.test_client()
    path = f"/api/public/buildings/{world.building_id}/requests"

    def send(key: str, photo: bytes) -> int:
        data = {
            "description": WORDS,
            "category": "plumbing",
            "photos": [(io.BytesIO(photo), "foto.jpg")],
        }
        return client.post(path, data=data, headers={"Idempotency-Key": key}).status_code

    broken = jpeg()[:200]
    assert send("gut", jpeg()) == 201
    for number in range(TRIES_AN_HOUR - 1):
        assert send(f"schlecht{number}", broken) == 422
    assert send("schlecht", broken) == 429
    assert send("noch eins", jpeg()) == 429
    assert send("gut", jpeg()) == 201, "a repeat is the first one's answer, and not counted"
    assert len(tickets(world)) == 1
    assert len(stored(storage, world)) == 2


def test_programs_do_not_follow_and_a_device_follows_once(phone: Phone, world: World) -> None:
    where = phone.report()
    (ticket,) = tickets(world)

    def follow(browser: Phone, key: str, website: str = "") -> tuple[int, str | None]:
        body = {"ticket_id": str(ticket.id), "idempotency_key": key, "website": website}
        answer = browser.client.post(f"{phone.address}/follow", data=body)
        return answer.status_code, answer.headers.get("Location")

    assert 'name="website"' in phone.open().text.split('id="follow-form"')[1]
    neighbour = Phone(phone.app, world)
    assert follow(neighbour, "x", "https://spam.example")[0] == 422
    assert links(world)[1:] == []
    places = {follow(neighbour, f"tap{n}")[1] for n in range(4)}
    assert len(places) == 1
    assert [link.kind for link in links(world)] == ["reporter", "follower"]
    # Whoever leaves may come back, as one again.
    mine = places.pop()
    assert mine is not None and mine != where
    assert neighbour.post(mine, "leave").status_code == 303
    back = {follow(neighbour, f"again{n}")[1] for n in range(3)}
    assert len(back) == 1 and back != {mine}
    assert [link.ended_at is None for link in links(world)] == [True, False, True]


def test_a_kept_photo_belongs_to_one_report(phone: Phone, world: World) -> None:
    """Named twice it is one photo; another report does not get it."""
    hidden = phone.fields(phone.send(category=None, photos=1).text)
    kept = hidden["kept"]
    page = phone.report(hidden={**hidden, "kept": [kept, kept]})
    assert phone.client.get(page).text.count("/thumbnail") == 1
    other = Phone(phone.app, world)
    refused = other.send(kept=kept, asked="true")
    assert refused.status_code == 422
    assert 'id="f-photos-error"' in refused.text
    assert "kept" not in other.fields(refused.text)
    assert len(tickets(world)) == 1


def test_more_than_five_photos_with_those_of_an_earlier_try_are_refused(
    phone: Phone, world: World
) -> None:
    """None is dropped silently; those of the earlier try stay."""
    hidden = phone.fields(phone.send(category=None, photos=4).text)
    refused = phone.send(hidden=hidden, photos=2)
    assert refused.status_code == 422
    assert 'id="f-photos-error"' in refused.text
    again = phone.fields(refused.text)
    assert again["kept"] == hidden["kept"]
    page = phone.report(hidden=again, photos=1)
    assert phone.client.get(page).text.count("/thumbnail") == 5


def test_who_gave_no_name_is_somebody_to_the_neighbours(app: Flask, world: World) -> None:
    """Their address stands for their name to the staff alone."""
    phone = Phone(app, world, code=hang_code(world, unit_id=world.unit_id))
    email = stranger()
    page = phone.report(email=email)
    phone.post(page, "code", code=code_of(latest(world.engine, email)))
    (ticket,) = tickets(world)
    for who, name in (("resident", "Jemand"), ("manager", email)):
        seen = api_of(app, world, who).get(f"/api/tickets/{ticket.id}")
        assert seen.status_code == 200
        assert seen.get_json()["reporter"]["name"] == name
        assert (email in seen.text) is (who == "manager")
