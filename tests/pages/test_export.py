"""The list as a file: complete, in order, harmless in spreadsheets, for those who may."""

import csv
import io
import os
import time
import tracemalloc
import zipfile
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from ecopick.core.audit.writer import flush_reads
from ecopick.core.uow import Database
from ecopick.domains.tickets.desk_inputs import ExportTickets
from ecopick.domains.tickets.lifecycle import EXPORT_AT_ONCE, FileFormat
from ecopick.domains.tickets.queries.export import export_rows
from ecopick.web.list_files import columns_for, text_lines
from tests.factories import World
from tests.figures import figure, timed
from tests.signing_in import Api, api_of

EXPORT = "/api/tickets/export"
MANY = """
insert into tickets (id, property_owner_id, building_id, number, title, category, priority, status,
    reporter_id, channel, version, open_to_vendors, created_at, updated_at, sla_due_at)
select gen_random_uuid(), :owner, :building, :first + n, 'Ticket ' || n, 'plumbing', 'MEDIUM',
    'TRIAGED', :person, 'web', 1, false, now() - n * interval '1 s', now(), now() + interval '1 d'
from generate_series(1, :count) n
"""


@pytest.fixture
def manager(app: Flask, world: World) -> Api:
    return api_of(app, world, "manager")


def report(api: Api, world: World, title: str) -> str:
    made = api.post(
        "/api/tickets",
        {"building_id": str(world.building_id), "title": title, "category": "plumbing"},
    )
    assert made.status_code == 201, made.text
    found: str = made.get_json()["id"]
    return found


def fill(world: World, count: int) -> None:
    with Session(world.engine) as session, session.begin():
        session.execute(
            text(MANY),
            {
                "owner": world.owner_id,
                "building": world.building_id,
                "person": world.people["manager"],
                "count": count,
                "first": count * 100,
            },
        )


def test_csv_json_and_sheet_hold_the_list(manager: Api, world: World, database: Database) -> None:
    for title in ("=1+1", '+49 "quoted", and more', "Wasser\u00dcber"):
        report(manager, world, title)
    answer = manager.get(f"{EXPORT}?sort=created&view=all")
    assert answer.status_code == 200, answer.text
    raw = answer.data
    assert raw.startswith(b"\xef\xbb\xbf") and raw.count(b"\r\n") == 4
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [row["Request"] for row in rows] == [
        "'=1+1",
        '\'+49 "quoted", and more',
        "Wasser\u00dcber",
    ]
    assert datetime.fromisoformat(rows[0]["Reported"]).utcoffset() is not None
    assert rows[0]["Time zone"] == "Europe/Berlin"
    items = manager.get(f"{EXPORT}?format=json&view=all").get_json()["items"]
    assert len(items) == 3 and items[0]["title"] == "Wasser\u00dcber"
    assert items[0]["priority"] == "MEDIUM" and items[0]["resolved_at"] is None
    one = manager.get(f"{EXPORT}?columns=number&columns=request&view=all").data
    assert one.decode("utf-8-sig").splitlines()[0] == "Number,Request"
    sheet = zipfile.ZipFile(io.BytesIO(manager.get(f"{EXPORT}?format=xlsx&view=all").data))
    body = sheet.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in body and "frozen" in body and "autoFilter" in body
    assert "=1+1" in body
    flush_reads(database)
    with Session(world.engine) as session:
        told = session.scalars(
            text(
                "select metadata from access_events where property_owner_id = :owner"
                " and action = 'EXPORT'"
            ),
            {"owner": world.owner_id},
        ).all()
    assert len(told) == 4 and all(each["rows"] == 3 for each in told)


def test_who_may_take_it_away(app: Flask, world: World, manager: Api) -> None:
    report(manager, world, "Lift stands still")
    for who in ("caretaker", "resident", "vendor", "tenant_admin"):
        api = api_of(app, world, who)
        assert api.get(EXPORT).status_code == 403, who
        assert api.post("/api/tickets/exports", {"format": "csv"}).status_code == 403, who
    made = manager.post("/api/tickets/exports", {"format": "csv", "view": "all"})
    assert made.status_code == 202, made.text
    path = f"/api/tickets/exports/{made.get_json()['id']}"
    owner = api_of(app, world, "owner")
    assert owner.get(path).status_code == owner.delete(path).status_code == 404
    assert manager.delete(path).status_code == 204
    assert manager.get(path).get_json()["state"] == "cancelled"
    assert manager.get(EXPORT + "?nonsense=1").status_code == 422
    page = manager.get("/en/tickets/export?view=all")
    assert "1 ticket, with the filters" in page.text


def test_ten_thousand_rows_are_the_limit(manager: Api, world: World) -> None:
    """Just under the limit a list is sent at once, within four seconds; from there on not."""
    fill(world, EXPORT_AT_ONCE - 1)
    with timed("list export", "9,999 tickets as CSV", "4 s"):
        begun = time.process_time()
        answer = manager.get(f"{EXPORT}?format=csv&view=all")
        assert answer.data.count(b"\r\n") == EXPORT_AT_ONCE
        assert time.process_time() - begun <= 4
    report(manager, world, "One more")
    refused = manager.get(f"{EXPORT}?view=all")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "list_too_long")
    assert "Prepare file" in manager.get("/en/tickets/export?view=all").text


@pytest.mark.full
def test_memory_does_not_grow_with_the_list(world: World, database: Database) -> None:
    """Several times the rows take the same memory."""
    actor = world.actor("manager")
    peaks = []
    full = os.environ.get("ECOPICK_FULL") == "1"
    counts = (5_000, 45_000) if full else (2_000, 8_000)
    for count in counts:
        fill(world, count)
        filters = ExportTickets(view="all")
        tracemalloc.start()
        with database.transaction(actor.scope) as session:
            rows = export_rows(session, actor, filters)
            assert sum(1 for _line in text_lines(FileFormat.CSV, rows, columns_for(())))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    total = sum(counts)
    figure("list export", f"memory for {total:,} tickets", f"{peaks[1] / 1e6:.1f} MB", "8 MB")
    assert peaks[1] < min(peaks[0] * 2, 8_000_000)
