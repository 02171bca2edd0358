"""The case file: complete, without team notes, and checkable by anybody with Python alone."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from ecopick.core import clock
from ecopick.core.audit.writer import flush_reads
from ecopick.core.uow import Database
from jobs.case_files import KEPT, make_waiting, remove_expired
from jobs.runtime import Runtime
from tests.factories import World
from tests.signing_in import Api, api_of
from tests.uploads import EVIDENCE, jpeg

NOTE = "Bitte nicht weitersagen: schwieriger Mieter"


@pytest.fixture
def manager(app: Flask, world: World) -> Api:
    return api_of(app, world, "manager")


@pytest.fixture
def ticket_id(app: Flask, world: World, manager: Api) -> str:
    """A ticket with messages, a team note and two files, one of them the note's."""
    made = api_of(app, world, "resident").post(
        "/api/tickets",
        {
            "building_id": str(world.building_id),
            "unit_id": str(world.unit_id),
            "title": "Wasser läuft #pagebreak() *nicht* fett",
            "description": "$x$ [link](http://example.org)",
            "category": "plumbing",
        },
    )
    found: str = made.get_json()["id"]
    manager.post("/api/tickets/message", {"ticket_id": found, "body": "Wir kommen gleich."})
    manager.post("/api/tickets/message", {"ticket_id": found, "body": NOTE, "visibility": "team"})
    answer = manager.upload(
        "/api/tickets/attachment",
        ticket_id=found,
        type=EVIDENCE,
        file=(io.BytesIO(jpeg()), "../böse.jpg"),
    )
    assert answer.status_code == 201, answer.text
    return found


Fetch = Callable[..., zipfile.ZipFile]


@pytest.fixture
def fetch(jobs: Runtime, manager: Api, ticket_id: str) -> Fetch:
    """Ask for a case file, let the worker make it, download it."""

    def run(**wanted: Any) -> zipfile.ZipFile:
        asked = manager.post(f"/api/tickets/{ticket_id}/case-file", wanted)
        assert asked.status_code == 202, asked.text
        path = f"/api/tickets/{ticket_id}/case-file/{asked.get_json()['id']}"
        assert manager.get(f"{path}/download").status_code == 404
        make_waiting()
        state = manager.get(path).get_json()
        assert state["state"] == "ready"
        assert state["files_done"] == state["files_total"] == 1
        answer = manager.get(f"{path}/download")
        assert len(answer.data) == state["size_bytes"]
        return zipfile.ZipFile(io.BytesIO(answer.data))

    return run


def verify(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_holds_everything_and_proves_itself(fetch: Fetch, tmp_path: Path) -> None:
    archive = fetch()
    assert {"summary.pdf", "ticket.json", "audit.json", "chain.json", "README.txt"} < set(
        archive.namelist()
    )
    assert any(name.startswith("attachments/01-") for name in archive.namelist())
    assert all(".." not in name.split("/") for name in archive.namelist())
    assert archive.read("summary.pdf").startswith(b"%PDF-1.7")
    archive.extractall(tmp_path)
    done = verify(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "is whole" in done.stdout


@pytest.mark.parametrize(
    "name", ["summary.pdf", "ticket.json", "attachment", "body", "link", "cut"]
)
def test_whatever_is_changed_in_it_is_found(fetch: Fetch, tmp_path: Path, name: str) -> None:
    """Check 41, for somebody who only has the archive."""
    fetch().extractall(tmp_path)
    audit = json.loads((tmp_path / "audit.json").read_text())
    chain = json.loads((tmp_path / "chain.json").read_text())
    match name:
        case "attachment":
            next((tmp_path / "attachments").iterdir()).write_bytes(b"another")
        case "body":
            entry = audit["entries"][0]
            entry["body"] = entry["body"].replace("plumbing", "electrical")
        case "link":
            audit["entries"][1]["hash"] = "00" * 32
        case "cut":
            del chain["content_hashes"][0]
        case _:
            (tmp_path / name).write_bytes(b"another")
    (tmp_path / "audit.json").write_text(json.dumps(audit))
    (tmp_path / "chain.json").write_text(json.dumps(chain))
    done = verify(tmp_path)
    assert done.returncode == 1
    assert done.stderr == ""


def test_team_notes_stay_inside_unless_wanted(fetch: Fetch, tmp_path: Path) -> None:
    outside, inside = fetch(), fetch(with_notes=True)
    for archive, expected in ((outside, False), (inside, True)):
        told = archive.read("ticket.json").decode() + archive.read("audit.json").decode()
        assert (NOTE in told) is expected
    outside.extractall(tmp_path)
    assert verify(tmp_path).returncode == 0


def test_only_those_who_may_export(app: Flask, world: World, ticket_id: str) -> None:
    for who, status in (
        ("caretaker", 403),
        ("resident", 403),
        ("neighbour", 404),
        ("stranger", 404),
    ):
        api = api_of(app, world, who)
        assert api.post(f"/api/tickets/{ticket_id}/case-file", {}).status_code == status
        assert api.get(f"/en/tickets/{ticket_id}/case-file").status_code == status


def test_taking_it_away_is_recorded(
    fetch: Fetch, manager: Api, ticket_id: str, database: Database
) -> None:
    fetch()
    flush_reads(database)
    query = f"?stream=reads&ticket_id={ticket_id}&action=EXPORT"
    items = manager.get(f"/api/admin/audit{query}").get_json()["items"]
    assert len(items) == 1
    assert "case_file" in items[0]["meta"]


def test_it_is_gone_after_a_week(fetch: Fetch, manager: Api, ticket_id: str) -> None:
    fetch()
    page = manager.get(f"/en/tickets/{ticket_id}/case-file").get_data(as_text=True)
    assert "/download" in page
    clock.shift(KEPT)
    try:
        assert remove_expired() >= 1
        assert remove_expired() == 0
    finally:
        clock.reset()


def test_what_cannot_be_made_is_given_up_and_said(
    jobs: Runtime, manager: Api, ticket_id: str, world: World
) -> None:
    asked = manager.post(f"/api/tickets/{ticket_id}/case-file", {}).get_json()["id"]
    with world.engine.begin() as connection:
        connection.execute(
            text("update case_files set asked_by_id = :stranger where id = :id"),
            {"stranger": world.people["stranger"], "id": asked},
        )
    for _attempt in range(3):
        make_waiting()
    state = manager.get(f"/api/tickets/{ticket_id}/case-file/{asked}").get_json()
    assert state["state"] == "failed"
    page = manager.get(f"/en/tickets/{ticket_id}/case-file").get_data(as_text=True)
    assert "This did not work" in page
