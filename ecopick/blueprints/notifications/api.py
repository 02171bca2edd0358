"""Notifications in the API: one's own."""

from typing import Any

from flask import Blueprint

from ecopick.domains.notifications.commands import mark_read, set_preference
from ecopick.domains.notifications.inputs import ListNotifications, MarkRead, SetPreference
from ecopick.domains.notifications.queries import inbox, preferences, unread_count
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session

api = Blueprint("notifications_api", __name__)


@api.get("/notifications")
def list_notifications() -> Any:
    """A page of the inbox, newest first, and how many are unread."""
    return inbox(db_session(), current_actor(), bind(ListNotifications)).model_dump(mode="json")


@api.post("/notifications/read")
def read_notifications() -> Any:
    """Mark one (``id``) or all (``all``) as read."""
    read = mark_read(db_session(), current_actor(), bind(MarkRead))
    return {"read": read, "unread": unread_count(db_session(), current_actor())}


@api.get("/notifications/preferences")
def list_preferences() -> Any:
    """The channels of every type."""
    return _preferences()


@api.put("/notifications/preferences")
def change_preference() -> Any:
    """Choose the channels of one type."""
    set_preference(db_session(), current_actor(), None, bind(SetPreference))
    return _preferences()


def _preferences() -> dict[str, Any]:
    lines = preferences(db_session(), current_actor())
    return {"items": [line.model_dump(mode="json") for line in lines], "next_cursor": None}
