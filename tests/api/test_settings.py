"""Settings of one's own pages over the API: known keys, checked values, one's own alone."""

from typing import Any

import pytest
from flask import Flask

from tests.factories import World
from tests.signing_in import api_of

PATH = "/api/users/me/settings/"
PANELS = {"left": 300, "right": None, "left_collapsed": False, "right_collapsed": True}


def test_settings_are_kept_for_one_person(app: Flask, world: World) -> None:
    manager, caretaker = api_of(app, world, "manager"), api_of(app, world, "caretaker")
    assert manager.get(PATH + "panels").get_json() == {"key": "panels", "value": None}
    for key, value in (
        ("panels", PANELS),
        ("list.columns", ["status", "sla"]),
        ("keys.single", False),
        ("panels", {**PANELS, "left": None}),
    ):
        answer = manager.put(PATH + key, {"value": value})
        assert answer.status_code == 200, answer.text
        assert manager.get(PATH + key).get_json() == {"key": key, "value": value}
        assert caretaker.get(PATH + key).get_json()["value"] is None


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("panels", {"left": 20}, "value"),
        ("panels", {"middle": 300}, "value"),
        ("list.columns", ["drop table"], "value"),
        ("keys.single", {"yes": True}, "value"),
        ("moon", True, "key"),
    ],
)
def test_only_known_keys_with_fitting_values(
    app: Flask, world: World, key: str, value: Any, field: str
) -> None:
    manager = api_of(app, world, "manager")
    answer = manager.put(PATH + key, {"value": value})
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]
    assert manager.get(PATH + key).status_code == (404 if field == "key" else 200)
