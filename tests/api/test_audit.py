"""The audit log: who reads it, what its filters find, taking it away, proving it."""

import csv
import io
import json
import uuid
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import create_engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ecopick.config import Settings
from ecopick.core import audit, clock
from ecopick.core.audit.models import AccessEvent, AuditEvent
from ecopick.core.audit.writer import flush_reads
from ecopick.core.roles import MembershipRole
from ecopick.core.uow import Database
from ecopick.domains.people.models import Membership
from tests.factories import World
from tests.signing_in import Api, api_of


@pytest.fixture
def reported(app: Flask, world: World) -> str:
    """A ticket of the first building that a resident reported; its id."""
    answer = api_of(app, world, "resident").post(
        "/api/tickets",
        {
            "building_id": str(world.building_id),
            "unit_id": str(world.unit_id),
            "title": "=cmd|' /C calc'!A0",
            "category": "plumbing",
        },
    )
    assert answer.status_code == 201, answer.text
    found: str = answer.get_json()["id"]
    return found


def test_management_reads_what_was_changed(app: Flask, world: World, reported: str) -> None:
    page = api_of(app, world, "manager").get("/api/admin/audit").get_json()
    line = next(each for each in page["items"] if each["ticket_id"] == reported)
    assert line["action"] == "TICKET_CREATED"
    assert line["actor_id"] == str(world.people["resident"])
    assert line["ticket_number"].startswith("EP-")
    assert line["ip"] == "127.0.0.1"
    assert {"field": "category", "from": None, "to": "plumbing"} in line["changes"]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("owner", 200),
        ("manager", 200),
        ("building_admin", 200),
        ("caretaker", 403),
        ("maintenance", 403),
        ("resident", 403),
        ("vendor", 403),
        ("tenant_admin", 403),
    ],
)
def test_only_management_reads(app: Flask, world: World, who: str, status: int) -> None:
    assert api_of(app, world, who).get("/api/admin/audit").status_code == status


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("manager", 403), ("caretaker", 403)])
def test_only_the_owner_takes_it_away(app: Flask, world: World, who: str, status: int) -> None:
    api = api_of(app, world, who)
    assert api.get("/api/admin/audit/export").status_code == status
    assert api.post("/api/admin/audit/proof").status_code == (202 if status == 200 else 403)


def test_other_owners_are_out_of_sight(
    app: Flask, world: World, other_world: World, reported: str
) -> None:
    """Check 16: nothing of the neighbour's audit, whatever is asked for."""
    api = api_of(app, other_world, "owner")
    for query in ("", f"?ticket_id={reported}", f"?actor_id={world.people['resident']}"):
        items = api.get(f"/api/admin/audit{query}").get_json()["items"]
        assert all(each["ticket_id"] != reported for each in items)
    assert reported not in api.get("/api/admin/audit/export?format=json").get_data(as_text=True)


def test_a_narrowed_manager_reads_of_their_building(
    app: Flask, world: World, reported: str
) -> None:
    """Roles that count for one building read of its tickets only."""
    person = world.person("narrowed")
    email = person.email
    world.add(
        person,
        Membership(
            user_id=person.id,
            role=MembershipRole.BUILDING_MANAGER,
            property_owner_id=world.owner_id,
            building_id=world.second_building_id,
        ),
    )
    api = Api(app, email)
    assert api.get("/api/admin/audit").get_json()["items"] == []
    decisions = api.get(f"/api/admin/audit?stream=decisions&ticket_id={reported}").get_json()
    assert decisions["items"] == []


def test_filters_narrow_and_pages_follow(app: Flask, world: World, database: Database) -> None:
    api = api_of(app, world, "manager")
    for number in range(5):
        body = {
            "building_id": str(world.building_id),
            "title": f"Licht {number}",
            "category": "electrical",
        }
        assert api.post("/api/tickets", body).status_code == 201
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/api/admin/audit?action=TICKET_CREATED&limit=2{cursor}").get_json()
        seen += [each["id"] for each in page["items"]]
        assert {each["action"] for each in page["items"]} <= {"TICKET_CREATED"}
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) >= 5
    actor = world.people["manager"]
    mine = api.get(f"/api/admin/audit?actor_id={actor}").get_json()["items"]
    assert {each["actor_id"] for each in mine} == {str(actor)}
    tomorrow = (clock.now() + timedelta(days=1)).date()
    assert api.get(f"/api/admin/audit?from={tomorrow}").get_json()["items"] == []
    today = clock.now().date()
    assert len(api.get(f"/api/admin/audit?from={today}&to={today}").get_json()["items"]) >= 5


def test_one_request_is_followed_through_the_streams(
    app: Flask, world: World, reported: str, database: Database
) -> None:
    api = api_of(app, world, "manager")
    headers = {"X-Request-Id": f"click-{uuid.uuid4().hex}"}
    api.post("/api/tickets/triage", {"ticket_id": reported}, headers=headers)
    flush_reads(database)
    for stream, action in (("changes", "TRIAGED"), ("decisions", "ticket:triage")):
        query = f"?stream={stream}&request_id={headers['X-Request-Id']}"
        items = api.get(f"/api/admin/audit{query}").get_json()["items"]
        assert action in {each["action"] for each in items}


def test_own_sign_ins_only(app: Flask, world: World) -> None:
    api_of(app, world, "caretaker")
    items = api_of(app, world, "manager").get("/api/admin/audit?stream=sign_ins").get_json()
    assert {each["actor_id"] for each in items["items"]} == {str(world.people["manager"])}


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "stream=all", "cursor=x", "cursor=WzEsMl0", "from=yesterday", "x=1"],
)
def test_odd_filters_are_refused(app: Flask, world: World, query: str) -> None:
    assert api_of(app, world, "manager").get(f"/api/admin/audit?{query}").status_code == 422
    page = api_of(app, world, "manager").get(f"/en/admin/audit?{query}")
    assert page.status_code == 200
    assert "left out" in page.get_data(as_text=True)


def test_export_holds_everything_and_is_recorded(
    app: Flask, world: World, reported: str, database: Database
) -> None:
    """Check 26: cells that a spreadsheet would run are escaped."""
    api = api_of(app, world, "owner")
    text = api.get("/api/admin/audit/export").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert any(row["action"] == "TICKET_CREATED" for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    exported = json.loads(api.get("/api/admin/audit/export?format=json").get_data(as_text=True))
    assert {row["id"] for row in rows} <= {each["id"] for each in exported["items"]}
    flush_reads(database)
    with Session(world.engine) as session:
        reads = session.scalars(
            select(AccessEvent.action).where(
                AccessEvent.property_owner_id == world.owner_id,
                AccessEvent.resource_type == "AuditLog",
            )
        ).all()
    assert [str(each) for each in reads].count("EXPORT") == 2


def test_reads_outlast_a_database_that_is_away(world: World, settings: Settings) -> None:
    own = Database.connect(settings.database_url)
    marked = uuid.uuid4()
    reader = world.actor("manager")
    with own.transaction(reader.scope):
        audit.read(reader, "VIEW", "Building", marked, owner_id=world.owner_id)
    there = own.engine
    own.engine = create_engine("postgresql+psycopg://nobody@/nothing?host=/nonexistent")
    with pytest.raises(OperationalError):
        flush_reads(own)
    seen = select(AccessEvent.id).where(AccessEvent.resource_id == marked)
    with Session(world.engine) as session:
        assert session.scalars(seen).all() == []
        own.engine = there
        flush_reads(own)
        assert len(session.scalars(seen).all()) == 1
    there.dispose()


def test_pages_report_reads_and_nothing_else(app: Flask, world: World, database: Database) -> None:
    api = api_of(app, world, "resident")
    building = str(world.building_id)
    body = {"action": "VIEW", "resource_type": "Building", "resource_id": building}
    assert api.post("/api/audit", body).status_code == 204
    for odd in ({"action": "TICKET_CREATED"}, {"resource_type": "x y"}, {"changes": []}):
        assert api.post("/api/audit", body | odd).status_code == 422
    flush_reads(database)
    with Session(world.engine) as session:
        seen = session.scalars(
            select(AccessEvent.resource_type).where(
                AccessEvent.user_id == world.people["resident"],
                AccessEvent.resource_id == world.building_id,
            )
        ).all()
        changed = session.scalars(
            select(AuditEvent.id).where(AuditEvent.actor_id == world.people["resident"])
        ).all()
    assert seen == ["Building"]
    assert changed == []


def test_the_page_shows_entries_and_offers_what_is_allowed(
    app: Flask, world: World, reported: str
) -> None:
    manager = api_of(app, world, "manager").get("/en/admin/audit").get_data(as_text=True)
    owner = api_of(app, world, "owner").get("/en/admin/audit").get_data(as_text=True)
    assert reported in manager
    assert "Not proven yet" in manager
    assert "/admin/audit/export" in owner
    assert "/admin/audit/export" not in manager
    empty = api_of(app, world, "manager").get("/en/admin/audit?from=2199-01-01")
    assert "No entries here." in empty.get_data(as_text=True)
