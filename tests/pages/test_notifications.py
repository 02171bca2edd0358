"""The page of notifications, without scripts."""

import re

from flask import Flask

from tests.api.test_notifications import news
from tests.factories import World
from tests.signing_in import api_of


def test_reading_and_choosing_without_scripts(app: Flask, world: World) -> None:
    ids = news(world, "manager", 2)
    api = api_of(app, world, "manager")
    page = api.get("/en/notifications")
    assert page.status_code == 200
    assert "EP-1: News 1" in page.text and "&lt;b&gt;bold" in page.text
    assert "2 unread" in page.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    client = api.client
    form = {"csrf_token": token[1], "id": str(ids[0]), "open": "//evil.example"}
    answer = client.post("/en/notifications/read", data=form)
    assert answer.status_code == 303 and answer.headers["Location"] == "/"
    answer = client.post("/en/notifications/read", data={"csrf_token": token[1], "all": "true"})
    assert answer.status_code == 303
    assert "0 unread" in api.get("/en/notifications").text
    chosen = {
        "csrf_token": token[1],
        "type": ["ticket_created", "ticket_message"],
        "channels_ticket_created": ["in_app"],
        "channels_ticket_message": [],
    }
    assert client.post("/en/notifications/preferences", data=chosen).status_code == 303
    items = api.get("/api/notifications/preferences").get_json()["items"]
    by_type = {each["type"]: each["channels"] for each in items}
    assert by_type["ticket_created"] == ["in_app"] and by_type["ticket_message"] == []


def test_every_language_has_the_page(app: Flask, world: World) -> None:
    api = api_of(app, world, "resident")
    for language in ("en", "de", "fr", "it"):
        assert api.get(f"/{language}/notifications").status_code == 200
