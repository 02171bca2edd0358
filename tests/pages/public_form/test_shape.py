"""An owner shapes its form: tiles, words on privacy, and whether it is open at all."""

from typing import Any

from flask import Flask

from tests.factories import World
from tests.public_form import Phone
from tests.signing_in import Api, api_of

PAGE = "/en/request-form"


def shape(manager: Api, **fields: Any) -> Any:
    return manager.client.post(PAGE, data={"csrf_token": manager.csrf, **fields})


def tiles(page: str) -> list[str]:
    """The values of the tiles, in their order."""
    return [part.split('"')[0] for part in page.split('name="category" value="')[1:]]


def test_tiles_and_words_are_those_of_the_owner(app: Flask, world: World) -> None:
    manager, phone = api_of(app, world, "manager"), Phone(app, world)
    usual = tiles(phone.open().text)
    assert len(usual) == 6
    saved = shape(
        manager,
        open="true",
        categories=["elevator", "", "cleaning", "elevator", ""],
        contact="datenschutz@example.org",
        privacy_de="Wir behalten nichts.\n\nNur das Nötige.",
    )
    assert (saved.status_code, saved.location) == (303, PAGE)
    assert tiles(phone.open().text) == ["elevator", "cleaning"]
    german, french = (
        phone.client.get(f"/{locale}/public/owners/{world.owner_id}/privacy").text
        for locale in ("de", "fr")
    )
    assert "Wir behalten nichts." in german
    assert "Wir behalten nichts." not in french
    assert "datenschutz@example.org" in french
    kept = manager.get(PAGE).text
    assert "Wir behalten nichts." in kept
    # Emptied, everything is as usual again.
    shape(manager, open="true", categories=[""] * 8)
    assert tiles(phone.open().text) == usual


def test_a_form_that_is_switched_off_says_whom_to_ask(app: Flask, world: World) -> None:
    manager, phone = api_of(app, world, "manager"), Phone(app, world)
    shape(manager, contact="+49 761 5550100")
    answer = phone.client.get(phone.address)
    assert answer.status_code == 404
    assert "+49 761 5550100" in answer.text
    sent = phone.client.post(
        f"/api/public/buildings/{world.building_id}/requests",
        json={"description": "Licht", "category": "electrical"},
    )
    assert (sent.status_code, sent.json["code"]) == (404, "form_closed")
    assert manager.get("/api/request-form").json["open"] is False
    opened = manager.put("/api/request-form", {"open": True})
    assert opened.status_code == 200, opened.text
    assert phone.client.get(phone.address).status_code == 200


def test_what_is_wrong_is_said_and_what_was_typed_stays(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    refused = shape(manager, categories=["elevator", "rockets"], contact="Frau Huber")
    assert refused.status_code == 422
    assert "Frau Huber" in refused.text
    assert manager.get("/api/request-form").json["contact"] is None


def test_only_management_of_the_whole_owner_shapes_it(app: Flask, world: World) -> None:
    for account, status in (("caretaker", 403), ("resident", 403), ("stranger", 404)):
        person = api_of(app, world, account)
        assert person.get("/api/request-form").status_code == status, account
        assert person.put("/api/request-form", {"open": False}).status_code == status, account
