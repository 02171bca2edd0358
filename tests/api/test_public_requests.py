"""The public form for programs: one report a key, whatever comes in parallel."""

import io
import os
import uuid

from flask import Flask

from tests.factories import World
from tests.figures import figure
from tests.parallel_calls import Call, at_once
from tests.public_form import WORDS, hang_code, tickets
from tests.served import served
from tests.signing_in import api_of
from tests.uploads import jpeg

MANY = 100 if os.environ.get("ECOPICK_FULL") else 40


def path_of(world: World) -> str:
    """The address of the form for programs."""
    return f"/api/public/buildings/{world.building_id}/requests"


def test_what_a_form_needs(app: Flask, world: World) -> None:
    code = hang_code(
        world, unit_id=world.unit_id, unit_section_id=world.section_id, category="plumbing"
    )
    body = app.test_client().get(path_of(world), query_string={"code": code}).get_json()
    assert body["building"]["name"] == "Wiehre-Höfe"
    assert body["place"] == {"unit": "3.07", "floor": None, "section": "Küche"}
    assert body["category"] == "plumbing"
    assert body["categories"][0]["value"] == "plumbing"
    assert body["max_photos"] == 5
    assert set(body) == {
        "building", "place", "categories", "category", "emergency_phone", "max_photos", "privacy_url"
    }  # fmt: skip


def test_a_report_with_photos(app: Flask, world: World) -> None:
    """Check 29 too: the private address begins with ours, whatever host was named."""
    client = app.test_client()
    answer = client.post(
        path_of(world),
        data={
            "title": "Rohrbruch",
            "description": WORDS,
            "category": "plumbing",
            "code": hang_code(world, unit_id=world.unit_id),
            "photos": [(io.BytesIO(jpeg()), "eins.jpg"), (io.BytesIO(jpeg()), "zwei.jpg")],
        },
        headers={"Idempotency-Key": "eins", "Host": "evil.example", "X-Forwarded-Host": "evil"},
    )
    assert answer.status_code == 201
    body = answer.get_json()
    assert "evil" not in body["status_url"]
    (ticket,) = tickets(world)
    assert body["reference"] == f"EP-{ticket.number}"
    assert ticket.unit_id == world.unit_id
    page = client.get(body["status_url"].removeprefix("http://localhost"))
    assert page.text.count("/thumbnail") == 2


def test_a_hundred_parallel_repeats_make_one_ticket(app: Flask, world: World) -> None:
    """Check 37: one row, and every repeat gets the first one's answer."""
    call = Call(
        path_of(world),
        {"description": WORDS, "category": "plumbing"},
        headers=(("Idempotency-Key", uuid.uuid4().hex),),
    )
    with served(app) as url:
        answers = at_once(url, [call] * MANY)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["status_url"] for answer in answers}) == 1
    assert len(tickets(world)) == 1
    figure("37", "tickets from parallel repeats of one public report", f"1 of {MANY}", "1")


def test_a_key_with_other_words_and_foreign_fields_are_refused(app: Flask, world: World) -> None:
    client = app.test_client()
    headers = {"Idempotency-Key": "zwei"}
    body = {"description": WORDS, "category": "plumbing"}
    assert client.post(path_of(world), json=body, headers=headers).status_code == 201
    other = client.post(path_of(world), json={**body, "description": "x"}, headers=headers)
    assert other.get_json()["code"] == "idempotency_key"
    for extra in ({"priority": "URGENT"}, {"unit_id": str(world.unit_id)}, {"reporter_id": "x"}):
        refused = client.post(path_of(world), json={**body, **extra})
        assert refused.status_code == 422
        assert list(refused.get_json()["errors"]) == list(extra)
    too_many = client.post(
        path_of(world),
        data={**body, "photos": [(io.BytesIO(jpeg()), f"{n}.jpg") for n in range(6)]},
    )
    assert "photos" in too_many.get_json()["errors"]
    assert len(tickets(world)) == 1


def test_a_signed_in_person_may_use_it_as_anybody(app: Flask, world: World) -> None:
    """The session is not used: the report is nobody's, and no CSRF token is asked for."""
    api = api_of(app, world, "resident")
    answer = api.client.post(
        path_of(world),
        json={"description": WORDS, "category": "plumbing"},
        headers={"Idempotency-Key": "drei"},
    )
    assert answer.status_code == 201
    assert tickets(world)[0].reporter_id != world.people["resident"]
