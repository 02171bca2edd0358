"""The live stream: order, resuming, and that nobody hears what they may not see."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ecopick.blueprints.events.hub import Hub
from ecopick.core import clock
from ecopick.core.uow import Database
from ecopick.domains.auth.commands.sessions import issue_session_bundle
from ecopick.web.session_cookies import SESSION, signed
from jobs.outbox import dispatch_owner, number
from jobs.runtime import Runtime
from tests.factories import World
from tests.jobs.steps import answer, assign, report, say, send_to_vendor


def sign_in(app: Flask, database: Database, world: World, nickname: str) -> FlaskClient:
    from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope

    scope = Scope((PLATFORM_OWNER_ID,), world.people[nickname])
    with database.transaction(scope) as session:
        bundle = issue_session_bundle(session, world.people[nickname], method="password")
    client = app.test_client()
    client.session_id = bundle.session_id  # type: ignore[attr-defined]
    with app.app_context():
        client.set_cookie(SESSION, signed(bundle.session_id))
    return client


class Stream:
    """An open stream, read in a thread of its own."""

    def __init__(self, client: FlaskClient, path: str, last: str | None = None) -> None:
        headers = {"Last-Event-ID": last} if last else {}
        self.response = client.get(path, headers=headers, buffered=False)
        self.status = self.response.status_code
        self.events: list[dict[str, Any]] = []
        self.ended = threading.Event()
        self.opened = threading.Event()
        self.left = threading.Event()
        self.changed = threading.Condition()
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()
            assert self.opened.wait(5)

    def _read(self) -> None:
        for chunk in self.response.response:
            text = chunk.decode() if isinstance(chunk, bytes) else chunk
            self.opened.set()
            if self.left.is_set():
                break
            for block in text.split("\n\n"):
                fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
                if "event" in fields:
                    with self.changed:
                        self.events.append({**fields, "data": json.loads(fields["data"])})
                        self.changed.notify_all()
        self.response.close()
        self.ended.set()

    def wait(self, count: int, seconds: float = 8.0) -> list[dict[str, Any]]:
        """The events, at least ``count`` of them."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.events) >= count, seconds), self.events
        return list(self.events)

    def names(self) -> list[str]:
        """What came so far."""
        return [event["event"] for event in self.events]

    def close(self) -> None:
        """End it as a browser does; noticed with the next beat."""
        self.left.set()
        assert self.ended.wait(5)


@pytest.fixture
def heart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quicker heart, so that tests do not wait ten seconds."""
    monkeypatch.setattr("ecopick.blueprints.events.stream.HEARTBEAT_SECONDS", 0.5)


@pytest.fixture(autouse=True)
def _places(app: Flask) -> Iterator[None]:
    """Every test begins with all places free."""
    yield
    hub: Hub = app.extensions["events"]
    hub.limit = 100


def test_changes_arrive_in_order_without_personal_data(
    app: Flask, database: Database, world: World, jobs: Runtime, heart: None
) -> None:
    stream = Stream(sign_in(app, database, world, "manager"), f"/api/events/{world.owner_id}")
    ticket = report(world)
    answer(world, send_to_vendor(world, ticket))
    dispatch_owner(jobs, world.owner_id)
    events = stream.wait(6)
    names = [event["event"] for event in events]
    assert names[0] == "ticket.created"
    assert {"ticket.updated", "assignment.updated", "notification.created"} <= set(names)
    ids = [int(event["id"]) for event in events if "id" in event]
    assert ids == sorted(ids)
    first = events[0]["data"]
    assert set(first) == {"ticket_id", "number", "stream_id", "at"}
    assert first["ticket_id"] == str(ticket.id) and first["number"].startswith("EP-")
    text = json.dumps(events)
    assert "Rohrbruch" not in text and world.emails["resident"] not in text
    stream.close()


def test_a_reader_goes_on_after_the_last_event(
    app: Flask, database: Database, world: World, jobs: Runtime, heart: None
) -> None:
    client = sign_in(app, database, world, "caretaker")
    stream = Stream(client, f"/api/events/{world.owner_id}")
    first = report(world)
    dispatch_owner(jobs, world.owner_id)
    seen = next(e for e in stream.wait(1) if e["event"] == "ticket.created")
    stream.close()
    second = report(world)
    dispatch_owner(jobs, world.owner_id)
    again = Stream(client, f"/api/events/{world.owner_id}", last=seen["id"])
    created = [e["data"]["ticket_id"] for e in again.wait(1) if e["event"] == "ticket.created"]
    assert created == [str(second.id)] and str(first.id) not in created
    again.close()


def test_a_late_commit_is_not_skipped(
    app: Flask, database: Database, world: World, jobs: Runtime
) -> None:
    """The number in the stream comes after the commit: a slow writer loses nothing."""
    manager = world.actor("manager")
    from sqlalchemy import func, select

    from ecopick.core.models import Outbox
    from ecopick.domains.tickets.commands.intake import triage_ticket
    from ecopick.domains.tickets.inputs import TriageTicket

    slow_ticket = report(world, auto_route=False)
    dispatch_owner(jobs, world.owner_id)
    with database.transaction(manager.scope) as slow:
        triage_ticket(slow, manager, slow_ticket.id, TriageTicket())
        quick = threading.Thread(
            target=report,
            args=(world,),
            kwargs={"who": "neighbour", "unit_id": world.neighbour_unit_id},
        )
        quick.start()
        quick.join()
        # The quick writer's events are numbered at once, the slow one's are not there yet.
        assert number(jobs, world.owner_id) == 0
        with jobs.as_system(world.owner_id) as (session, _system):
            before = session.scalar(
                select(func.max(Outbox.stream_id)).where(Outbox.property_owner_id == world.owner_id)
            )
    number(jobs, world.owner_id)
    with jobs.as_system(world.owner_id) as (session, _system):
        last = session.scalars(
            select(Outbox).where(
                Outbox.property_owner_id == world.owner_id, Outbox.stream_id > before
            )
        ).one()
    assert last.payload["ticket_id"] == str(slow_ticket.id)


def test_nobody_hears_of_tickets_that_they_do_not_see(
    app: Flask, database: Database, world: World, jobs: Runtime, heart: None
) -> None:
    resident = Stream(sign_in(app, database, world, "resident"), f"/api/events/{world.owner_id}")
    vendor = Stream(sign_in(app, database, world, "vendor"), f"/api/events/{world.owner_id}")
    hidden = report(world, "neighbour", unit_id=world.neighbour_unit_id)
    mine = report(world)
    assign(world, mine, type="INTERNAL", assigned_to_user_id=world.people["caretaker"])
    send_to_vendor(world, mine)
    say(world, mine, "manager", "Nur unter uns", visibility="team")
    dispatch_owner(jobs, world.owner_id)
    resident.wait(3)
    vendor.wait(1)
    for stream in (resident, vendor):
        tickets = {event["data"].get("ticket_id") for event in stream.events}
        assert str(hidden.id) not in tickets and str(mine.id) in tickets
        assert "ticket.message" not in stream.names()
        stream.close()
    own = {e["data"]["notification_id"] for e in resident.events if "notification" in e["event"]}
    others = {e["data"]["notification_id"] for e in vendor.events if "notification" in e["event"]}
    assert not own & others


def test_foreign_missing_and_malformed_owners_are_not_found(
    app: Flask, database: Database, world: World, other_world: World
) -> None:
    client = sign_in(app, database, world, "manager")
    for owner in (other_world.owner_id, world.building_id, "nonsense"):
        assert client.get(f"/api/events/{owner}").status_code == 404
    assert app.test_client().get(f"/api/events/{world.owner_id}").status_code == 401


def test_the_stream_ends_with_the_session(
    app: Flask, database: Database, world: World, heart: None
) -> None:
    """Check 11: an open stream closes within ten seconds."""
    from sqlalchemy import text

    client = sign_in(app, database, world, "manager")
    stream = Stream(client, "/api/events")
    assert stream.status == 200
    with world.engine.begin() as connection:
        connection.execute(
            text("update auth_sessions set revoked_at = :at where id = :id"),
            {"at": clock.now(), "id": client.session_id},  # type: ignore[attr-defined]
        )
    assert stream.ended.wait(5)
    assert app.extensions["events"].open_streams == 0


def test_too_many_streams_are_told_to_come_again(
    app: Flask, database: Database, world: World, heart: None
) -> None:
    hub: Hub = app.extensions["events"]
    hub.limit = hub.open_streams + 1
    client = sign_in(app, database, world, "manager")
    stream = Stream(client, "/api/events")
    refused = client.get("/api/events")
    assert refused.status_code == 503 and refused.headers["Retry-After"]
    assert refused.json is not None and refused.json["code"] == "unavailable"
    stream.close()
