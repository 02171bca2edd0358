"""Alerts, limits and blocks: for app administrators, and for nobody else."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.core.audit.models import AuditEvent
from ecopick.core.context import Origin, use_origin
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.core.uow import Database
from ecopick.domains.auth.commands.sign_in import sign_in
from ecopick.domains.auth.inputs import SignIn
from ecopick.domains.auth.outputs import SignedIn
from ecopick.domains.auth.queries.actors import load_actor
from ecopick.domains.security.models import BlockedSource, RateLimitViolation, SecurityAlert
from tests.api.test_guessing import climb, guess
from tests.factories import PASSWORD, World
from tests.signing_in import Api, api_of

BASE = "/api/admin/security_and_monitoring"
ALERTS, BLOCKS = f"{BASE}/security_alerts", f"{BASE}/blocked_sources"
NOBODY = str(uuid.UUID(int=9))
# (method, path, body); {alert} and {block} are rows that exist.
ROUTES: list[tuple[str, str, Any]] = [
    ("GET", ALERTS, None),
    ("POST", ALERTS, {"type": "brute_force"}),
    ("GET", f"{ALERTS}/{{alert}}", None),
    ("POST", f"{ALERTS}/{{alert}}/severity/update", {"severity": "low"}),
    ("POST", f"{ALERTS}/{{alert}}/status/update", {"status": "resolved"}),
    ("GET", f"{BASE}/rate_limits_violations", None),
    ("GET", BLOCKS, None),
    ("POST", BLOCKS, {"type": "ip", "value": "203.0.113.9"}),
    ("POST", f"{BLOCKS}/{{block}}/unblock", {}),
    ("POST", f"{BLOCKS}/{{block}}/archive", {}),
    ("GET", "/en/admin/security", None),
    ("GET", "/en/admin/security?alert={alert}", None),
    ("GET", "/en/admin/security/alerts", None),
    ("GET", "/en/admin/security/blocked", None),
    ("GET", "/en/admin/security/limits", None),
    ("GET", "/en/admin/security/log", None),
]
EVERYBODY_ELSE = (
    "owner", "manager", "building_admin", "caretaker", "maintenance", "resident", "neighbour",
    "tenant_admin", "occupant", "vendor", "vendor_tech", "stranger",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_blocks(world: World) -> Iterator[None]:
    """Blocks and alerts are the installation's: none outlives its test."""
    yield
    with Session(world.engine) as session, session.begin():
        for model in (BlockedSource, SecurityAlert, RateLimitViolation):
            session.execute(delete(model))


@pytest.fixture
def admin(app: Flask, world: World) -> Api:
    return api_of(app, world, "app_admin")


def made(admin: Api, **body: Any) -> dict[str, Any]:
    answer = admin.post(ALERTS, {"type": "brute_force", "risk_score": 70, **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def blocked(admin: Api, value: str, kind: str = "ip", **more: Any) -> dict[str, Any]:
    answer = admin.post(BLOCKS, {"type": kind, "value": value, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def ask(api: Api, method: str, path: str, body: Any) -> TestResponse:
    return api.get(path) if method == "GET" else api.post(path, body)


@pytest.mark.parametrize("who", EVERYBODY_ELSE)
def test_nobody_else_gets_in(app: Flask, world: World, admin: Api, who: str) -> None:
    """Check 14: every role, on what exists and on what does not, with one answer."""
    alert = made(admin, source_type="ip", source_id="192.0.2.1")["id"]
    block = blocked(admin, "192.0.2.200")["id"]
    api = api_of(app, world, who)
    for method, path, body in ROUTES:
        found = ask(api, method, path.format(alert=alert, block=block), body)
        absent = ask(api, method, path.format(alert=NOBODY, block="nonsense"), body)
        assert (found.status_code, absent.status_code) == (403, 403), (path, found.text)
    with Session(world.engine) as session:
        assert session.get_one(BlockedSource, uuid.UUID(block)).unblocked_at is None
        assert session.get_one(SecurityAlert, uuid.UUID(alert)).status.value == "open"
    assert "admin/security" not in api.get("/en/account").text


def test_strangers_are_asked_to_sign_in(app: Flask) -> None:
    for method, path, _body in ROUTES:
        answer = app.test_client().open(path.format(alert=NOBODY, block=NOBODY), method=method)
        assert answer.status_code in (303, 401)


def test_an_administrator_of_the_installation_gets_in(admin: Api) -> None:
    made(admin)
    for method, path, _body in ROUTES:
        if method == "GET" and "{" not in path:
            assert admin.get(path).status_code == 200, path


def test_writing_needs_a_fresh_proof_of_identity(admin: Api, world: World) -> None:
    block = blocked(admin, "192.0.2.200")["id"]
    clock.shift(timedelta(minutes=6))
    for path, body in (
        (BLOCKS, {"type": "ip", "value": "192.0.2.201"}),
        (f"{BLOCKS}/{block}/unblock", {}),
        (ALERTS, {"type": "brute_force"}),
    ):
        answer = admin.post(path, body)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "step_up_required")
    assert admin.get(BLOCKS).status_code == 200
    page = admin.client.post(
        f"/en/admin/security/blocked/{block}/unblock",
        data={"csrf_token": admin.csrf, "next": "/en/admin/security"},
    )
    assert page.status_code == 403
    again = {"csrf_token": admin.csrf, "next": "/en/admin/security", "access_password": PASSWORD}
    done = admin.client.post(f"/en/admin/security/blocked/{block}/unblock", data=again)
    assert (done.status_code, done.location) == (303, "/en/admin/security")


def test_the_life_of_an_alert(admin: Api, world: World) -> None:
    person = str(world.people["manager"])
    alert = made(admin, user_id=person, note="Called us")
    assert (alert["severity"], alert["status"], alert["source_type"]) == ("high", "open", "user")
    path = f"{ALERTS}/{alert['id']}"
    again = made(admin, user_id=person, risk_score=90)
    assert (again["id"], again["count"], again["severity"]) == (alert["id"], 2, "critical")
    changed = admin.post(f"{path}/severity/update", {"severity": "low"})
    assert (changed.status_code, changed.get_json()["severity"]) == (200, "low")
    assert admin.post(f"{path}/status/update", {"status": "open"}).status_code == 409
    resolved = admin.post(f"{path}/status/update", {"status": "resolved"}).get_json()
    assert resolved["status"] == "resolved"
    assert resolved["resolved_at"] is not None
    for act, body in (("status", {"status": "resolved"}), ("severity", {"severity": "high"})):
        assert admin.post(f"{path}/{act}/update", body).status_code == 409
    assert admin.get(path).get_json()["alert_code"] == alert["alert_code"]
    assert made(admin, user_id=person)["id"] != alert["id"]


def test_acts_are_recorded_for_the_platform(admin: Api, world: World) -> None:
    alert = made(admin, source_type="ip", source_id="192.0.2.7")
    admin.post(f"{ALERTS}/{alert['id']}/status/update", {"status": "resolved"})
    with Session(world.engine) as session:
        rows = session.scalars(
            select(AuditEvent).where(
                AuditEvent.actor_id == world.people["app_admin"],
                AuditEvent.property_owner_id == PLATFORM_OWNER_ID,
            )
        ).all()
    assert [row.action.value for row in rows] == ["ENTITY_CREATED", "ENTITY_STATUS_CHANGED"]
    assert {(row.meta or {})["resource_id"] for row in rows} == {alert["id"]}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("?status=open", 3),
        ("?status=resolved", 1),
        ("?severity=high", 4),
        ("?severity=critical", 0),
        ("?type=token_reuse", 1),
        ("?limit=2", 2),
    ],
)
def test_alerts_are_filtered(admin: Api, query: str, count: int) -> None:
    ids = [made(admin, source_type="ip", source_id=f"192.0.2.{n}")["id"] for n in range(3)]
    made(admin, type="token_reuse", source_type="ip", source_id="192.0.2.9")
    admin.post(f"{ALERTS}/{ids[0]}/status/update", {"status": "resolved"})
    assert len(admin.get(ALERTS + query).get_json()["items"]) == count


def test_pages_by_key_show_every_row_once(admin: Api) -> None:
    ids = {made(admin, source_type="ip", source_id=f"192.0.2.{n}")["id"] for n in range(7)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = admin.get(f"{ALERTS}?limit=3{cursor}").get_json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == 7
    assert set(seen) == ids


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (ALERTS, {"type": "rumour"}, "type"),
        (ALERTS, {"type": "brute_force", "risk_score": 101}, "risk_score"),
        (ALERTS, {"type": "brute_force", "user_id": NOBODY}, "user_id"),
        (ALERTS, {"type": "brute_force", "status": "resolved"}, "status"),
        (BLOCKS, {"type": "ip"}, "value"),
        (BLOCKS, {"type": "ip", "value": "not an address"}, "value"),
        (BLOCKS, {"type": "ip", "value": "0.0.0.0/0"}, "value"),
        (BLOCKS, {"type": "ip", "value": "2001:db8::/16"}, "value"),
        (BLOCKS, {"type": "ip", "value": "127.0.0.1"}, "value"),
        (BLOCKS, {"type": "ip", "value": "127.0.0.0/24"}, "value"),
        (BLOCKS, {"type": "user", "value": NOBODY}, "value"),
        (BLOCKS, {"type": "user", "value": "nobody@example.org"}, "value"),
        (BLOCKS, {"type": "device_fingerprint", "value": "a" * 64}, "value"),
        (BLOCKS, {"type": "ip", "value": "192.0.2.1", "archived": True}, "archived"),
        (BLOCKS, {"type": "ip", "value": "192.0.2.1", "hours": 0}, "hours"),
        (
            BLOCKS,
            {"type": "ip", "value": "192.0.2.1", "blocked_until": "2001-01-01T00:00:00Z"},
            "blocked_until",
        ),
    ],
)
def test_bad_input_is_refused(admin: Api, path: str, body: Any, field: str) -> None:
    """Check 19: extra fields included."""
    answer = admin.post(path, body)
    assert answer.status_code == 422, answer.text
    assert set(answer.get_json()["errors"]) == {field}


def test_nobody_shuts_themselves_out(admin: Api, world: World) -> None:
    answer = admin.post(BLOCKS, {"type": "user", "value": world.emails["app_admin"]})
    assert answer.status_code == 422
    assert "shut you out" in answer.get_json()["errors"]["value"]


@pytest.mark.parametrize("key", [NOBODY, "nonsense", "%00"])
def test_what_is_not_there(admin: Api, key: str) -> None:
    """Check 15: missing and malformed ids get the same answer."""
    for method, path, body in (
        ("GET", f"{ALERTS}/{key}", None),
        ("POST", f"{ALERTS}/{key}/status/update", {"status": "resolved"}),
        ("POST", f"{BLOCKS}/{key}/unblock", {}),
        ("POST", f"{BLOCKS}/{key}/archive", {}),
    ):
        assert ask(admin, method, path, body).status_code == 404


@pytest.mark.parametrize(
    ("value", "inside", "outside"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("203.0.113.64/26", "203.0.113.100", "203.0.113.128"),
        ("2001:db8:aa::/48", "2001:db8:aa:1::5", "2001:db8:ab::5"),
        ("203.0.113.7", "::ffff:203.0.113.7", "::ffff:203.0.113.8"),
    ],
)
def test_a_blocked_network(
    app: Flask, world: World, admin: Api, value: str, inside: str, outside: str
) -> None:
    """Checked before any credential; neighbours are not hit."""
    blocked(admin, value)
    email = world.emails["manager"]
    refused = guess(app.test_client(), email, PASSWORD, inside)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "blocked")
    assert guess(app.test_client(), email, "no", inside).status_code == 403
    assert guess(app.test_client(), email, PASSWORD, outside).status_code == 200
    forged = guess(app.test_client(), email, PASSWORD, inside, **{"X-Forwarded-For": outside})
    assert forged.status_code == 403
    forged = guess(app.test_client(), email, PASSWORD, outside, **{"X-Forwarded-For": inside})
    assert forged.status_code == 200


def test_a_blocked_device_is_one_device(app: Flask, world: World, admin: Api) -> None:
    """Check 3: a block on a shared fingerprint never hits another user."""
    one, other = app.test_client(), app.test_client()
    email = world.emails["manager"]
    assert guess(one, email, PASSWORD).status_code == 200
    assert guess(other, world.emails["caretaker"], PASSWORD).status_code == 200
    with world.engine.connect() as connection:
        row = connection.exec_driver_sql(
            "select device_fingerprint, persistent_device_id from auth_sessions where user_id = %s",
            (world.people["manager"],),
        ).one()
    blocked(admin, f"{row[0]}:{row[1]}", "device_fingerprint")
    assert one.get("/api/auth/me").status_code == 403
    assert guess(one, email, PASSWORD).status_code == 403
    assert other.get("/api/auth/me").status_code == 200
    assert guess(app.test_client(), email, PASSWORD).status_code == 200


def test_a_blocked_person_is_out_at_once(app: Flask, world: World, admin: Api) -> None:
    """Check 11: the next request is refused, with every session."""
    manager, second = api_of(app, world, "manager"), api_of(app, world, "manager")
    block = blocked(admin, world.emails["manager"], "user", reason="Left")
    for api in (manager, second):
        answer = api.get("/api/auth/me")
        assert (answer.status_code, answer.get_json()["code"]) == (403, "blocked")
        page = api.get("/en/tickets")
        assert (page.status_code, page.location) == (303, "/en/blocked")
        told = api.get("/en/blocked")
        assert told.status_code == 403
        assert "This account is blocked." in told.text
        assert "Left" not in told.text
        check = api.get("/api/app/check-block").get_json()
        assert check["blocked"] is True
        assert check["reason"] == "This account is blocked."
    refused = guess(app.test_client(), world.emails["manager"], PASSWORD)
    assert refused.status_code == 403
    assert guess(app.test_client(), world.emails["manager"]).status_code == 401
    admin.post(f"{BLOCKS}/{block['id']}/unblock", {})
    assert manager.get("/api/auth/me").status_code == 401  # The sessions stay ended.
    assert guess(app.test_client(), world.emails["manager"], PASSWORD).status_code == 200


@pytest.mark.parametrize("kind", ["ip", "user"])
def test_an_open_stream_ends(
    app: Flask, world: World, admin: Api, database: Database, kind: str
) -> None:
    """Check 11: a stream reads its person anew every ten seconds; a blocked one is nobody."""
    with use_origin(Origin(ip="203.0.113.7", device_id="desk")):
        data = SignIn(email=world.emails["manager"], password=PASSWORD)
        opened = sign_in(database, data)
        assert isinstance(opened, SignedIn)
        assert load_actor(database, opened.session_id, active=False) is not None
    blocked(admin, "203.0.113.0/24" if kind == "ip" else world.emails["manager"], kind)
    with use_origin(Origin(ip="203.0.113.7", device_id="desk")):
        assert load_actor(database, opened.session_id, active=False) is None


def test_who_is_not_blocked_is_told_so(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/api/app/check-block").get_json() == {
        "blocked": False,
        "until": None,
        "reason": None,
    }
    assert client.get("/en/blocked").location == "/en/login"


def test_blocks_end(app: Flask, world: World, admin: Api) -> None:
    block = blocked(admin, "203.0.113.7", hours=2)
    path = f"{BLOCKS}/{block['id']}"
    assert admin.post(f"{path}/archive", {}).status_code == 409
    email = world.emails["manager"]
    assert guess(app.test_client(), email, PASSWORD, "203.0.113.7").status_code == 403
    assert admin.post(f"{path}/unblock", {}).get_json()["unblocked_at"] is not None
    assert guess(app.test_client(), email, PASSWORD, "203.0.113.7").status_code == 200
    assert admin.post(f"{path}/unblock", {}).status_code == 409
    assert admin.post(f"{path}/archive", {}).get_json()["archived"] is True
    assert admin.post(f"{path}/archive", {}).status_code == 409
    assert admin.get(f"{BLOCKS}?state=archived").get_json()["items"][0]["id"] == block["id"]
    again = blocked(admin, "203.0.113.7", permanent=True)
    assert (again["id"], again["archived"], again["permanent"]) == (block["id"], False, True)
    clock.shift(timedelta(days=4000))
    assert guess(app.test_client(), email, PASSWORD, "203.0.113.7").status_code == 403


def test_a_block_lapses_by_itself(app: Flask, world: World, admin: Api) -> None:
    until = clock.now() + timedelta(hours=1)
    blocked(admin, "203.0.113.7", blocked_until=until.isoformat())
    clock.shift(timedelta(minutes=61))
    email = world.emails["manager"]
    assert guess(app.test_client(), email, PASSWORD, "203.0.113.7").status_code == 200


def test_passed_limits_are_listed(app: Flask, world: World, admin: Api) -> None:
    climb(app, world.emails["caretaker"], 5)
    rows = admin.get(f"{BASE}/rate_limits_violations?banned=true&field=email").get_json()["items"]
    assert [row["user_id"] for row in rows] == [str(world.people["caretaker"])]
    assert rows[0]["count"] == 5
    assert world.emails["caretaker"] not in str(rows)
    assert world.emails["caretaker"] in admin.get("/en/admin/security/limits").text


def test_the_log_reads_in_plain(app: Flask, world: World, admin: Api) -> None:
    guess(app.test_client(), world.emails["caretaker"], ip="203.0.113.44")
    # Of this person alone: tests that moved the clock on left newer lines of others.
    person = world.people["caretaker"]
    page = admin.get(f"/en/admin/security/log?outcome=failure&user_id={person}").text
    assert world.emails["caretaker"] in page
    assert "203.0.113.44" in page
    assert "Wrong password" in page
    assert admin.get("/en/admin/security/log?outcome=nonsense").status_code == 200


def test_acts_on_the_page(app: Flask, world: World, admin: Api) -> None:
    manager = api_of(app, world, "manager")
    climb(app, world.emails["manager"], 10)
    page = admin.get("/en/admin/security").text
    assert "Brute force" in page
    with Session(world.engine) as session:
        alert = session.scalars(
            select(SecurityAlert).where(SecurityAlert.user_id == world.people["manager"])
        ).one()

    def press(act: str, **fields: str) -> TestResponse:
        return admin.client.post(
            f"/en/admin/security/alerts/{alert.id}/{act}", data={"csrf_token": admin.csrf, **fields}
        )

    assert manager.get("/api/auth/me").status_code == 200
    assert press("end-sessions").status_code == 303
    assert manager.get("/api/auth/me").status_code == 401
    assert press("severity", severity="critical").status_code == 303
    assert guess(app.test_client(), world.emails["manager"], PASSWORD).status_code == 429
    assert press("open-password").status_code == 303
    assert guess(app.test_client(), world.emails["manager"], PASSWORD).status_code == 200
    assert press("block").status_code == 303
    assert alert.ip is not None
    assert guess(app.test_client(), world.emails["manager"], PASSWORD, alert.ip).status_code == 403
    assert press("resolve").status_code == 303
    assert press("resolve").status_code == 409
    form = {"csrf_token": admin.csrf, "type": "ip", "value": "nonsense", "hours": "24"}
    refused = admin.client.post("/en/admin/security/blocked", data=form)
    assert refused.status_code == 422
    assert 'value="nonsense"' in refused.text
    form |= {"value": "203.0.113.0/25", "hours": "permanent"}
    assert admin.client.post("/en/admin/security/blocked", data=form).status_code == 303
    assert "203.0.113.0/25" in admin.get("/en/admin/security/blocked").text
