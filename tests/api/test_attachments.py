"""Files over the API: what gets in, what is served, and what is never left behind."""

import io
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from ecopick.adapters.errors import StorageFull
from ecopick.adapters.scan import Verdict
from ecopick.adapters.storage import LocalStorage
from ecopick.core import clock
from ecopick.core.uow import Database
from ecopick.domains.tickets.files import MAX_FILE_BYTES
from ecopick.domains.tickets.models import Ticket
from jobs.attachments import scan_pending, sweep_orphans
from tests.factories import World
from tests.jobs.steps import answer, report, say, send_to_vendor
from tests.signing_in import Api, api_of

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
EVIDENCE = "RESOLUTION_EVIDENCE"


@pytest.fixture
def ticket(world: World) -> Ticket:
    return report(world)


@pytest.fixture
def manager(app: Flask, world: World) -> Api:
    return api_of(app, world, "manager")


@pytest.fixture
def storage(app: Flask) -> LocalStorage:
    found: LocalStorage = app.extensions["storage"]
    return found


def jpeg(**options: Any) -> bytes:
    """A photograph, optionally with EXIF."""
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), (90, 120, 150)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def add(
    api: Api, ticket: Ticket, content: bytes, name: str = "foto.jpg", **more: Any
) -> TestResponse:
    """POST a file to the ticket."""
    return api.upload(
        "/api/tickets/attachment", file=(io.BytesIO(content), name), ticket_id=ticket.id, **more
    )


def added(api: Api, ticket: Ticket, content: bytes | None = None, **more: Any) -> dict[str, Any]:
    """A file that was taken."""
    response = add(api, ticket, jpeg() if content is None else content, **more)
    assert response.status_code == 201, response.text
    return dict(response.get_json())


def objects(storage: LocalStorage, world: World) -> set[str]:
    """Keys of everything that is stored for the owner."""
    return set(storage.keys(str(world.owner_id)))


def rows(migrator: Engine, world: World) -> int:
    """How many files the owner has."""
    with migrator.connect() as connection:
        return int(
            connection.execute(
                text("select count(*) from attachments where property_owner_id = :o"),
                {"o": world.owner_id},
            ).scalar_one()
        )


# What gets in.


def test_a_photo_is_made_anew(
    manager: Api, world: World, ticket: Ticket, storage: LocalStorage
) -> None:
    """Check 24: GPS is gone; the picture is clean at once, with a small one beside it."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 59.0, 45.0), 3: "E", 4: (7.0, 50.0, 30.0)})
    exif[0x010F] = "Kamera von Tommaso"
    found = added(manager, ticket, jpeg(exif=exif), name="Küche.JPG", type=EVIDENCE)
    assert (found["type"], found["scan_state"]) == (EVIDENCE, "clean")
    assert (found["width"], found["height"]) == (640, 480)
    assert found["file_name"] == "Küche.JPG"
    whole = manager.get(found["download_url"], buffered=True)
    assert whole.status_code == 200
    assert b"Tommaso" not in whole.data and not Image.open(io.BytesIO(whole.data)).getexif()
    small = manager.get(found["thumbnail_url"], buffered=True)
    assert max(Image.open(io.BytesIO(small.data)).size) <= 480
    assert len(objects(storage, world)) == 2


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "leer.jpg", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "a.svg", "wrong_type"),
        (b"<!doctype html><script>x()</script>", "a.jpg", "wrong_type"),
        (jpeg() + b"<script>alert(1)</script>", "a.jpg", "polyglot"),
        (b"hello", "a.pdf", "wrong_type"),
        (b"MZ\x90\x00" + bytes(200), "a.png", "wrong_type"),
        (b"PK\x03\x04" + bytes(200), "a.zip", "wrong_type"),
        (jpeg()[:400], "a.jpg", "unreadable"),
    ],
)
def test_what_is_refused(
    manager: Api,
    world: World,
    ticket: Ticket,
    storage: LocalStorage,
    migrator: Engine,
    content: bytes,
    name: str,
    code: str,
) -> None:
    """Check 21: judged by the content, in words, and nothing is left."""
    refused = add(manager, ticket, content, name)
    assert refused.status_code == 422, refused.text
    assert refused.get_json()["code"] == code
    assert refused.get_json()["errors"]["file"]
    assert objects(storage, world) == set()
    assert rows(migrator, world) == 0


def test_the_name_says_nothing_of_the_type(manager: Api, ticket: Ticket) -> None:
    found = added(manager, ticket, jpeg(), name="rechnung.pdf")
    assert (found["content_type"], found["file_name"]) == ("image/jpeg", "rechnung.jpg")


def test_names_are_made_harmless(manager: Api, ticket: Ticket) -> None:
    """Check 24: paths and line breaks in names."""
    found = added(manager, ticket, jpeg(), file_name='../../etc/pass\r\nX-Evil: 1"wd.jpg')
    assert "/" not in found["file_name"] and "\n" not in found["file_name"]
    header = manager.get(found["download_url"], buffered=True).headers["Content-Disposition"]
    assert 'X-Evil: 1"' not in header and ".." not in header


class Endless(io.RawIOBase):
    """A body that is made while it is read, and says how much was taken."""

    def __init__(self, head: bytes, size: int) -> None:
        super().__init__()
        self.head, self.size, self.taken = head, size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if self.taken >= self.size:
            return 0
        chunk = self.head if self.taken == 0 else b"\xff" * min(len(buffer), 65536)
        chunk = chunk[: len(buffer)]
        buffer[: len(chunk)] = chunk
        self.taken += len(chunk)
        return len(chunk)


def multipart(ticket: Ticket, content: bytes = b"") -> bytes:
    """The beginning of an upload, as a browser sends it."""
    head = f'--b\r\nContent-Disposition: form-data; name="ticket_id"\r\n\r\n{ticket.id}\r\n'
    head += '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
    return (head + "Content-Type: image/jpeg\r\n\r\n").encode() + content


def send_raw(api: Api, body: Any, length: int | None, *, terminated: bool = True) -> TestResponse:
    """POST a body as it is, with or without its announced length.

    ``terminated``: the server ends the stream with the body, as gunicorn does.
    """
    return api.client.post(
        "/api/tickets/attachment",
        headers={"X-CSRF-Token": api.csrf},
        environ_overrides={
            "wsgi.input": body,
            **({"wsgi.input_terminated": True} if terminated else {}),
            "CONTENT_TYPE": "multipart/form-data; boundary=b",
            "CONTENT_LENGTH": "" if length is None else str(length),
        },
    )


@pytest.mark.parametrize("announced", [True, False])
def test_two_hundred_megabytes_never_reach_the_disk(
    manager: Api,
    world: World,
    ticket: Ticket,
    storage: LocalStorage,
    migrator: Engine,
    announced: bool,
) -> None:
    size = 200 * 1024 * 1024
    body = Endless(multipart(ticket, jpeg()), size)
    refused = send_raw(manager, io.BufferedReader(body), size if announced else None)
    assert refused.status_code == 413
    assert "25 MB" in refused.get_json()["title"]
    assert body.taken < MAX_FILE_BYTES + 2 * 1024 * 1024
    assert objects(storage, world) == set() and rows(migrator, world) == 0


def test_just_above_the_limit(manager: Api, ticket: Ticket) -> None:
    refused = add(manager, ticket, PDF + bytes(MAX_FILE_BYTES), "a.pdf")
    assert refused.status_code == 413
    assert "25 MB" in refused.get_json()["title"]


@pytest.mark.parametrize("terminated", [True, False])
def test_a_lost_connection_leaves_nothing(
    manager: Api,
    world: World,
    ticket: Ticket,
    storage: LocalStorage,
    migrator: Engine,
    terminated: bool,
) -> None:
    whole = multipart(ticket, jpeg()) + b"\r\n--b--\r\n"
    for cut in (10, len(whole) // 2, len(whole) - 9):
        body = io.BytesIO(whole[:cut])
        answered = send_raw(manager, body, len(whole), terminated=terminated)
        assert answered.status_code in (400, 422), cut
    assert objects(storage, world) == set() and rows(migrator, world) == 0
    assert send_raw(manager, io.BytesIO(whole), len(whole)).status_code == 201


def test_a_full_disk_is_a_clean_503(
    manager: Api,
    world: World,
    ticket: Ticket,
    storage: LocalStorage,
    migrator: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Check 46: no half attachment, and it recovers by itself."""
    real, calls = LocalStorage.put, iter(range(100))

    def full(self: LocalStorage, *args: Any, **options: Any) -> Any:
        if next(calls) % 2:
            raise StorageFull("disk")
        return real(self, *args, **options)

    monkeypatch.setattr(LocalStorage, "put", full)
    refused = add(manager, ticket, jpeg())
    assert (refused.status_code, refused.get_json()["code"]) == (503, "storage_full")
    assert objects(storage, world) == set() and rows(migrator, world) == 0
    monkeypatch.undo()
    added(manager, ticket)


def test_a_failed_transaction_takes_the_objects_along(
    app: Flask, world: World, ticket: Ticket, storage: LocalStorage, migrator: Engine
) -> None:
    resident = api_of(app, world, "resident")
    refused = add(resident, ticket, jpeg(), message_id=str(ticket.id))
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["message_id"])
    assert objects(storage, world) == set() and rows(migrator, world) == 0


def test_missing_and_foreign_subjects(
    app: Flask, manager: Api, world: World, other_world: World, ticket: Ticket
) -> None:
    """Checks 15, 18: identical answers, nothing stored."""
    foreign = report(other_world)
    answers = []
    for key in (foreign.id, "019a0000-0000-7000-8000-000000000000", "no-id"):
        response = manager.upload(
            "/api/tickets/attachment", file=(io.BytesIO(jpeg()), "a.jpg"), ticket_id=str(key)
        )
        body = response.get_json()
        body.pop("request_id")
        answers.append((response.status_code, body))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 404
    no_file = manager.upload("/api/tickets/attachment", ticket_id=str(ticket.id))
    assert (no_file.status_code, list(no_file.get_json()["errors"])) == (422, ["file"])
    no_ticket = manager.upload("/api/tickets/attachment", file=(io.BytesIO(jpeg()), "a.jpg"))
    assert (no_ticket.status_code, list(no_ticket.get_json()["errors"])) == (422, ["ticket_id"])
    extra = add(manager, ticket, jpeg(), scan_state="clean")
    assert (extra.status_code, list(extra.get_json()["errors"])) == (422, ["scan_state"])


def test_who_may_not_attach(app: Flask, world: World, ticket: Ticket) -> None:
    stranger = api_of(app, world, "neighbour")
    assert add(stranger, ticket, jpeg()).status_code == 404


def test_a_closed_ticket_takes_nothing(app: Flask, manager: Api, world: World) -> None:
    ticket = report(world)
    body = {"ticket_id": str(ticket.id), "status": "CANCELLED"}
    assert manager.post("/api/tickets/status", body).status_code == 200
    refused = add(manager, ticket, jpeg())
    assert (refused.status_code, refused.get_json()["code"]) == (409, "terminal")


# What is served.


def test_ranges_caching_and_headers(manager: Api, ticket: Ticket) -> None:
    found = added(manager, ticket, name="vorher.jpg")
    whole = manager.get(found["download_url"], buffered=True)
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Cache-Control"].startswith("private")
    assert whole.headers["Content-Disposition"].startswith("inline")
    part = manager.get(found["download_url"], headers={"Range": "bytes=10-19"}, buffered=True)
    assert (part.status_code, part.data) == (206, whole.data[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.data)}"
    beyond = manager.get(found["download_url"], headers={"Range": "bytes=99999999-"}, buffered=True)
    assert beyond.status_code == 416
    known = {"If-None-Match": whole.headers["ETag"]}
    assert manager.get(found["download_url"], headers=known, buffered=True).status_code == 304


def test_other_files_wait_for_the_scanner(
    manager: Api, world: World, ticket: Ticket, database: Database, storage: LocalStorage
) -> None:
    """Checks 21, 23: never served before the verdict, then only as a download."""
    found = added(manager, ticket, PDF, name="Angebot.pdf")
    assert (found["scan_state"], found["download_url"]) == ("pending", None)
    address = f"/api/attachments/{found['id']}/download"
    refused = manager.get(address)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "scan_pending")
    assert scan_pending(database, storage, world.owner_id) == 1
    assert scan_pending(database, storage, world.owner_id) == 0
    served = manager.get(address, buffered=True)
    assert (served.status_code, served.data) == (200, PDF)
    assert served.headers["Content-Disposition"].startswith("attachment")
    assert manager.get(f"/api/attachments/{found['id']}/thumbnail").status_code == 404


def test_an_infected_file_is_never_served(
    app: Flask,
    manager: Api,
    world: World,
    ticket: Ticket,
    database: Database,
    storage: LocalStorage,
) -> None:
    """Check 23."""

    class Alarm:
        def scan(self, stream: Any) -> Verdict:
            return Verdict(clean=False, note="EICAR")

    found = added(manager, ticket, PDF, name="a.pdf", type=EVIDENCE)
    assert scan_pending(database, storage, world.owner_id, Alarm()) == 1
    assert manager.get(f"/api/attachments/{found['id']}/download").status_code == 404
    assert objects(storage, world) == set()


def test_a_scanner_that_is_away_leaves_it_waiting(
    manager: Api, world: World, ticket: Ticket, database: Database, storage: LocalStorage
) -> None:
    """Check 23."""

    class Away:
        def scan(self, stream: Any) -> Verdict:
            raise StorageFull("away")

    found = added(manager, ticket, PDF, name="a.pdf")
    assert scan_pending(database, storage, world.owner_id, Away()) == 0
    assert manager.get(f"/api/attachments/{found['id']}/download").status_code == 409


def test_team_files_stay_with_the_team(
    app: Flask, manager: Api, world: World, ticket: Ticket
) -> None:
    found = added(manager, ticket, visibility="team")
    resident = api_of(app, world, "resident")
    assert resident.get(found["download_url"]).status_code == 404
    assert resident.get(f"/api/tickets/{ticket.id}").get_json()["attachments"] == []
    caretaker = api_of(app, world, "caretaker")
    assert caretaker.get(found["download_url"], buffered=True).status_code == 200
    assert add(resident, ticket, jpeg(), visibility="team").status_code == 403


def test_a_vendor_sees_files_only_once_the_job_is_theirs(
    app: Flask, world: World, ticket: Ticket
) -> None:
    resident = api_of(app, world, "resident")
    found = added(resident, ticket)
    assignment = send_to_vendor(world, ticket)
    vendor = api_of(app, world, "vendor")
    assert vendor.get(found["download_url"]).status_code == 404
    answer(world, assignment)
    assert vendor.get(found["download_url"], buffered=True).status_code == 200
    say(world, ticket, "manager", "nur intern", "team")
    other = api_of(app, world, "vendor_two")
    assert other.get(found["download_url"]).status_code == 404


def test_a_download_is_recorded(
    manager: Api, world: World, ticket: Ticket, migrator: Engine, store_reads: Any
) -> None:
    found = added(manager, ticket)
    manager.get(found["download_url"], buffered=True)
    store_reads()
    with migrator.connect() as connection:
        reads = connection.execute(
            text("select action, user_id from access_events where resource_id = :id"),
            {"id": found["id"]},
        ).all()
    assert [(row.action, row.user_id) for row in reads] == [("DOWNLOAD", world.people["manager"])]


def test_the_upload_is_in_the_audit(manager: Api, ticket: Ticket, migrator: Engine) -> None:
    found = added(manager, ticket)
    with migrator.connect() as connection:
        row = connection.execute(
            text(
                "select meta, changes from audit_events"
                " where ticket_id = :t and action = 'ATTACHMENT_UPLOADED'"
            ),
            {"t": ticket.id},
        ).one()
    assert row.meta["resource_id"] == found["id"]


# Issued keys.


def presigned(api: Api, ticket: Ticket) -> dict[str, Any]:
    response = api.post(f"/api/tickets/{ticket.id}/attachments/presign", {})
    assert response.status_code == 201, response.text
    return dict(response.get_json())


def put(app: Flask, issued: dict[str, Any], content: bytes) -> TestResponse:
    """PUT to the issued address, without any cookie."""
    return app.test_client().put(
        issued["upload_url"].removeprefix("http://localhost"), data=content
    )


def by_key(api: Api, ticket: Ticket, key: str) -> TestResponse:
    body = {"ticket_id": str(ticket.id), "type": EVIDENCE, "storage_key": key, "file_name": "a.jpg"}
    return api.post("/api/tickets/attachment", body)


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


# What is left behind.


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


# From a page.


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
