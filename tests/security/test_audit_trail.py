"""Every change over the API and the pages leaves an entry that names its maker."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, text, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.uow import WriteOutsideCommand
from ecopick.domains.tickets.models import Message, MessageVisibility, Ticket
from tests.api.test_main_job import reported
from tests.factories import World
from tests.jobs.steps import report
from tests.signing_in import Api, api_of
from tests.uploads import EVIDENCE, jpeg

ROOT = Path(__file__).resolve().parents[2]
Step = tuple[str, Callable[[], TestResponse]]


def entries(world: World) -> int:
    with world.engine.connect() as connection:
        query = text("select count(*) from audit_events where property_owner_id = :o")
        return int(connection.execute(query, {"o": world.owner_id}).scalar_one())


def photo() -> tuple[io.BytesIO, str]:
    return io.BytesIO(jpeg()), "dopo.jpg"


def steps(app: Flask, world: World, on_pages: bool) -> list[Step]:
    """The main job and its side roads, over the API or over the pages."""
    people = {name: api_of(app, world, name) for name in ("resident", "manager", "vendor")}
    manager, vendor, resident = people["manager"], people["vendor"], people["resident"]
    ticket = reported(resident, world, auto_route=False)
    key, vendor_id = ticket["id"], str(world.vendor_org_id)

    def change(api: Api, path: str, page: str, body: dict[str, Any]) -> TestResponse:
        if on_pages:
            form = {**body, "csrf_token": api.csrf}
            return api.client.post(f"/en/tickets/{key}/{page}", data=form)
        own = f"/api/tickets/{path}"
        if "{id}" in path:
            return api.post(own.format(id=key), body)
        return api.post(own, {"ticket_id": key, **body})

    def ask() -> TestResponse:
        body: dict[str, Any] = {"type": "VENDOR", "vendor_org_id": vendor_id}
        picked = {"assignee": f"vendor:{vendor_id}"}
        return change(manager, "assign", "assign", picked if on_pages else body)

    start = clock.now() + timedelta(days=1)
    window = {
        "accept": "true" if on_pages else True,
        "arrival_from": start.isoformat(),
        "arrival_until": (start + timedelta(hours=2)).isoformat(),
    }
    caretaker = {"user_id": str(world.people["caretaker"])}

    def status(api: Api, to: str) -> TestResponse:
        return change(api, "status", "status", {"status": to})

    def evidence() -> TestResponse:
        path = "/api/tickets/attachment"
        return vendor.upload(path, file=photo(), ticket_id=key, type=EVIDENCE)

    return [
        ("triage", lambda: change(manager, "triage", "triage", {"priority": "LOW"})),
        ("message", lambda: change(resident, "message", "messages", {"body": "Hallo"})),
        ("add", lambda: change(manager, "{id}/stakeholders", "stakeholders", caretaker)),
        ("publish", lambda: change(manager, "{id}/opportunity", "opportunity", {"open": True})),
        ("withdraw", lambda: change(manager, "{id}/opportunity", "opportunity", {"open": "false"})),
        ("assign", ask),
        ("cancel", lambda: change(manager, "{id}/assignment/cancel", "assignment/cancel", {})),
        ("assign", ask),
        ("accept", lambda: change(vendor, "{id}/assignment/respond", "assignment/respond", window)),
        ("wait", lambda: status(manager, "AWAITING_TENANT")),
        ("resume", lambda: status(manager, "IN_PROGRESS")),
        ("evidence", evidence),
        ("resolve", lambda: status(vendor, "RESOLVED")),
        ("reopen", lambda: status(resident, "IN_PROGRESS")),
        ("resolve", lambda: status(vendor, "RESOLVED")),
        ("close", lambda: status(resident, "CLOSED")),
    ]


@pytest.mark.parametrize("on_pages", [False, True], ids=["api", "pages"])
def test_every_change_leaves_an_entry(app: Flask, world: World, on_pages: bool) -> None:
    """Check 42, of the trail: no step of the main job is missing in it."""
    for name, step in steps(app, world, on_pages):
        before = entries(world)
        answer = step()
        assert answer.status_code in (200, 201, 303), (name, answer.status_code, answer.text[:300])
        assert entries(world) > before, name


def test_a_refused_change_leaves_a_decision_and_no_entry(app: Flask, world: World) -> None:
    """Check 42: a denial is recorded although its request is rolled back."""
    manager, caretaker = api_of(app, world, "manager"), api_of(app, world, "caretaker")
    ticket = reported(manager, world, auto_route=False)
    before = entries(world)
    body = {"ticket_id": ticket["id"], "status": "CANCELLED"}
    assert caretaker.post("/api/tickets/status", body).status_code == 403
    assert entries(world) == before
    with world.engine.connect() as connection:
        found = connection.execute(
            text("select count(*) from access_decisions where user_id = :u and not granted"),
            {"u": world.people["caretaker"]},
        ).scalar_one()
    assert found == 1


def message(world: World, ticket: Ticket) -> dict[str, Any]:
    return {
        "id": new_id(),
        "property_owner_id": world.owner_id,
        "ticket_id": ticket.id,
        "author_id": world.people["manager"],
        "body": "x",
        "visibility": MessageVisibility.EVERYONE,
        "created_at": clock.now(),
    }


WAYS: dict[str, Callable[[Session, World, Ticket], Any]] = {
    "add": lambda s, w, t: (s.add(Message(**message(w, t))), s.flush()),
    "insert": lambda s, w, t: s.execute(insert(Message).values(**message(w, t))),
    "table": lambda s, w, t: s.execute(insert(Message.__table__).values(**message(w, t))),
    "update": lambda s, w, t: s.execute(update(Ticket).values(title="x")),
    "delete": lambda s, w, t: s.execute(delete(Message)),
    "dirty": lambda s, w, t: (setattr(s.get_one(Ticket, t.id), "title", "x"), s.flush()),
    "merge": lambda s, w, t: (s.merge(Message(**message(w, t))), s.flush()),
}


@pytest.mark.parametrize("way", sorted(WAYS))
def test_no_way_of_writing_avoids_commands(world: World, way: str) -> None:
    ticket = report(world)
    scope = Actor.system(world.owner_id).scope
    with pytest.raises(WriteOutsideCommand), world.database.transaction(scope) as session:
        WAYS[way](session, world, ticket)


def test_nobody_writes_beside_the_guard() -> None:
    """Plain SQL and bulk methods would pass it, so domains and web have none of them."""
    beside = re.compile(
        r"bulk_(save|insert|update)|\.connection\(\)|exec_driver_sql"
        r"|text\(\s*[\"'](insert|update|delete|truncate)\b",
        re.IGNORECASE,
    )
    found = [
        f"{path.relative_to(ROOT)}: {hit.group(0)}"
        for folder in ("ecopick/domains", "ecopick/web", "ecopick/blueprints", "jobs")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (hit := beside.search(path.read_text()))
    ]
    assert found == []
