"""Many people at one ticket in the same moment: one legal outcome, told to all."""

import io
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.api.test_main_job import reported
from tests.factories import World
from tests.signing_in import Api, api_of
from tests.uploads import EVIDENCE, jpeg

MANY = 50


def at_once(acts: Sequence[Callable[[], TestResponse]]) -> list[TestResponse]:
    """All of ``acts``, begun in the same moment."""
    start = threading.Barrier(len(acts))
    answers: list[TestResponse] = []

    def run(act: Callable[[], TestResponse]) -> None:
        start.wait()
        answers.append(act())

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(acts)
    assert {answer.status_code for answer in answers} <= {200, 201, 204, 403, 404, 409}
    return answers


def copies(app: Flask, api: Api, count: int) -> list[Api]:
    """The same person in ``count`` windows; a test client serves one thread."""
    found = []
    for _ in range(count):
        copy = Api.__new__(Api)
        copy.client, copy.csrf = app.test_client(), api.csrf
        for name in ("ecopick_session", "ecopick_csrf"):
            cookie = api.client.get_cookie(name)
            assert cookie is not None
            copy.client.set_cookie(name, cookie.value)
        found.append(copy)
    return found


def counts(answers: list[TestResponse]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def scalar(world: World, query: str, ticket_id: str) -> Any:
    with world.engine.connect() as connection:
        return connection.execute(text(query), {"id": ticket_id}).scalar_one()


def in_progress(app: Flask, world: World) -> tuple[Api, Api, dict[str, Any]]:
    """A ticket on which the plumber works, with proof of work."""
    manager, vendor = api_of(app, world, "manager"), api_of(app, world, "vendor")
    ticket = reported(manager, world, auto_route=False)
    body = {"ticket_id": ticket["id"]}
    vendor_id = str(world.vendor_org_id)
    manager.post("/api/tickets/assign", {**body, "type": "VENDOR", "vendor_org_id": vendor_id})
    vendor.post("/api/vendors/dispatch/respond", {**body, "accept": True})
    photo = (io.BytesIO(jpeg()), "dopo.jpg")
    added = vendor.upload(
        "/api/tickets/attachment", file=photo, ticket_id=ticket["id"], type=EVIDENCE
    )
    assert added.status_code == 201
    return manager, vendor, ticket


@pytest.mark.parametrize(
    ("wanted", "action"),
    [("TRIAGED", "TRIAGED"), ("CANCELLED", "CANCELLED")],
)
def test_fifty_transitions_are_one(app: Flask, world: World, wanted: str, action: str) -> None:
    """Check 20: of fifty equal transitions one happens, the others are told 409."""
    manager = api_of(app, world, "manager")
    ticket = reported(manager, world, auto_route=False)
    body = {"ticket_id": ticket["id"], "status": wanted}
    answers = at_once(
        [
            lambda api=api: api.post("/api/tickets/status", body)
            for api in copies(app, manager, MANY)
        ]
    )
    assert counts(answers) == {200: 1, 409: MANY - 1}
    query = f"select count(*) from audit_events where ticket_id = :id and action = '{action}'"
    assert scalar(world, query, ticket["id"]) == 1


def test_contrary_transitions_have_one_winner(app: Flask, world: World) -> None:
    """Check 20: resolve, cancel, wait and release together end in a state that follows."""
    manager, _vendor, ticket = in_progress(app, world)
    body = {"ticket_id": ticket["id"]}
    windows = copies(app, manager, 40)
    states = ("RESOLVED", "CANCELLED", "AWAITING_TENANT", "CLOSED")
    acts = [
        lambda api=api, to=states[i % 4]: api.post("/api/tickets/status", {**body, "status": to})
        for i, api in enumerate(windows)
    ]
    at_once(acts)
    path = f"/api/tickets/{ticket['id']}"
    final = manager.get(path).get_json()
    assert final["status"] in ("CLOSED", "CANCELLED", "RESOLVED", "AWAITING_TENANT")
    steps = (
        "select string_agg(payload->>'before' || '>' || (payload->>'after'), ' ' order by id)"
        " from outbox where payload->>'ticket_id' = :id and name = 'ticket.status_changed'"
    )
    walked = [step.split(">") for step in scalar(world, steps, ticket["id"]).split()]
    assert all(left[1] == right[0] for left, right in pairwise(walked))
    assert walked[-1][1] == final["status"]


def test_accept_against_cancel(app: Flask, world: World) -> None:
    """Check 20: a vendor who accepts while the management cancels."""
    manager, vendor = api_of(app, world, "manager"), api_of(app, world, "vendor")
    ticket = reported(manager, world, auto_route=False)
    body = {"ticket_id": ticket["id"]}
    vendor_id = str(world.vendor_org_id)
    manager.post("/api/tickets/assign", {**body, "type": "VENDOR", "vendor_org_id": vendor_id})
    accepts = [
        lambda api=api: api.post("/api/vendors/dispatch/respond", {**body, "accept": True})
        for api in copies(app, vendor, 10)
    ]
    cancels = [
        lambda api=api: api.post("/api/tickets/status", {**body, "status": "CANCELLED"})
        for api in copies(app, manager, 10)
    ]
    at_once([act for pair in zip(accepts, cancels, strict=True) for act in pair])
    final = manager.get(f"/api/tickets/{ticket['id']}").get_json()
    assert final["status"] == "CANCELLED"
    assert [row["state"] for row in final["assignments"]] == ["CANCELLED"]
    assert final["stakeholders"] == []
    assert vendor.get(f"/api/tickets/{ticket['id']}").status_code == 404


def test_one_person_added_many_times(app: Flask, world: World) -> None:
    """Check 20: fifty additions of one participant are one row."""
    manager = api_of(app, world, "manager")
    ticket = reported(manager, world, auto_route=False)
    path = f"/api/tickets/{ticket['id']}/stakeholders"
    body = {"user_id": str(world.people["neighbour"])}
    answers = at_once([lambda api=api: api.post(path, body) for api in copies(app, manager, 20)])
    assert counts(answers) == {201: 20}
    query = "select count(*) from ticket_stakeholders where ticket_id = :id"
    assert scalar(world, query, ticket["id"]) == 1


def test_two_vendors_at_once(app: Flask, world: World) -> None:
    """Check 20: parallel assignments leave one open assignment with live links."""
    manager = api_of(app, world, "manager")
    ticket = reported(manager, world, auto_route=False)
    vendors = [str(world.vendor_org_id), str(world.second_vendor_org_id)]
    acts = [
        lambda api=api, who=vendors[i % 2]: api.post(
            "/api/tickets/assign",
            {"ticket_id": ticket["id"], "type": "VENDOR", "vendor_org_id": who},
        )
        for i, api in enumerate(copies(app, manager, 12))
    ]
    at_once(acts)
    is_open = "state in ('PENDING', 'ACCEPTED')"
    query = f"select count(*) from assignments where ticket_id = :id and {is_open}"
    assert scalar(world, query, ticket["id"]) == 1
    alive = (
        "select count(distinct l.assignment_id) from vendor_links l join assignments a"
        " on a.id = l.assignment_id where a.ticket_id = :id and l.revoked_at is null"
    )
    assert scalar(world, alive, ticket["id"]) == 1
