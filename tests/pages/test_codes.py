"""Codes of places: issued, printed, scanned, retired, replaced."""

import os
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from ecopick.blueprints.codes.sheet import picture
from ecopick.core import clock
from ecopick.domains.property.codes import LETTERS, grouped, new_code, read_code
from ecopick.domains.property.models import PlaceCode, Unit, UnitType
from tests.factories import World
from tests.figures import timed
from tests.signing_in import Api, api_of

MANY = 500 if os.environ.get("ECOPICK_FULL") == "1" else 60


def page(world: World, rest: str = "") -> str:
    return f"/en/buildings/{world.building_id}/codes{rest}"


def issue(api: Api, world: World, **body: Any) -> list[dict[str, Any]]:
    answer = api.post(f"/api/buildings/{world.building_id}/codes", body)
    assert answer.status_code == 201, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def scan(client: FlaskClient, code: str, language: str = "fr-CH, fr;q=0.9") -> Any:
    return client.get(f"/q/{code}", headers={"Accept-Language": language, "Host": "evil.example"})


def test_one_code_for_every_place_in_one_go(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    form = {"csrf_token": manager.csrf, "all_places": "true"}
    assert "Issue" in manager.get(page(world)).text
    assert manager.client.post(page(world), data=form).status_code == 303
    listed = manager.get(f"/api/buildings/{world.building_id}/codes").json["items"]
    places = {(each["unit_id"], each["unit_section_id"]) for each in listed}
    assert len(places) == len(listed) >= 3
    assert (None, None) in places
    assert any(section for _unit, section in places)
    shown = manager.get(page(world)).text
    assert all(grouped(each["code"]) in shown for each in listed)
    assert all(each["address"] == f"http://localhost/q/{each['code']}" for each in listed)
    assert issue(manager, world, all_places=True) == []
    lift = issue(manager, world, building=True, category="elevator")
    assert [each["category"] for each in lift] == ["elevator"]


def test_two_at_once_issue_one_code(app: Flask, world: World) -> None:
    apis = [api_of(app, world, "manager") for _each in range(3)]
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda api: issue(api, world, building=True), apis))
    assert sorted(len(each) for each in made) == [0, 0, 1]


def test_scanning_leads_to_the_form_in_the_phones_language(
    app: Flask, world: World, client: FlaskClient
) -> None:
    (made,) = issue(api_of(app, world, "manager"), world, unit_id=[str(world.unit_id)])
    target = f"/fr/public/buildings/{world.building_id}/requests?code={made['code']}"
    for typed in (made["code"], grouped(made["code"]).lower(), made["code"].replace("0", "o")):
        answer = scan(client, typed)
        assert (answer.status_code, answer.location) == (303, target)
        assert "noindex" in answer.headers["X-Robots-Tag"]
    form = client.get(target)
    assert form.status_code == 200
    assert "3.07" in form.text
    assert scan(client, made["code"], "xx").location.startswith("/en/")
    assert scan(client, new_code()).status_code == 404
    assert scan(client, "%00").status_code == 404


def test_a_retired_code_tells_the_managements_words(
    app: Flask, world: World, client: FlaskClient
) -> None:
    manager = api_of(app, world, "manager")
    (made,) = issue(manager, world, unit_section_id=[str(world.section_id)])
    path = page(world, f"/{made['id']}/retire")
    assert grouped(made["code"]) in manager.get(path).text
    words = "Bitte beim Empfang melden <b>"
    sent = manager.client.post(path, data={"csrf_token": manager.csrf, "note": words})
    assert sent.status_code == 303
    ended = scan(client, made["code"], "de")
    assert ended.status_code == 410
    assert "Bitte beim Empfang melden &lt;b&gt;" in ended.text
    assert "/q/" not in ended.text.partition("<main")[2]
    again = manager.client.post(path, data={"csrf_token": manager.csrf, "note": "Zu spät"})
    assert (again.status_code, "Zu spät" in again.text) == (409, True)
    assert words.replace("<b>", "&lt;b&gt;") in manager.get(page(world)).text
    # The place is free for a new one.
    assert len(issue(manager, world, unit_section_id=[str(world.section_id)])) == 1


def test_a_replaced_code_leads_on_however_often(
    app: Flask, world: World, client: FlaskClient
) -> None:
    manager = api_of(app, world, "manager")
    (first,) = issue(manager, world, building=True)
    path = f"/api/buildings/{world.building_id}/codes"
    second = manager.post(f"{path}/{first['id']}/replace", {"note": "Aufkleber beschädigt"}).json
    third = manager.post(f"{path}/{second['id']}/replace", {}).json
    for old in (first, second):
        answer = scan(client, old["code"])
        assert answer.status_code == 410
        assert f"/q/{third['code']}" in answer.text
    assert "Aufkleber beschädigt" in scan(client, first["code"]).text
    assert scan(client, third["code"]).status_code == 303
    assert f"leads to {grouped(third['code'])}" in manager.get(page(world)).text
    assert manager.post(f"{path}/{first['id']}/replace", {}).status_code == 409


def test_what_was_done_is_in_the_audit(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    (made,) = issue(manager, world, building=True)
    manager.post(f"/api/buildings/{world.building_id}/codes/{made['id']}/retire", {"note": "weg"})
    with world.engine.connect() as connection:
        rows = connection.execute(
            text("select action, meta from audit_events where property_owner_id = :owner"),
            {"owner": world.owner_id},
        ).all()
    acts = [(row.action, row.meta.get("resource")) for row in rows]
    assert acts == [("ENTITY_CREATED", "buildings"), ("ENTITY_DEACTIVATED", "place_codes")]
    assert rows[0].meta["place_codes"] == [made["id"]]


def test_caretakers_print_and_management_issues(app: Flask, world: World) -> None:
    caretaker, resident = api_of(app, world, "caretaker"), api_of(app, world, "resident")
    assert caretaker.post(page(world).replace("/en", "/api"), {"building": True}).status_code == 403
    issue(api_of(app, world, "manager"), world, building=True)
    assert "Issue codes" not in caretaker.get(page(world)).text
    assert caretaker.get(page(world, "/sheet")).status_code == 200
    assert resident.get(page(world)).status_code == 403


def test_a_foreign_place_is_refused(app: Flask, world: World, other_world: World) -> None:
    manager = api_of(app, world, "manager")
    path = f"/api/buildings/{world.building_id}/codes"
    for body in (
        {"unit_id": [str(other_world.unit_id)]},
        {"unit_section_id": [str(other_world.section_id)]},
        {},
        {"building": True, "category": "gold"},
    ):
        assert manager.post(path, body).status_code == 422
    foreign = f"/api/buildings/{other_world.building_id}/codes"
    assert manager.get(foreign).status_code == 404
    (theirs,) = issue(api_of(app, other_world, "manager"), other_world, building=True)
    assert manager.post(f"{path}/{theirs['id']}/retire", {}).status_code == 404


def test_the_sheet_is_a_pdf_for_every_paper(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    issue(manager, world, all_places=True)
    for kind in ("poster", "cards", "99.1x57", "63.5x38.1"):
        options = {"format": kind, "language": ["de", "it"], "start": "3"}
        answer = manager.client.get(page(world, "/sheet"), query_string=options)
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert answer.data.startswith(b"%PDF-1.7")
        assert len(answer.data) > 5000


def test_choosing_what_is_printed(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    refused = manager.get(page(world, "/sheet?format=cards&language=it"))
    assert refused.status_code == 422
    assert "There is no code here yet" in refused.text
    (made,) = issue(manager, world, unit_id=[str(world.unit_id)])
    form = {"csrf_token": manager.csrf, "unit_id": str(world.unit_id)}
    sent = manager.client.post(page(world, "/print"), data=form)
    assert sent.location == page(world, f"/print?code={made['code']}")
    assert f'name="code" value="{made["code"]}"' in manager.get(sent.location).text
    assert manager.get(page(world, "/sheet?places=building")).status_code == 422


def test_many_codes_print_in_seconds(app: Flask, world: World) -> None:
    units = [
        Unit(
            property_owner_id=world.owner_id,
            building_id=world.building_id,
            label=f"W {number:03}",
            unit_type=UnitType.APARTMENT,
        )
        for number in range(MANY)
    ]
    world.add(*units)
    manager = api_of(app, world, "manager")
    issue(manager, world, all_places=True)
    with timed("codes", f"sheet of {MANY} codes", "20 s"):
        began = perf_counter()
        answer = manager.client.get(page(world, "/sheet"), query_string={"format": "63.5x38.1"})
        assert answer.status_code == 200
        assert perf_counter() - began < 20


def test_the_picture_holds_the_address_with_its_quiet_zone() -> None:
    drawn = picture("https://ecopick.example.org/q/" + "0" * 16)
    size = int(re.search(r'width="(\d+)"', drawn).group(1))  # type: ignore[union-attr]
    assert size == 33 + 8
    assert "style=" not in drawn


@given(st.text(max_size=30))
def test_any_text_is_a_code_or_none(typed: str) -> None:
    code = read_code(typed)
    assert code is None or (len(code) == 16 and set(code) <= set(LETTERS))


def test_codes_are_read_as_they_are_spoken() -> None:
    assert read_code(" oil0-1234 abcd-efgh ") == "01101234ABCDEFGH"
    assert len({new_code() for _each in range(1000)}) == 1000
    assert all(read_code(grouped(each)) == each for each in (new_code() for _n in range(50)))


def test_no_second_code_counts_at_a_place(world: World) -> None:
    """Even past the commands: the database itself holds it."""

    def row() -> PlaceCode:
        return PlaceCode(
            id=uuid.uuid4(),
            property_owner_id=world.owner_id,
            building_id=world.building_id,
            code=new_code(),
            created_at=clock.now(),
        )

    world.add(row())
    with pytest.raises(Exception, match="ix_place_codes_live"):
        world.add(row())
