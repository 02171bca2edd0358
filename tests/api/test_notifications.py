"""The inbox over the API: one's own, page by page, read once."""

import uuid
from datetime import timedelta

from flask import Flask

from ecopick.core import clock
from ecopick.core.db import new_id
from ecopick.domains.notifications.models import Notification, NotificationChannel
from tests.factories import World
from tests.signing_in import api_of


def news(world: World, nickname: str, count: int = 1) -> list[uuid.UUID]:
    """Something to read."""
    ids = [new_id() for _each in range(count)]
    world.add(
        *(
            Notification(
                id=each,
                property_owner_id=world.owner_id,
                user_id=world.people[nickname],
                type="ticket_message",
                title=f"EP-1: News {index}",
                body="<b>bold</b>",
                channel=NotificationChannel.IN_APP,
                dedup_key=str(each),
                created_at=clock.now() + timedelta(seconds=index),
                sent_at=clock.now(),
            )
            for index, each in enumerate(ids)
        )
    )
    return ids


def test_the_inbox_comes_page_by_page_newest_first(app: Flask, world: World) -> None:
    ids = news(world, "caretaker", 5)
    api = api_of(app, world, "caretaker")
    first = api.get("/api/notifications?limit=2").get_json()
    assert [each["id"] for each in first["items"]] == [str(ids[4]), str(ids[3])]
    assert first["unread"] == 5
    second = api.get(f"/api/notifications?limit=2&cursor={first['next_cursor']}").get_json()
    assert [each["id"] for each in second["items"]] == [str(ids[2]), str(ids[1])]
    last = api.get(f"/api/notifications?limit=2&cursor={second['next_cursor']}").get_json()
    assert [each["id"] for each in last["items"]] == [str(ids[0])]
    assert last["next_cursor"] is None


def test_reading_one_and_all(app: Flask, world: World) -> None:
    ids = news(world, "caretaker", 3)
    api = api_of(app, world, "caretaker")
    assert api.post("/api/notifications/read", {"id": str(ids[0])}).get_json() == {
        "read": 1,
        "unread": 2,
    }
    assert api.post("/api/notifications/read", {"id": str(ids[0])}).get_json()["read"] == 0
    assert api.post("/api/notifications/read", {"all": True}).get_json() == {
        "read": 2,
        "unread": 0,
    }
    assert api.get("/api/notifications?unread=true").get_json()["items"] == []


def test_other_peoples_news_are_not_found(app: Flask, world: World) -> None:
    (theirs,) = news(world, "manager")
    api = api_of(app, world, "caretaker")
    assert api.get("/api/notifications").get_json()["items"] == []
    foreign = api.post("/api/notifications/read", {"id": str(theirs)})
    missing = api.post("/api/notifications/read", {"id": str(uuid.uuid4())})
    assert foreign.status_code == missing.status_code == 404
    assert api.get(f"/api/notifications?cursor={theirs}").status_code == 422
    assert api.post("/api/notifications/read", {}).status_code == 422


def test_preferences_are_kept_and_checked(app: Flask, world: World) -> None:
    api = api_of(app, world, "resident")
    before = api.get("/api/notifications/preferences").get_json()["items"]
    assert {"type": "ticket_message", "channels": ["in_app", "email"], "enabled": True} in before
    answer = api.put(
        "/api/notifications/preferences", {"type": "ticket_message", "channels": ["in_app"]}
    )
    assert answer.status_code == 200
    assert {"type": "ticket_message", "channels": ["in_app"], "enabled": True} in (
        answer.get_json()["items"]
    )
    for bad in (
        {"type": "nonsense", "channels": []},
        {"type": "ticket_message", "channels": ["pigeon"]},
        {"type": "ticket_message", "channels": [], "user_id": str(world.people["manager"])},
    ):
        assert api.put("/api/notifications/preferences", bad).status_code == 422


def test_the_inbox_needs_a_session(app: Flask) -> None:
    assert app.test_client().get("/api/notifications").status_code == 401
