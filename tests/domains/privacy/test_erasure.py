"""Erasure: afterwards nothing tells of the person, and the chain still stands."""

import io
import logging
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg import sql
from sqlalchemy import text

from ecopick.config import Settings, libpq_url
from ecopick.core import clock
from ecopick.core.audit.chain import chains, prove
from ecopick.core.audit.writer import flush_reads
from ecopick.core.roles import MembershipRole
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.core.uow import Database
from ecopick.domains.people.models import Membership
from jobs.privacy import erase_due, make_waiting
from jobs.runtime import Runtime
from tests.conftest import DatabaseUrls
from tests.domains.privacy.conftest import Rare
from tests.factories import World
from tests.signing_in import Api, api_of
from tests.uploads import jpeg

TEXTS = ("text", "citext", "jsonb", "ARRAY", "tsvector", "character varying")


@pytest.fixture
def connection(database_urls: DatabaseUrls) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(libpq_url(database_urls.admin), autocommit=True) as found:
        yield found


def hits(connection: psycopg.Connection[Any], words: list[str]) -> list[str]:
    """Every column of every table in which one of ``words`` stands, as table.column."""
    columns = connection.execute(
        "select c.table_name, c.column_name, c.data_type, c.udt_name"
        " from information_schema.columns c join pg_class k on k.relname = c.table_name"
        " where c.table_schema = 'public' and k.relkind in ('r', 'p') and not k.relispartition"
    ).fetchall()
    found = []
    for table, column, kind, name in columns:
        place = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
        if kind == "bytea":
            test = "position(convert_to({word}, 'UTF8') in {column}) > 0"
        elif kind in TEXTS or name in TEXTS:
            test = "position(lower({word}) in lower({column}::text)) > 0"
        else:
            continue
        for word in words:
            query = sql.SQL("select count(*) from {table} where " + test)  # type: ignore[arg-type]
            row = connection.execute(query.format(word=sql.Literal(word), **place)).fetchone()
            if row and row[0]:
                found.append(f"{table}.{column}: {word}")
    return found


def words_of(rare: Rare) -> list[str]:
    folded = rare.last.replace("ë", "e")
    return [rare.first, rare.last, folded, rare.email, rare.phone, rare.digits]


def whole(connection: psycopg.Connection[Any], owner_id: uuid.UUID) -> bool:
    return all(prove(connection, chain).fault is None for chain in chains(connection, owner_id))


def ticket_of(api: Api, world: World, **facts: str) -> str:
    answer = api.post(
        "/api/tickets",
        {
            "building_id": str(world.building_id),
            "category": "plumbing",
            "title": "Heizung kalt",
            "description": "Seit gestern.",
            **facts,
        },
    )
    assert answer.status_code == 201, answer.text
    found: str = answer.get_json()["id"]
    return found


@pytest.fixture
def traces(app: Flask, world: World, rare: Rare, jobs: Runtime, database: Database) -> str:
    """The person has left traces wherever the product lets them; their request's id."""
    resident, manager = api_of(app, world, "resident"), api_of(app, world, "manager")
    mine = ticket_of(
        resident,
        world,
        unit_id=str(world.unit_id),
        title=f"Wasser bei {rare.name}",
        description=f"Bitte {rare.phone} anrufen oder {rare.email} schreiben.\n{rare.name}",
        access_note=f"Klingel {rare.last}",
    )
    resident.post("/api/tickets/message", {"ticket_id": mine, "body": f"Gruß, {rare.first}"})
    manager.post(
        "/api/tickets/message",
        {
            "ticket_id": mine,
            "body": f"Frau {rare.last}s Nummer: {rare.phone}",
            "visibility": "team",
        },
    )
    answer = resident.upload(
        "/api/tickets/attachment",
        ticket_id=mine,
        type="COMMENT_ATTACHMENT",
        file=(io.BytesIO(jpeg()), f"{rare.last}.jpg"),
    )
    assert answer.status_code == 201, answer.text
    ticket_of(
        manager,
        world,
        unit_id=str(world.neighbour_unit_id),
        title=f"Lärm, meldet {rare.last}, {rare.first}",
    )
    renamed = manager.put(f"/api/tickets/{mine}", {"title": f"Rohrbruch {rare.name}"})
    assert renamed.status_code == 200, renamed.text
    told = manager.post(
        "/api/audit",
        {"action": "SEARCH", "resource_type": "Ticket", "metadata": {"query": rare.last}},
    )
    assert told.status_code < 300, told.text
    flush_reads(database)
    with world.engine.begin() as connection:
        connection.execute(
            text("update vendor_orgs set email = :email, phone = :phone where id = :id"),
            {"email": rare.email, "phone": rare.phone, "id": world.vendor_org_id},
        )
    return mine


def confirm(api: Api, path: str, email: str) -> Any:
    answer = api.post(path, {"confirmation": email})
    assert answer.status_code == 202, answer.text
    return answer.get_json()


def test_nothing_tells_of_an_erased_account(
    app: Flask,
    world: World,
    rare: Rare,
    traces: str,
    settings: Settings,
    database: Database,
    connection: psycopg.Connection[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Check 49: 0 hits in database, file names and logs; the chain verifies; it is recorded."""
    caplog.set_level(logging.DEBUG, logger="ecopick")
    resident = api_of(app, world, "resident")
    assert resident.post("/api/privacy/export", {}).status_code == 202
    assert make_waiting() >= 1
    kept_settings = "select count(*) from user_settings where user_id = %s"
    assert resident.put("/api/users/me/settings/keys.single", {"value": False}).status_code == 200
    assert connection.execute(kept_settings, [rare.id]).fetchone() == (1,)
    sealed = connection.execute("select count(*) from audit_seals").fetchone()
    found = hits(connection, words_of(rare))
    assert len({each.split(":")[0] for each in found}) > 8  # The traces are there.
    assert not [each for each in found if each.startswith(("audit_", "access_", "auth_audit"))]
    erasure = confirm(resident, "/api/privacy/erasure", rare.email)
    erase_due()
    assert len(hits(connection, words_of(rare))) > 8  # Not before its time.
    clock.shift(timedelta(days=7, minutes=1))
    assert erase_due() >= 1
    flush_reads(database)

    assert hits(connection, words_of(rare)) == []
    assert connection.execute(kept_settings, [rare.id]).fetchone() == (0,)
    names = [str(each) for each in settings.storage_dir.rglob("*")]
    assert not [n for n in names for word in words_of(rare) if word in n]
    assert not [n for n in names if "privacy-exports" in n and n.endswith(f"{erasure['id']}.zip")]
    assert not [word for word in words_of(rare) if word in caplog.text]
    for owner_id in (world.owner_id, PLATFORM_OWNER_ID):
        assert whole(connection, owner_id)
    kept = connection.execute("select count(*) from audit_seals").fetchone()
    assert kept is not None and sealed is not None and kept[0] > sealed[0]
    row = connection.execute(
        "select state, asked_by_id, subject_id, done_at from privacy_erasures where id = %s",
        [erasure["id"]],
    ).fetchone()
    assert row is not None
    assert row[:3] == ("done", rare.id, rare.id)
    recorded = connection.execute(
        "select count(*) from audit_events where meta ->> 'privacy_erasure' = %s", [erasure["id"]]
    ).fetchone()
    assert recorded is not None and recorded[0] >= 1


def test_an_erased_person_cannot_come_in_and_their_request_stays(
    app: Flask, world: World, rare: Rare, traces: str
) -> None:
    resident = api_of(app, world, "resident")
    confirm(resident, "/api/privacy/erasure", rare.email)
    clock.shift(timedelta(days=8))
    erase_due()
    clock.reset()
    assert resident.get("/api/auth/me").status_code == 401
    with pytest.raises(AssertionError):
        api_of(app, world, "resident")
    seen = api_of(app, world, "manager").get(f"/api/tickets/{traces}").get_json()
    assert "[erased]" in seen["title"]
    assert "anrufen" in seen["description"]
    history = api_of(app, world, "manager").get(f"/en/tickets/{traces}?section=history")
    assert history.status_code == 200
    assert rare.last not in history.get_data(as_text=True)


def test_erased_with_one_owner_whole_with_another(
    app: Flask,
    world: World,
    other_world: World,
    rare: Rare,
    traces: str,
    connection: psycopg.Connection[Any],
) -> None:
    """The other owner keeps name, texts and keys; the first holds none of them."""
    other_world.add(
        Membership(
            user_id=rare.id, role=MembershipRole.CARETAKER, property_owner_id=other_world.owner_id
        )
    )
    theirs = ticket_of(
        api_of(app, other_world, "manager"),
        other_world,
        unit_id=str(other_world.unit_id),
        title=f"Gemeldet von {rare.name}",
    )
    rule = world.add_rule(assignee="resident")
    owner = api_of(app, world, "owner")
    confirm(owner, f"/api/privacy/people/{rare.id}/erasure", rare.email)
    assert erase_due() >= 1
    assert whole(connection, world.owner_id)
    row = connection.execute(
        "select u.name, t.title from users u, tickets t where u.id = %s and t.id = %s",
        [rare.id, theirs],
    ).fetchone()
    assert row == (rare.name, f"Gemeldet von {rare.name}")
    assert owner.get(f"/en/members/people/{rare.id}/data").status_code == 404
    shown = owner.get(f"/api/tickets/{traces}").get_data(as_text=True)
    assert rare.last not in shown
    assert rare.email not in shown
    left = connection.execute(
        "select count(*) from tickets where property_owner_id = %s"
        " and (reporter_id = %s or title like %s)",
        [world.owner_id, rare.id, f"%{rare.last}%"],
    ).fetchone()
    assert left == (0,)
    live = connection.execute("select is_active from routing_rules where id = %s", [rule])
    assert live.fetchone() == (False,)
    keys = connection.execute(
        "select property_owner_id, wrapped_key is null from subject_keys where subject_id = %s"
        " and property_owner_id = any(%s)",
        [rare.id, [world.owner_id, other_world.owner_id]],
    ).fetchall()
    assert (world.owner_id, True) in keys
    assert (other_world.owner_id, True) not in keys
    assert api_of(app, world, "resident").get("/api/auth/me").status_code == 200


def test_whoever_only_the_owner_knew_goes_whole(
    app: Flask, world: World, rare: Rare, traces: str, connection: psycopg.Connection[Any]
) -> None:
    with world.engine.begin() as behind:
        behind.execute(
            text("update users set password_hash = null where id = :id"), {"id": rare.id}
        )
        behind.execute(
            text("update vendor_orgs set email = null, phone = null where id = :id"),
            {"id": world.vendor_org_id},
        )
    confirm(api_of(app, world, "owner"), f"/api/privacy/people/{rare.id}/erasure", rare.email)
    assert erase_due() >= 1
    assert hits(connection, words_of(rare)) == []


def test_a_hold_stands_against_it(app: Flask, world: World, rare: Rare, traces: str) -> None:
    owner, resident = api_of(app, world, "owner"), api_of(app, world, "resident")
    hold = f"/api/privacy/people/{rare.id}/hold"
    erasure = confirm(resident, "/api/privacy/erasure", rare.email)
    assert owner.put(hold, {"reason": "Rechtsstreit"}).status_code == 201
    refused = owner.post(f"/api/privacy/people/{rare.id}/erasure", {"confirmation": rare.email})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "legal_hold")
    assert "legal hold" in refused.get_json()["title"]
    clock.shift(timedelta(days=8))
    erase_due()
    clock.reset()
    assert "must keep your data" in resident.get("/en/account/data").get_data(as_text=True)
    again = resident.post("/api/privacy/erasure", {"confirmation": rare.email})
    assert again.status_code == 409
    assert owner.delete(hold).status_code == 204
    assert confirm(resident, "/api/privacy/erasure", rare.email)["id"] != erasure["id"]


def test_it_can_be_taken_back_for_seven_days(
    app: Flask, world: World, rare: Rare, connection: psycopg.Connection[Any], jobs: Runtime
) -> None:
    resident = api_of(app, world, "resident")
    erasure = confirm(resident, "/api/privacy/erasure", rare.email)
    assert confirm(resident, "/api/privacy/erasure", rare.email)["id"] == erasure["id"]
    undo = f"/api/privacy/erasure/{erasure['id']}"
    assert resident.delete(undo).get_json()["state"] == "undone"
    assert resident.delete(undo).status_code == 409
    clock.shift(timedelta(days=8))
    erase_due()
    row = connection.execute("select name from users where id = %s", [rare.id]).fetchone()
    assert row == (rare.name,)
