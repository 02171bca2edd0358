"""Uploads under issued keys and from pages; the sweep of what nobody needs."""

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from ecopick.adapters.storage import LocalStorage
from ecopick.core import clock
from ecopick.core.uow import Database, WorkSession
from ecopick.domains.tickets.files import MAX_FILE_BYTES
from ecopick.domains.tickets.models import Ticket
from jobs.attachments import sweep_orphans
from tests.factories import World
from tests.jobs.steps import report
from tests.signing_in import Api, api_of
from tests.uploads import EVIDENCE, PDF, added, jpeg, objects, presigned, put


def by_key(api: Api, ticket: Ticket, key: str) -> TestResponse:
    body = {"ticket_id": str(ticket.id), "type": EVIDENCE, "storage_key": key, "file_name": "a.jpg"}
    return api.post("/api/tickets/attachment", body)


def test_what_was_uploaded_stays_until_it_is_attached(
    app: Flask,
    manager: Api,
    ticket: Ticket,
    world: World,
    storage: LocalStorage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A commit that fails costs nobody their upload: the same key is sent once more."""
    issued = presigned(manager, ticket)
    assert put(app, issued, jpeg()).status_code == 204
    before = objects(storage, world)

    def lost(_session: WorkSession) -> None:
        raise OperationalError("commit", {}, Exception("the connection is gone"))

    with monkeypatch.context() as patched:
        patched.setattr(WorkSession, "commit", lost)
        assert by_key(manager, ticket, issued["storage_key"]).status_code >= 500
    assert objects(storage, world) == before != set()
    assert by_key(manager, ticket, issued["storage_key"]).status_code == 201
    assert before.isdisjoint(objects(storage, world))


def test_upload_under_an_issued_key(
    app: Flask, manager: Api, world: World, ticket: Ticket, storage: LocalStorage
) -> None:
    issued = presigned(manager, ticket)
    assert by_key(manager, ticket, issued["storage_key"]).status_code == 422
    assert put(app, issued, jpeg()).status_code == 204
    taken = by_key(manager, ticket, issued["storage_key"])
    assert taken.status_code == 201, taken.text
    assert taken.get_json()["scan_state"] == "clean"
    again = by_key(manager, ticket, issued["storage_key"])
    assert (again.status_code, list(again.get_json()["errors"])) == (422, ["storage_key"])
    assert len(objects(storage, world)) == 2


def test_a_key_belongs_to_one_person_and_ticket(
    app: Flask, manager: Api, world: World, ticket: Ticket
) -> None:
    """Check 18: nobody attaches what was not issued to them for this ticket."""
    issued = presigned(manager, ticket)
    put(app, issued, jpeg())
    other_ticket, resident = report(world), api_of(app, world, "resident")
    stored = f"{world.owner_id}/2025-01-01/{'0' * 32}.jpg"
    for api, target, key in (
        (manager, other_ticket, issued["storage_key"]),
        (resident, ticket, issued["storage_key"]),
        (manager, ticket, stored),
        (manager, ticket, "../../etc/passwd"),
    ):
        refused = by_key(api, target, key)
        assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["storage_key"])


def test_an_upload_address_expires_and_cannot_be_bent(
    app: Flask, manager: Api, ticket: Ticket
) -> None:
    issued = presigned(manager, ticket)
    bent = {**issued, "upload_url": issued["upload_url"].replace("expires=1", "expires=2")}
    assert put(app, bent, jpeg()).status_code == 403
    clock.shift(timedelta(minutes=31))
    assert put(app, issued, jpeg()).status_code == 403
    clock.reset()
    assert put(app, issued, PDF + bytes(MAX_FILE_BYTES)).status_code == 413


@pytest.fixture
def old_orphan(storage: LocalStorage, world: World) -> str:
    """An object of three days ago that no row names."""
    day = (clock.now() - timedelta(days=3)).date().isoformat()
    key = f"{world.owner_id}/{day}/{os.urandom(16).hex()}.jpg"
    storage.put(key, io.BytesIO(b"x"))
    return key


def test_orphans_are_swept_and_nothing_else(
    manager: Api,
    world: World,
    ticket: Ticket,
    database: Database,
    storage: LocalStorage,
    old_orphan: str,
) -> None:
    clock.shift(timedelta(days=-3))
    kept = added(api_of(manager.client.application, world, "manager"), ticket)
    clock.reset()
    fresh = presigned(manager, ticket)
    put(manager.client.application, fresh, jpeg())
    before = objects(storage, world)
    assert sweep_orphans(database, storage, world.owner_id) == 1
    assert objects(storage, world) == before - {old_orphan}
    assert manager.get(kept["download_url"], buffered=True).status_code == 200


def test_upload_from_a_page(manager: Api, ticket: Ticket, tmp_path: Path) -> None:
    address = f"/de/tickets/{ticket.id}/attachments"
    plain = manager.client.post(
        address,
        data={
            "csrf_token": manager.csrf,
            "type": EVIDENCE,
            "ticket_id": str(ticket.id),
            "file": [(io.BytesIO(jpeg()), "a.jpg"), (io.BytesIO(PDF), "b.pdf")],
        },
    )
    assert plain.status_code == 303
    assert plain.headers["Location"] == f"/de/tickets/{ticket.id}?section=attachments"
    away = manager.client.post(
        address,
        data={
            "csrf_token": manager.csrf,
            "next": "//evil.example",
            "file": (io.BytesIO(jpeg()), "a.jpg"),
        },
    )
    assert away.headers["Location"].startswith(f"/de/tickets/{ticket.id}")
    scripted = manager.client.post(
        address,
        data={"csrf_token": manager.csrf, "file": (io.BytesIO(jpeg()), "a.jpg")},
        headers={"X-Requested-With": "fetch"},
    )
    assert scripted.status_code == 201
    assert scripted.get_json()["state"] == "done" and scripted.get_json()["thumb"]
    refused = manager.client.post(
        address,
        data={"csrf_token": manager.csrf, "file": (io.BytesIO(b""), "a.jpg")},
        headers={"X-Requested-With": "fetch"},
    )
    assert (refused.status_code, refused.content_type) == (422, "application/problem+json")
    page = manager.client.post(
        address, data={"csrf_token": manager.csrf, "file": (io.BytesIO(b""), "a.jpg")}
    )
    assert page.status_code == 422 and "<html" in page.text
