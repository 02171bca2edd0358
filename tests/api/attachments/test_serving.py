"""What is served, to whom and how; nothing before the scanner has looked."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from ecopick.adapters.scan import ScannerAway, Verdict
from ecopick.adapters.storage import LocalStorage
from ecopick.core.uow import Database
from ecopick.domains.tickets.models import Ticket
from jobs.attachments import scan_pending
from tests.factories import World
from tests.jobs.steps import answer, say, send_to_vendor
from tests.signing_in import Api, api_of
from tests.uploads import EVIDENCE, PDF, add, added, jpeg, objects


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
    for mark, status in ((whole.headers["ETag"], 206), ('"another"', 200)):
        asked = {"Range": "bytes=10-19", "If-Range": mark}
        answer = manager.get(found["download_url"], headers=asked, buffered=True)
        assert answer.status_code == status
    for odd in ("bytes=0-1,5-6", "bytes=x", "lines=1-2"):
        odd_range = manager.get(found["download_url"], headers={"Range": odd}, buffered=True)
        assert (odd_range.status_code, odd_range.data) == (200, whole.data)


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

        def version(self) -> str:
            return "a scanner"

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
            raise ScannerAway("nobody there")

        def version(self) -> str:
            raise ScannerAway("nobody there")

    found = added(manager, ticket, PDF, name="a.pdf")
    with pytest.raises(ScannerAway):
        scan_pending(database, storage, world.owner_id, Away())
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
