"""Logs are JSON, name their request, and hold no secret of an address."""

import json
import logging

import pytest
from flask import Flask

from ecopick.core.context import Origin, use_origin
from ecopick.core.logs import JsonLines


def line(record: logging.LogRecord) -> dict[str, object]:
    text = JsonLines().format(record)
    assert "\n" not in text
    return dict(json.loads(text))


def test_a_failure_is_one_line_that_names_its_request() -> None:
    logger = logging.getLogger("ecopick.test")
    try:
        raise ValueError("größer\nals eine Zeile")
    except ValueError as error:
        caught = (type(error), error, error.__traceback__)
    record = logger.makeRecord("ecopick.test", 40, "f", 1, "broken %s", ("x",), caught)
    with use_origin(Origin(request_id="order-7", correlation_id="flow-1")):
        found = line(record)
    assert (found["level"], found["message"]) == ("ERROR", "broken x")
    assert (found["request_id"], found["correlation_id"]) == ("order-7", "flow-1")
    assert "größer" in str(found["exception"])


def test_a_request_is_logged_by_its_route(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "ecopick.requests"):
        app.test_client().get("/en/jobs/secret-token?key=secret", headers={"X-Request-Id": "a-1"})
    (record,) = [each for each in caplog.records if each.name == "ecopick.requests"]
    found = line(record)
    assert (found["method"], found["route"]) == ("GET", "/<locale>/jobs/<token>")
    assert found["status"] == 404 and isinstance(found["milliseconds"], int)
    assert "secret" not in json.dumps(found)
