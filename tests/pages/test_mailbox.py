"""The address of a building, as its management gives it out and ends it."""

from dataclasses import replace

import pytest
from flask import Flask

from ecopick.inbound_settings import InboundSettings
from tests.factories import World
from tests.signing_in import Api, api_of


@pytest.fixture
def takes_mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation with a domain for mail."""
    settings = replace(app.extensions["settings"], inbound=InboundSettings("in.example.org"))
    monkeypatch.setitem(app.extensions, "settings", settings)


def posted(api: Api, address: str) -> int:
    return api.client.post(address, data={"csrf_token": api.csrf}).status_code


def test_given_out_replaced_and_ended(app: Flask, world: World, takes_mail: None) -> None:
    manager = api_of(app, world, "manager")
    page, api = f"/en/buildings/{world.building_id}/mail", f"/api/buildings/{world.building_id}"
    assert "No address yet" in manager.get(page).text
    assert posted(manager, page) == 303
    first = manager.get(f"{api}/mail-address").get_json()["address"]
    assert first.endswith("@in.example.org") and first in manager.get(page).text
    again = manager.post(f"{api}/mail-address", {})
    assert again.status_code == 201 and again.get_json()["address"] != first
    assert posted(manager, f"{page}/retire") == 303
    assert manager.get(f"{api}/mail-address").get_json()["address"] is None
    assert posted(manager, f"{page}/retire") == 409


def test_only_for_management_and_only_where_mail_is_taken(app: Flask, world: World) -> None:
    address = f"/api/buildings/{world.building_id}/mail-address"
    manager, caretaker = api_of(app, world, "manager"), api_of(app, world, "caretaker")
    assert caretaker.get(address).status_code == 403
    refused = manager.post(address, {})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "no_domain")
    assert "takes no mail yet" in manager.get(f"/en/buildings/{world.building_id}/mail").text
