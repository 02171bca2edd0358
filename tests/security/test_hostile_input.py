"""Input that nobody means well: every answer is a refusal in words, never a 500."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from tests.api.test_main_job import reported
from tests.factories import PASSWORD, World
from tests.jobs.steps import report, send_to_vendor
from tests.signing_in import api_of
from tests.vendor_links import Browser, token_of

NUL = "\x00"
NOBODY = "00000000-0000-0000-0000-000000000009"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=a%00b",
        "category=%00",
        "q=%ff%fe",
        "limit=-1",
        "limit=99999999999999999999999",
        "limit=NaN",
        "cursor=%00",
        "cursor=////",
        "cursor=" + "W1tb" * 40,
        "cursor=bnVsbA",
        "assigned_to=%00",
        "view=%00",
        "building_id=%00",
        "q=%f0%9f%92%a9%e2%80%ae%cc%81",
        "q='%20or%201=1--",
        "q=" + "(" * 150,
        "q=%5C",
        "q=%25_%25",
    ],
)
def test_queries_of_the_list(app: Flask, world: World, query: str) -> None:
    manager = api_of(app, world, "manager")
    for path in ("/api/tickets", "/en/tickets"):
        answer = manager.get(f"{path}?{query}")
        assert answer.status_code < 500, (path, query, answer.text[:300])


@pytest.mark.parametrize(
    "cursor",
    [
        ["newest", "0001-01-01T00:00:00+23:59", "00000000-0000-0000-0000-000000000000", 0],
        ["newest", "9999-12-31T23:59:59-23:59", "00000000-0000-0000-0000-000000000000", 0],
        ["newest", "2026-01-01T00:00:00+00:00", [], 0],
        ["newest", 3, "x", 0],
        ["newest", None, "00000000-0000-0000-0000-000000000000", 0],
        {"newest": 1},
        3,
    ],
)
def test_cursors_that_nobody_gave(app: Flask, world: World, cursor: Any) -> None:
    text = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
    answer = api_of(app, world, "manager").get(f"/api/tickets?cursor={text}")
    assert answer.status_code in (200, 422), answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"email": "\xff\xfe"}',
        b'{"email": "\\ud800@example.org", "password": "\\udfff"}',
        b'{"email": "a\\u0000@example.org", "password": "x"}',
        b'{"email": "a@example.org", "password": "\\u0000"}',
        b'{"email": 1e999, "password": NaN}',
        b'{"\\ud800": 1}',
        b'{"email": ' + b"9" * 10_000 + b"}",
        b"\x00",
        b"",
        b"null",
        b'"text"',
    ],
    ids=range(13),
)
def test_bodies_that_are_no_input(app: Flask, body: bytes) -> None:
    for headers in (JSON, {"Content-Type": "application/json; charset=utf-7"}):
        answer = app.test_client().post("/api/auth/login", data=body, headers=headers)
        assert answer.status_code in (400, 401, 422), (answer.status_code, answer.text[:200])


def test_a_json_body_has_a_limit(app: Flask) -> None:
    body = b'{"email": "' + b"a" * (2 * 1024 * 1024) + b'"}'
    answer = app.test_client().post("/api/auth/login", data=body, headers=JSON)
    assert answer.status_code == 413


@pytest.mark.parametrize("key", [NUL, "a" + NUL, "\ud7ff\ufffe", "'" * 200, "x" * 201])
def test_keys_of_repeats(app: Flask, world: World, key: str) -> None:
    api = api_of(app, world, "resident")
    answer = api.client.post(
        "/en/account/language",
        data={"language": "de", "idempotency_key": key, "csrf_token": api.csrf},
    )
    assert answer.status_code < 500


@pytest.mark.parametrize(
    "part", ["%00", "%ff", "%2e%2e%2f", "%F0%9F%92%A9", "x" * 4000, "%0d%0aX:1"]
)
def test_addresses(app: Flask, world: World, part: str) -> None:
    api = api_of(app, world, "manager")
    ticket = reported(api, world, auto_route=False)
    headers = {"Idempotency-Key": "k" + quote(part)[:50]}
    for path in (
        f"/api/tickets/{part}",
        f"/api/units/{part}",
        f"/api/attachments/{part}/download",
        f"/api/events/{part}",
        f"/en/tickets/{part}",
        f"/en/tickets?section={part}",
        f"/en/tickets/{ticket['id']}?section={part}",
        f"/en/jobs/{part}",
        f"/en/login?next={part}",
        f"/static/{part}",
        f"/{part}",
        f"/{part}/tickets",
    ):
        assert api.get(path).status_code < 500, path
    for path in (
        f"/api/tickets/{part}/stakeholders",
        f"/api/tickets/{part}/attachments/presign",
        f"/en/tickets/{part}/attachments",
        f"/en/jobs/{part}/accept",
    ):
        answer = api.post(path, {"user_id": NOBODY}, headers=headers)
        assert answer.status_code < 500, (path, answer.text[:200])
    for query in (
        f"expires={part}&signature=ab",
        f"expires=²&signature={part}",
        "expires=" + "9" * 5000,
    ):
        answer = app.test_client().put(f"/api/attachments/uploads/a/{part}?{query}", data=b"x")
        assert answer.status_code < 500, (query, answer.text[:200])


@pytest.mark.parametrize(
    ("start", "until"),
    [
        ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        ("9999-12-31T23:00:00-14:00", "9999-12-31T23:59:59-14:00"),
        ("2030-01-01T10:00:00", "2030-01-01T12:00:00"),
        ("2030-01-01T10:00:00+00:00", "2030-01-01T12:00:00"),
        (1e300, 1e301),
        (-1e18, 1e18),
        ("2030-02-30T10:00:00Z", "2030-02-30T11:00:00Z"),
    ],
)
def test_times_that_cannot_be(app: Flask, world: World, start: Any, until: Any) -> None:
    manager, vendor = api_of(app, world, "manager"), api_of(app, world, "vendor")
    ticket = reported(manager, world, auto_route=False)
    body = {"ticket_id": ticket["id"]}
    manager.post(
        "/api/tickets/assign",
        {**body, "type": "VENDOR", "vendor_org_id": str(world.vendor_org_id)},
    )
    answer = vendor.post(
        "/api/vendors/dispatch/respond",
        {**body, "accept": True, "arrival_from": start, "arrival_until": until},
    )
    assert answer.status_code in (200, 422), answer.text
    for path in (f"/api/tickets/{ticket['id']}", f"/en/tickets/{ticket['id']}", "/en/tickets"):
        assert manager.get(path).status_code == 200, path
    assert vendor.get("/en/vendor/inbox").status_code == 200
    answer = manager.post(
        f"/api/tickets/{ticket['id']}/opportunity", {"open": True, "vendor_deadline": until}
    )
    assert answer.status_code < 500
    assert manager.get(f"/en/tickets/{ticket['id']}").status_code == 200


def test_sign_in_forms(app: Flask) -> None:
    client = app.test_client()
    for data in (
        {"email": "a@b.example\x00", "password": PASSWORD},
        {"email[]": ["a@b.example", "c@d.example"], "password": "x"},
        {"email": "a@b.example", "password": "\x00"},
        {"email": "ä" * 250 + "@b.example", "password": "x" * 300},
        {"email": "a@b.example\r\nBcc: c@d.example", "password": "x"},
    ):
        assert client.post("/en/login", data=data).status_code < 500


def test_no_answer_of_a_vendor_breaks_the_lists_of_others(app: Flask, world: World) -> None:
    """A time that the database stores and nobody can read again would."""
    manager, vendor = api_of(app, world, "manager"), api_of(app, world, "vendor")
    ticket = reported(manager, world, auto_route=False)
    manager.post(
        "/api/tickets/assign",
        {"ticket_id": ticket["id"], "type": "VENDOR", "vendor_org_id": str(world.vendor_org_id)},
    )
    answer = vendor.client.post(
        f"/en/tickets/{ticket['id']}/assignment/respond",
        data={
            "accept": "true",
            "arrival_from": "2030-01-01T10:00:00Z",
            "arrival_until": "9999-12-31T23:59:59-14:00",
            "csrf_token": vendor.csrf,
        },
    )
    assert answer.status_code == 422
    assert manager.get("/api/tickets").status_code == 200
    assert manager.get(f"/en/tickets/{ticket['id']}").status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "²"])
def test_days_on_a_link_page(app: Flask, world: World, day: str) -> None:
    page = Browser(app, token_of(world, send_to_vendor(world, report(world))))
    for start, until in (("00:00", "00:01"), ("23:58", "23:59"), ("24:00", "25:00")):
        answer = page.send("accept", window="other", date=day, from_time=start, until_time=until)
        assert answer.status_code == 422, answer.status_code
    for nonce in ("", "²", "².²", "9" * 5000 + ".1", "1.1", "-1.-1", "\ud7ff.1.x"):
        assert page.send("accept", nonce=nonce, window="other").status_code == 409


def test_query_that_is_no_text(app: Flask) -> None:
    client = app.test_client()
    raw = b"next=\xff\xfe&x=\xc0".decode("latin-1")
    for path in ("/tickets", "/login", "/en/login"):
        assert client.get(path, environ_overrides={"QUERY_STRING": raw}).status_code < 500
