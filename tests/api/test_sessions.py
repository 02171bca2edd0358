"""Where a person is signed in; ending sessions, and how fast that is noticed."""

import http.client
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from ecopick.core import clock
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.uow import Database
from ecopick.domains.auth.commands.sessions import end_all_sessions
from tests.factories import World
from tests.figures import figure
from tests.served import Wire, served
from tests.signing_in import Api, api_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LIMIT_SECONDS = 10.0


@pytest.fixture(scope="module")
def url(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


def listed(api: Api) -> list[dict[str, Any]]:
    answer = api.get("/api/auth/sessions")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def audited(world: World, nickname: str = "manager") -> list[tuple[str, str, str | None]]:
    query = (
        "select action, outcome, reason_code from auth_audit_events where user_id = :user"
        " order by created_at, id"
    )
    with world.engine.connect() as connection:
        found = connection.execute(text(query), {"user": world.people[nickname]}).all()
    return [(row.action, row.outcome, row.reason_code) for row in found]


def test_the_list_marks_this_session(app: Flask, world: World) -> None:
    first, second = api_of(app, world, "manager"), api_of(app, world, "manager")
    api_of(app, world, "caretaker")
    for api in (first, second):
        lines = listed(api)
        assert [line["current"] for line in lines] == [True, False]
        assert lines[0]["ip"] == "127.0.0.1"
    assert listed(first)[0]["id"] == listed(second)[1]["id"]
    assert set(lines[0]) == {
        "id", "current", "browser", "system", "handheld", "ip", "location", "remember_me",
        "signed_in_at", "last_seen_at", "expires_at",
    }  # fmt: skip


def test_a_session_tells_its_device_and_its_sign_in(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    before = listed(api)[0]
    clock.shift(timedelta(minutes=10))
    answer = api.client.post("/api/auth/refresh", headers={"User-Agent": FIREFOX})
    assert answer.status_code == 200
    (line,) = listed(api)
    assert (line["browser"], line["system"], line["handheld"]) == ("Firefox", "Linux", False)
    assert line["id"] != before["id"] and line["signed_in_at"] == before["signed_in_at"]


def test_ended_and_idle_sessions_are_not_listed(app: Flask, world: World) -> None:
    api_of(app, world, "manager")
    clock.shift(timedelta(minutes=31))
    left = api_of(app, world, "manager")
    left.post("/api/auth/logout")
    assert len(listed(api_of(app, world, "manager"))) == 1


def test_ending_one_session(app: Flask, world: World) -> None:
    """Check 11: the next request of an ended session is 401."""
    here, there = api_of(app, world, "manager"), api_of(app, world, "manager")
    other = listed(here)[1]["id"]
    assert here.delete(f"/api/auth/sessions/{other}").status_code == 204
    assert there.get("/api/auth/me").status_code == 401
    assert there.client.post("/api/auth/refresh").status_code == 401
    assert here.get("/api/auth/me").status_code == 200
    assert ("session_ended", "success", None) in audited(world)


def test_ending_this_session_signs_out(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    answer = api.delete(f"/api/auth/sessions/{listed(api)[0]['id']}")
    assert answer.status_code == 204
    assert api.client.get_cookie("ecopick_session") is None
    assert api.get("/api/auth/me").status_code == 401


def test_foreign_ended_missing_and_malformed_sessions(
    app: Flask, world: World, store_reads: Callable[[], int]
) -> None:
    """Check 15: they all answer alike, and each is recorded."""
    api, caretaker = api_of(app, world, "manager"), api_of(app, world, "caretaker")
    ended = api_of(app, world, "manager")
    ended_id = listed(ended)[0]["id"]
    ended.post("/api/auth/logout")
    answers = []
    foreign = listed(caretaker)[0]["id"]
    for session_id in (foreign, ended_id, str(uuid.uuid4()), "nonsense"):
        answer = api.delete(f"/api/auth/sessions/{session_id}")
        body = dict(answer.json)
        body.pop("request_id")
        answers.append((answer.status_code, body))
    assert all(answer == answers[0] for answer in answers) and answers[0][0] == 404
    assert caretaker.get("/api/auth/me").status_code == 200
    with world.engine.connect() as connection:
        noted = connection.execute(
            text(
                "select count(*) from access_decisions where user_id = :user"
                " and resource_type = 'AuthSession' and reason = 'not_visible'"
            ),
            {"user": world.people["manager"]},
        ).scalar_one()
    assert noted == 4


def test_signing_out_everywhere(app: Flask, world: World) -> None:
    """Check 11: every device of the person, and nobody else's."""
    devices = [api_of(app, world, "manager") for _ in range(3)]
    other = api_of(app, world, "caretaker")
    answer = devices[0].post("/api/auth/logout-everywhere", {})
    assert answer.status_code == 204
    assert devices[0].client.get_cookie("ecopick_refresh") is None
    for api in devices:
        assert api.get("/api/auth/me").status_code == 401
        assert api.client.post("/api/auth/refresh").status_code == 401
    assert other.get("/api/auth/me").status_code == 200
    assert ("sessions_ended", "success", "signed_out_everywhere") in audited(world)


def test_signing_out_everywhere_else(app: Flask, world: World) -> None:
    here, there = api_of(app, world, "manager"), api_of(app, world, "manager")
    here.client.post("/api/auth/refresh")
    answer = here.post("/api/auth/logout-everywhere", {"keep_current": True})
    assert answer.status_code == 204
    assert here.get("/api/auth/me").status_code == 200
    assert there.get("/api/auth/me").status_code == 401
    refused = here.post("/api/auth/logout-everywhere", {"user_id": "x"})
    assert refused.status_code == 422


def test_asking_how_long_it_lasts_is_no_activity(app: Flask, world: World) -> None:
    """Check 12: polling keeps nothing alive, a person who says so does."""
    api = api_of(app, world, "manager")
    clock.shift(timedelta(minutes=20))
    for path, headers in (("/api/auth/session", {}), ("/api/auth/me", {"X-Background": "1"})):
        assert api.get(path, headers=headers).status_code == 200
    left = api.get("/api/auth/session").json
    assert 590 <= left["idle_seconds"] <= 600
    assert left["user"] == str(world.people["manager"])
    kept = api.post("/api/auth/keep-alive").json
    assert 1790 <= kept["idle_seconds"] <= 1800
    assert kept["ends_seconds"] <= 12 * 3600 - 1200


def test_a_remembered_session_does_not_idle(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    api.client.post(
        "/api/auth/login",
        json={
            "email": world.emails["manager"],
            "password": "correct-horse-battery-staple",
            "remember_me": True,
        },
    )
    clock.shift(timedelta(days=3))
    left = api.get("/api/auth/session").json
    assert left["idle_seconds"] is None and left["ends_seconds"] > 26 * 24 * 3600


def new_ticket(world: World) -> dict[str, Any]:
    """What staff send to report something."""
    return {
        "building_id": str(world.building_id),
        "unit_id": str(world.unit_id),
        "title": "Rohrbruch",
        "description": "Wasser in der Küche",
        "category": "plumbing",
    }


class Stream:
    """An open event stream over a real connection; ``ended`` is when it was closed."""

    def __init__(self, wire: Wire) -> None:
        self.connection = http.client.HTTPConnection(wire.url.removeprefix("http://"), timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in wire.cookies.items())
        self.connection.request("GET", "/api/events", headers={"Cookie": cookies})
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200
        assert self.answer.readline().startswith(b"retry:")
        self.ended: float | None = None
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        while self.answer.readline():
            pass
        self.ended = time.monotonic()


def signed_in(url: str, world: World, nickname: str) -> Wire:
    wire = Wire(url)
    body = {"email": world.emails[nickname], "password": "correct-horse-battery-staple"}
    assert wire.send("POST", "/api/auth/login", body).status == 200
    return wire


def block(database: Database, world: World, nickname: str) -> None:
    """What blocking a person does, done by somebody else."""
    admin = Scope((PLATFORM_OWNER_ID,), world.people["app_admin"])
    with database.transaction(admin) as session:
        end_all_sessions(session, world.people[nickname], reason="blocked")


def take_roles(world: World, nickname: str) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            text("update memberships set status = 'pending' where user_id = :user"),
            {"user": world.people[nickname]},
        )


def test_streams_close_within_ten_seconds(url: str, database: Database, world: World) -> None:
    """Check 11: sign-out, sign-out everywhere, block, role removal, an ended device."""
    people = ("manager", "building_admin", "caretaker", "maintenance")
    wires = {name: signed_in(url, world, name) for name in people}
    away = signed_in(url, world, "manager")
    acts: dict[str, tuple[Wire, Callable[[], object]]] = {
        "sign-out": (wires["manager"], lambda: wires["manager"].send("POST", "/api/auth/logout")),
        "sign-out everywhere": (
            wires["building_admin"],
            lambda: wires["building_admin"].send("POST", "/api/auth/logout-everywhere", {}),
        ),
        "block": (wires["caretaker"], lambda: block(database, world, "caretaker")),
        "role removal": (wires["maintenance"], lambda: take_roles(world, "maintenance")),
        "ended device": (away, lambda: end_other(url, world, "manager")),
    }
    streams = {what: Stream(wire) for what, (wire, _act) in acts.items()}
    begun = {}
    order = ("ended device", "sign-out", "sign-out everywhere", "block", "role removal")
    for what in order:
        begun[what] = time.monotonic()
        acts[what][1]()
        answer = acts[what][0].send("POST", "/api/tickets", new_ticket(world))
        # Without a role nothing of the owner is known any more, not even its buildings.
        assert answer.status == (422 if what == "role removal" else 401), (what, answer)
    for what in order:
        streams[what].thread.join(timeout=LIMIT_SECONDS + 5)
        ended = streams[what].ended
        assert ended is not None, what
        took = ended - begun[what]
        figure("11", f"stream closed after: {what}", f"{took:.1f} s", "10 s")
        assert took <= LIMIT_SECONDS, what


def end_other(url: str, world: World, nickname: str) -> None:
    """End every other session of the person from a new device, but keep the first one."""
    here = signed_in(url, world, nickname)
    lines = here.send("GET", "/api/auth/sessions").body["items"]
    newest = sorted(
        (line for line in lines if not line["current"]), key=lambda x: x["signed_in_at"]
    )
    assert here.send("DELETE", f"/api/auth/sessions/{newest[-1]['id']}").status == 204


def test_others_end_sessions_inside_their_own_work(database: Database, world: World) -> None:
    """Whoever ends a person's sessions sees their own rows again afterwards."""
    admin = Scope((PLATFORM_OWNER_ID,), world.people["app_admin"])
    with database.transaction(admin) as session:
        end_all_sessions(session, world.people["manager"], reason="blocked")
        seen = session.scalar(text("select current_setting('app.user_id')"))
    assert seen == str(world.people["app_admin"])
