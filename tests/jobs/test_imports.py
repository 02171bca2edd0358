"""Tables from elsewhere: tried, taken, refused row by row, and never taken twice."""

import csv
import io
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.roles import MembershipRole
from ecopick.domains.imports.lifecycle import KEPT, ImportState
from ecopick.domains.imports.models import Import, ImportKey, ImportProblem
from ecopick.domains.notifications.models import Notification
from ecopick.domains.people.models import Invitation, Membership, User, UserUnit
from ecopick.domains.property.models import Building, Unit, UnitType
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import Ticket
from jobs import imports
from jobs.outbox import dispatch_owner
from jobs.runtime import Runtime
from tests.factories import World
from tests.signing_in import Api, api_of

BUILDINGS = (
    "Objekt-Nr.;Liegenschaft;Straße;PLZ;Ort;Land;Notfallnummer\r\n"
    "B-1;Münsterhof;Münsterplatz 1;79098;Freiburg;Deutschland;0761 1\r\n"
    "B-2;Rheinblick;Rheinsprung 5;4051;Basel;Schweiz;+41 61 2\r\n"
)


@pytest.fixture
def manager(app: Flask, world: World) -> Api:
    return api_of(app, world, "manager")


def begin(api: Api, kind: str, table: str | bytes, name: str = "a.csv") -> dict[str, Any]:
    raw = table.encode() if isinstance(table, str) else table
    sent = api.upload("/api/imports", kind=kind, file=(io.BytesIO(raw), name))
    assert sent.status_code == 201, sent.text
    made: dict[str, Any] = sent.json
    return made


def state(api: Api, run: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/api/imports/{run['id']}").json
    return found


def try_file(api: Api, kind: str, table: str | bytes, **mapping: int) -> dict[str, Any]:
    """Upload and try; the guess of the columns counts unless told otherwise."""
    run = begin(api, kind, table)
    body = {"mapping": mapping or run["mapping"]}
    assert api.post(f"/api/imports/{run['id']}/check", body).status_code == 202
    imports.work()
    tried = state(api, run)
    assert tried["state"] == "checked", tried
    return tried


def take(api: Api, kind: str, table: str | bytes, **mapping: int) -> dict[str, Any]:
    run = try_file(api, kind, table, **mapping)
    assert api.post(f"/api/imports/{run['id']}/run").status_code == 202
    imports.work()
    done = state(api, run)
    assert done["state"] == "done"
    return done


def figures(run: dict[str, Any]) -> tuple[int, int, int, int]:
    return run["created"], run["changed"], run["unchanged"], run["refused"]


def test_a_table_of_windows_is_taken_over_on_pages(
    jobs: Runtime, world: World, manager: Api
) -> None:
    """Semicolons, Windows-1252, heads in German; without scripts from the upload to the end."""
    raw = BUILDINGS.encode("cp1252")
    form = {"csrf_token": manager.csrf, "kind": "buildings"}
    file = (io.BytesIO(raw), "../../Gebäude.csv")
    sent = manager.client.post("/en/imports", data={**form, "file": file})
    assert sent.status_code == 303
    page = manager.get(sent.location).text
    assert "Gebäude.csv" in page and ".." not in page.partition("<main")[2].partition("<form")[0]
    assert "Münsterplatz 1" in page
    assert '<option value="1" selected>Liegenschaft' in page
    columns = {"field-key": "0", "field-name": "1", "field-address1": "2", "field-postal_code": "3"}
    columns |= {"field-city": "4", "field-country": "5", "field-emergency_phone": "6"}
    missing = manager.client.post(
        f"{sent.location}/check",
        data={"csrf_token": manager.csrf, **columns, "field-name": "", "field-city": "3"},
    )
    assert missing.status_code == 422
    assert "This field is needed." in missing.text
    assert "Another field has this column already." in missing.text
    tried = manager.client.post(
        f"{sent.location}/check", data={"csrf_token": manager.csrf, **columns}
    )
    assert tried.status_code == 303
    assert "hx-trigger" in manager.get(sent.location).text
    assert imports.work() == 1
    page = manager.get(sent.location).text
    assert "Take 2 rows" in page
    with Session(world.engine) as session:
        before = session.scalars(
            select(Building.name).where(Building.property_owner_id == world.owner_id)
        ).all()
    assert "Münsterhof" not in before
    taken = manager.client.post(f"{sent.location}/run", data={"csrf_token": manager.csrf})
    assert taken.status_code == 303
    assert imports.work() == 1
    assert "2 new" in manager.get(sent.location).text
    with Session(world.engine) as session:
        rows = session.scalars(
            select(Building).where(
                Building.property_owner_id == world.owner_id, Building.name.not_in(before)
            )
        ).all()
    found = {row.name: (row.city, row.country, row.time_zone, row.emergency_phone) for row in rows}
    assert found == {
        "Münsterhof": ("Freiburg", "DE", "Europe/Berlin", "0761 1"),
        "Rheinblick": ("Basel", "CH", "Europe/Zurich", "+41 61 2"),
    }


def test_the_same_file_changes_nothing_and_another_only_what_differs(
    jobs: Runtime, world: World, manager: Api
) -> None:
    assert figures(take(manager, "buildings", BUILDINGS)) == (2, 0, 0, 0)
    assert figures(take(manager, "buildings", BUILDINGS)) == (0, 0, 2, 0)
    renamed = BUILDINGS.replace("Rheinblick", "Rheinblick Nord")
    assert figures(take(manager, "buildings", renamed)) == (0, 1, 1, 0)
    with Session(world.engine) as session:
        names = session.scalars(
            select(Building.name).where(Building.property_owner_id == world.owner_id)
        ).all()
    assert sorted(names) == sorted(["Wiehre-Höfe", "Nordtor", "Münsterhof", "Rheinblick Nord"])
    # What is here without an import is known by its name, and by its label.
    units = "Gebäude,Einheit,Typ\nWiehre-Höfe,3.07,Büro\nMünsterhof,1,\nB-2,1,Stellplatz\n"
    assert figures(take(manager, "units", units)) == (2, 1, 0, 0)
    with Session(world.engine) as session:
        assert session.get_one(Unit, world.unit_id).unit_type is UnitType.OFFICE


def test_people_get_homes_and_keep_what_is_theirs(
    jobs: Runtime, app: Flask, world: World, other_world: World, manager: Api
) -> None:
    known, elsewhere = world.emails["resident"], other_world.emails["resident"]
    fresh = f"neu-{uuid.uuid4().hex[:8]}@example.org"
    table = (
        "Name\tE-Mail\tGebäude\tWohnung\tEinzug\tAuszug\n"
        f"Neue Mieterin\t{fresh.upper()}\tWiehre-Höfe\t3.07\t01.02.2025\t\n"
        f"Neue Mieterin\t{fresh}\tWiehre-Höfe\t3.08\t2025-02-01\t\n"
        f"Anders Genannt\t{known}\tWiehre-Höfe\t3.08\t1/2/2025\t31.12.2099\n"
        f"Von Woanders\t{elsewhere}\tWiehre-Höfe\t3.07\t\t\n"
    )
    with Session(world.engine) as session:
        label = session.get_one(Unit, world.neighbour_unit_id).label
        name = session.get_one(User, world.people["resident"]).name
    table = table.replace("3.08", label)
    assert figures(take(manager, "people", table)) == (4, 0, 0, 0)
    assert figures(take(manager, "people", table)) == (0, 0, 4, 0)
    with Session(world.engine) as session:
        (person,) = session.scalars(select(User).where(User.email == fresh)).all()
        assert (person.name, person.email_verified, person.password_hash) == (
            "Neue Mieterin",
            False,
            None,
        )
        assert person.language == "de"
        ties = session.scalars(select(UserUnit).where(UserUnit.user_id == person.id)).all()
        assert {tie.unit_id for tie in ties} == {world.unit_id, world.neighbour_unit_id}
        assert {tie.start_date for tie in ties} == {date(2025, 2, 1)}
        assert session.get_one(User, world.people["resident"]).name == name
        theirs = session.scalars(
            select(UserUnit).where(
                UserUnit.user_id == other_world.people["resident"],
                UserUnit.property_owner_id == world.owner_id,
            )
        ).all()
        assert theirs == []
        (asked,) = session.scalars(
            select(Invitation).where(
                Invitation.property_owner_id == world.owner_id, Invitation.email == elsewhere
            )
        ).all()
        assert asked.unit_id == world.unit_id
    # The new person signs in by a mailed link alone; no mail told them of the import.
    assert api_of(app, world, "resident").get("/en/tickets").status_code == 200


def test_past_tickets_keep_their_days_and_disturb_nobody(
    jobs: Runtime, world: World, manager: Api
) -> None:
    table = (
        "Nr,Betreff,Text,Gebäude,Wohnung,Gewerk,Priorität,Status,Erstellt,Erledigt am,Melder\n"
        f"7,Heizung kalt,Kein Warmwasser,Wiehre-Höfe,3.07,Heizung,hoch,erledigt,"
        f"03.11.2024 08:30,2024-11-05,{world.emails['resident']}\n"
        "8,Licht,,Wiehre-Höfe,,Raumfahrt,,storniert,2024-01-02T10:00:00+05:00,,weg@example.org\n"
        "9,Läuft noch,,Wiehre-Höfe,,,,offen,2024-01-02,,\n"
        "10,Zukunft,,Wiehre-Höfe,,,,,2199-01-02,,\n"
        "11,Rückwärts,,Wiehre-Höfe,,,,,2024-01-02,2023-01-01,\n"
    )
    done = take(manager, "tickets", table)
    assert figures(done) == (2, 0, 0, 3)
    assert {(each["line"], each["field"]) for each in done["errors"]} == {
        (4, "Status"),
        (5, "Reported on"),
        (6, "Ended on"),
    }
    with Session(world.engine) as session:
        first, second = session.scalars(
            select(Ticket).where(Ticket.property_owner_id == world.owner_id).order_by(Ticket.number)
        ).all()
    assert (first.number, second.number) == (1, 2)
    assert (first.status, first.category, first.priority.value) == (
        TicketStatus.CLOSED,
        "hvac",
        "HIGH",
    )
    assert first.created_at == datetime(2024, 11, 3, 7, 30, tzinfo=UTC)
    assert first.reporter_id == world.people["resident"]
    assert (second.status, second.category) == (TicketStatus.CANCELLED, "general")
    assert second.created_at == datetime(2024, 1, 2, 5, tzinfo=UTC)
    assert second.reporter_email == "weg@example.org"
    assert (first.sla_due_at, second.sla_due_at) == (None, None)
    dispatch_owner(jobs, world.owner_id)
    with Session(world.engine) as session:
        told = session.scalars(
            select(Notification).where(Notification.property_owner_id == world.owner_id)
        ).all()
    assert {(str(each.type), each.user_id) for each in told} == {
        ("import_ended", world.people["manager"])
    }
    assert manager.get("/en/tickets?q=Warmwasser&view=all").status_code == 200
    reopened = update(Ticket).where(Ticket.id == first.id).values(status="IN_PROGRESS")
    with world.engine.begin() as connection:
        connection.execute(reopened)
    again = try_file(manager, "tickets", table.replace("Heizung kalt", "Anders"))
    assert figures(again) == (0, 0, 1, 4)


def test_refused_rows_leave_as_a_file_that_repeats_nobodys_details(
    jobs: Runtime, app: Flask, world: World
) -> None:
    owner = api_of(app, world, "owner")
    secret = "kein-briefkasten-von-anna"
    table = (
        "E-Mail;Gebäude;Wohnung;Einzug\n"
        f"{secret};Wiehre-Höfe;3.07;\n"
        "a@example.org;Schloss;3.07;\n"
        "b@example.org;Wiehre-Höfe;99;gestern\n"
        ";Wiehre-Höfe;3.07;\n"
        "c@example.org;Wiehre-Höfe;3.07;\n"
        "C@example.org;Wiehre-Höfe;3.07;\n"
    )
    done = take(owner, "people", table)
    assert figures(done) == (1, 0, 0, 5)
    answer = owner.client.get(f"/de/imports/{done['id']}/errors")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == ["2", "3", "4", "5", "7"]
    assert all(len(row) == 3 and all(row) for row in rows)
    assert secret not in answer.text
    assert "@" not in "".join(row[0] + row[1] for row in rows)
    page = owner.get(f"/en/imports/{done['id']}").text
    assert "This building is not known here." in page
    assert "The same stands in line 6 already." in page


def test_a_trial_changes_nothing_and_what_is_called_off_stays_so(
    jobs: Runtime, world: World, manager: Api
) -> None:
    tried = try_file(manager, "buildings", BUILDINGS)
    assert figures(tried) == (2, 0, 0, 0)
    early = begin(manager, "buildings", BUILDINGS)
    assert manager.post(f"/api/imports/{early['id']}/run").status_code == 409
    assert manager.post(f"/api/imports/{tried['id']}/run").status_code == 202
    assert manager.post(f"/api/imports/{tried['id']}/run").status_code == 409
    assert manager.delete(f"/api/imports/{tried['id']}").status_code == 204
    assert imports.work() == 0
    assert state(manager, tried)["state"] == "cancelled"
    with Session(world.engine) as session:
        known = session.scalars(
            select(ImportKey).where(ImportKey.property_owner_id == world.owner_id)
        ).all()
        count = session.scalar(
            text("select count(*) from buildings where property_owner_id = :owner"),
            {"owner": world.owner_id},
        )
    assert (known, count) == ([], 2)


def test_a_worker_goes_on_where_another_left_off(
    jobs: Runtime, world: World, manager: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch is kept with how far the import is; the rest is taken by whoever comes next."""
    lines = "".join(f"Wiehre-Höfe,W {number}\n" for number in range(imports.BATCH * 2 + 10))
    table = f"Gebäude,Einheit\n{lines}Wiehre-Höfe,W 0\nNirgends,1\n"
    run = try_file(manager, "units", table)
    total = imports.BATCH * 2 + 10
    assert figures(run) == (total, 0, 0, 2)
    manager.post(f"/api/imports/{run['id']}/run")
    # Their time is over from the start: each takes one batch.
    monkeypatch.setattr(imports, "SECONDS", -1.0)
    for batches in (1, 2):
        assert imports.work() == 0
        assert state(manager, run)["rows_done"] == imports.BATCH * batches
    assert imports.work() == 1
    done = state(manager, run)
    assert (done["state"], figures(done)) == ("done", (total, 0, 0, 2))
    with Session(world.engine) as session:
        labels = session.scalars(
            select(Unit.label).where(Unit.building_id == world.building_id, Unit.label.like("W %"))
        ).all()
        lines_refused = session.scalars(
            select(ImportProblem.line).where(ImportProblem.import_id == uuid.UUID(run["id"]))
        ).all()
        entries = session.execute(
            text(
                "select meta from audit_events where property_owner_id = :owner"
                " and action = 'ENTITY_UPDATED' and meta ->> 'resource' = 'imports'"
            ),
            {"owner": world.owner_id},
        ).all()
    assert len(labels) == len(set(labels)) == total
    assert sorted(lines_refused) == [total + 2, total + 3]
    assert sorted(row.meta["created"] for row in entries) == [10, imports.BATCH, imports.BATCH]


def test_only_whoever_leads_all_buildings_imports(
    jobs: Runtime, app: Flask, world: World, other_world: World, manager: Api
) -> None:
    for nickname in ("caretaker", "resident", "vendor", "tenant_admin"):
        api = api_of(app, world, nickname)
        assert api.get("/en/imports").status_code == 403
        sent = api.upload(
            "/api/imports", kind="buildings", file=(io.BytesIO(BUILDINGS.encode()), "a.csv")
        )
        assert sent.status_code == 403
    run = begin(manager, "buildings", BUILDINGS)
    theirs = api_of(app, other_world, "owner")
    for path in ("", "/errors"):
        assert theirs.get(f"/api/imports/{run['id']}{path}").status_code == 404
    assert theirs.post(f"/api/imports/{run['id']}/check", {"mapping": {}}).status_code == 404
    # A role that is narrowed afterwards ends the import as well.
    manager.post(f"/api/imports/{run['id']}/check", {"mapping": run["mapping"]})
    narrowed = (
        update(Membership)
        .where(
            Membership.user_id == world.people["manager"],
            Membership.role == MembershipRole.BUILDING_MANAGER,
        )
        .values(building_id=world.building_id)
    )
    with world.engine.begin() as connection:
        connection.execute(narrowed)
    for _attempt in range(imports.MAX_ATTEMPTS + 1):
        assert imports.work() == 0
    with Session(world.engine) as session:
        found = session.get_one(Import, uuid.UUID(run["id"]))
        assert (found.state, found.rows_done) == (ImportState.FAILED, 0)
    assert manager.get("/en/imports").status_code == 403


def test_files_go_a_week_after_the_end(jobs: Runtime, world: World, manager: Api) -> None:
    done = take(manager, "buildings", BUILDINGS + "B-3;;;;;;\n")
    with Session(world.engine) as session:
        key = session.get_one(Import, uuid.UUID(done["id"])).storage_key or ""
    assert jobs.storage.exists(key)
    imports.remove_expired()
    assert jobs.storage.exists(key)
    clock.shift(KEPT + timedelta(hours=1))
    try:
        assert imports.remove_expired() >= 1
    finally:
        clock.reset()
    assert not jobs.storage.exists(key)
    with Session(world.engine) as session:
        assert session.get_one(Import, uuid.UUID(done["id"])).storage_key is None
        left = session.scalars(
            select(ImportProblem).where(ImportProblem.import_id == uuid.UUID(done["id"]))
        ).all()
    assert left == []
