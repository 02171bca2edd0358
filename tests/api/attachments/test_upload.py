"""What gets in over the API, what is refused, and what is never left behind."""

import io
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from ecopick.adapters.errors import StorageFull
from ecopick.adapters.storage import LocalStorage
from ecopick.domains.tickets.files import MAX_FILE_BYTES
from ecopick.domains.tickets.models import Ticket
from tests.factories import World
from tests.jobs.steps import report
from tests.signing_in import Api, api_of
from tests.uploads import EVIDENCE, PDF, add, added, jpeg, objects, rows


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
