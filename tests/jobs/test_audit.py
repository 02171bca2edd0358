"""Anchors outside the database and the proof that people watch."""

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from ecopick.config import libpq_url
from ecopick.core.audit.anchors import FOLDER, read_anchor
from jobs.audit import anchor, prove_waiting
from jobs.runtime import Runtime
from tests.conftest import DatabaseUrls
from tests.factories import World
from tests.signing_in import api_of


@pytest.fixture
def tampering(database_urls: DatabaseUrls) -> Iterator[psycopg.Connection[Any]]:
    """Somebody who owns the server; what they did is repaired at the end."""
    with psycopg.connect(libpq_url(database_urls.admin), autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        yield connection


def test_heads_are_kept_outside(jobs: Runtime, app: Flask, world: World) -> None:
    api_of(app, world, "manager").post(
        "/api/tickets",
        {"building_id": str(world.building_id), "title": "Licht", "category": "electrical"},
    )
    key = anchor()
    assert key.startswith(f"{FOLDER}/")
    with jobs.storage.open(key) as file:
        kept = read_anchor(file.read())
    assert (world.owner_id, "audit_events") in {(h.owner_id, h.stream) for h in kept.heads}


def test_a_proof_is_asked_for_made_and_shown(jobs: Runtime, app: Flask, world: World) -> None:
    api = api_of(app, world, "owner")
    asked = api.post("/api/admin/audit/proof")
    assert asked.status_code == 202
    again = api.post("/api/admin/audit/proof")
    assert again.get_json()["id"] == asked.get_json()["id"], "one proof at a time"
    assert "Checking every entry" in api.get("/en/admin/audit").get_data(as_text=True)
    anchor()
    assert prove_waiting() >= 1
    assert prove_waiting() == 0
    proof = api.get("/api/admin/audit/proof").get_json()
    assert proof["newest"] == proof["whole"]
    assert proof["whole"]["is_whole"] is True
    assert proof["whole"]["rows_done"] == proof["whole"]["rows_total"] > 0
    assert proof["whole"]["anchors"] >= 1
    assert "Proven complete" in api.get("/en/admin/audit").get_data(as_text=True)


def test_tampering_is_told_to_whoever_reads(
    jobs: Runtime, app: Flask, world: World, tampering: psycopg.Connection[Any]
) -> None:
    """Check 41: the page says so, and where."""
    api = api_of(app, world, "owner")
    ticket = api.post(
        "/api/tickets",
        {"building_id": str(world.building_id), "title": "Licht", "category": "electrical"},
    ).get_json()["id"]
    row = tampering.execute(
        "select id, meta from audit_events where ticket_id = %s", [uuid.UUID(ticket)]
    ).fetchone()
    assert row is not None
    api.post("/api/admin/audit/proof")
    tampering.execute("update audit_events set actor_id = null where id = %s", [row[0]])
    try:
        prove_waiting()
    finally:
        tampering.execute(
            "update audit_events set actor_id = %s where id = %s",
            [world.people["owner"], row[0]],
        )
    proof = api.get("/api/admin/audit/proof").get_json()
    assert proof["newest"]["is_whole"] is False
    assert proof["newest"]["faults"][0]["kind"] == "changed_row"
    assert proof["whole"] is None
    page = api.get("/en/admin/audit").get_data(as_text=True)
    assert "Something was changed or removed" in page
