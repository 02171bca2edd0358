"""Check 41: whoever edits, deletes, reorders or cuts the audit is found out."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from ecopick.config import libpq_url
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.audit import write
from ecopick.core.audit.anchors import (
    Anchor,
    AnchorForged,
    key_of,
    links_of,
    read_anchor,
    write_anchor,
)
from ecopick.core.audit.chain import Chain, Fault, Proof, chains, prove, unsealed
from ecopick.core.uow import Database
from tests.conftest import DatabaseUrls
from tests.factories import World

ROWS = 6
STREAM = "audit_events"


@pytest.fixture
def tamperer(database_urls: DatabaseUrls) -> Iterator[psycopg.Connection[Any]]:
    """Somebody who owns the server: no trigger holds them; what they did is taken back."""
    with psycopg.connect(libpq_url(database_urls.admin)) as connection:
        connection.execute("set session_replication_role = replica")
        yield connection
        connection.rollback()


@pytest.fixture
def owner_id(world: World, database: Database) -> uuid.UUID:
    """An owner whose audit has a few rows."""
    actor = world.actor("manager")
    for number in range(ROWS):
        with database.transaction(actor.scope) as session:
            write(
                session,
                actor,
                "ENTITY_UPDATED",
                owner_id=world.owner_id,
                changes=[{"field": "label", "from": None, "to": f"Ü {number}"}],
                meta={"resource": "units", "share": 0.1, "count": number},
            )
    return world.owner_id


def chain_of(connection: psycopg.Connection[Any], owner_id: uuid.UUID) -> Chain:
    return next(chain for chain in chains(connection, owner_id) if chain.stream == STREAM)


def proved(connection: psycopg.Connection[Any], owner_id: uuid.UUID) -> Proof:
    return prove(connection, chain_of(connection, owner_id))


def entry(connection: psycopg.Connection[Any], owner_id: uuid.UUID, seq: int) -> uuid.UUID:
    row = connection.execute(
        "select entry_id from audit_seals where property_owner_id = %s and stream = %s"
        " and seq = %s",
        [owner_id, STREAM, seq],
    ).fetchone()
    assert row is not None
    found: uuid.UUID = row[0]
    return found


def test_an_untouched_chain_is_whole(
    tamperer: psycopg.Connection[Any], owner_id: uuid.UUID
) -> None:
    chain = chain_of(tamperer, owner_id)
    assert chain.seq >= ROWS
    assert prove(tamperer, chain) == Proof(chain, chain.seq, None)
    assert unsealed(tamperer, owner_id) == []


@pytest.mark.parametrize(
    "edit",
    [
        "action = 'CLOSED'",
        "changes = '[]'",
        "changes = null",
        "actor_id = null",
        "meta = meta || '{\"count\": 99}'",
        "ip = 'v1.another'",
        "body = convert_to('{}', 'UTF8')",
        "body = '\\xff'",
    ],
)
def test_an_edited_row_is_found(
    tamperer: psycopg.Connection[Any], owner_id: uuid.UUID, edit: str
) -> None:
    edited = entry(tamperer, owner_id, 3)
    tamperer.execute(f"update audit_events set {edit} where id = %s", [edited])  # type: ignore[arg-type]
    assert proved(tamperer, owner_id).fault == Fault(owner_id, STREAM, 3, "changed_row", edited)


def test_an_edited_row_with_its_own_new_seal_is_found(
    tamperer: psycopg.Connection[Any], owner_id: uuid.UUID
) -> None:
    edited = entry(tamperer, owner_id, 3)
    tamperer.execute("update audit_events set body = 'x' where id = %s", [edited])
    tamperer.execute(
        "update audit_seals set content_hash = sha256('x'),"
        " hash = sha256(prev_hash || sha256('x') || int8send(seq)) where entry_id = %s",
        [edited],
    )
    assert proved(tamperer, owner_id).fault is not None


def test_a_deleted_row_is_found(tamperer: psycopg.Connection[Any], owner_id: uuid.UUID) -> None:
    deleted = entry(tamperer, owner_id, 2)
    tamperer.execute("delete from audit_events where id = %s", [deleted])
    assert proved(tamperer, owner_id).fault == Fault(owner_id, STREAM, 2, "missing_row", deleted)
    tamperer.execute("delete from audit_seals where entry_id = %s", [deleted])
    fault = proved(tamperer, owner_id).fault
    assert fault is not None
    assert (fault.seq, fault.kind) == (2, "gap")


def test_reordered_rows_are_found(tamperer: psycopg.Connection[Any], owner_id: uuid.UUID) -> None:
    first, second = entry(tamperer, owner_id, 2), entry(tamperer, owner_id, 3)
    for seal, new in ((first, uuid.uuid4()), (second, first)):
        tamperer.execute("update audit_seals set entry_id = %s where entry_id = %s", [new, seal])
    fault = proved(tamperer, owner_id).fault
    assert fault is not None
    assert fault.seq == 2
    tamperer.rollback()
    tamperer.execute("set session_replication_role = replica")
    for old, new in ((2, -1), (3, 2), (-1, 3)):
        tamperer.execute(
            "update audit_seals set seq = %s where property_owner_id = %s and stream = %s"
            " and seq = %s",
            [new, owner_id, STREAM, old],
        )
    fault = proved(tamperer, owner_id).fault
    assert fault is not None
    assert (fault.seq, fault.kind) == (2, "link")


def cut(connection: psycopg.Connection[Any], owner_id: uuid.UUID, keep: int) -> None:
    """Take the newest rows away with their seals, and set the head back."""
    connection.execute(
        "delete from audit_events where id in (select entry_id from audit_seals"
        " where property_owner_id = %s and stream = %s and seq > %s)",
        [owner_id, STREAM, keep],
    )
    connection.execute(
        "delete from audit_seals where property_owner_id = %s and stream = %s and seq > %s",
        [owner_id, STREAM, keep],
    )
    connection.execute(
        "update audit_heads set seq = %s, hash = (select hash from audit_seals"
        " where property_owner_id = %s and stream = %s and seq = %s)"
        " where property_owner_id = %s and stream = %s",
        [keep, owner_id, STREAM, keep, owner_id, STREAM],
    )


def test_a_cut_tail_is_found_by_its_anchor(
    tamperer: psycopg.Connection[Any], owner_id: uuid.UUID
) -> None:
    anchor = read_anchor(write_anchor(clock.now(), chains(tamperer, owner_id)))
    cut(tamperer, owner_id, keep=4)
    assert proved(tamperer, owner_id).fault is None  # Nothing inside tells.
    chain = chain_of(tamperer, owner_id)
    fault = prove(tamperer, chain, anchored=links_of([anchor], chain)).fault
    assert fault == Fault(owner_id, STREAM, 5, "cut_tail")


def test_a_chain_written_anew_is_found_by_its_anchor(
    tamperer: psycopg.Connection[Any], owner_id: uuid.UUID
) -> None:
    anchor = read_anchor(write_anchor(clock.now(), chains(tamperer, owner_id)))
    length = chain_of(tamperer, owner_id).seq
    cut(tamperer, owner_id, keep=length - 1)
    tamperer.execute("set session_replication_role = origin")
    tamperer.execute(
        "insert into audit_events (id, property_owner_id, body, created_at, action)"
        " values (gen_random_uuid(), %s, '{}', now(), 'ENTITY_CREATED')",
        [owner_id],
    )
    tamperer.execute("set constraints all immediate")
    chain = chain_of(tamperer, owner_id)
    assert chain.seq == length
    fault = prove(tamperer, chain, anchored=links_of([anchor], chain)).fault
    assert fault is not None
    assert (fault.seq, fault.kind) == (length, "anchor")


def test_a_row_smuggled_past_the_seals_is_found(
    tamperer: psycopg.Connection[Any], owner_id: uuid.UUID
) -> None:
    row = tamperer.execute(
        "insert into audit_events (id, property_owner_id, body, created_at, action)"
        " values (gen_random_uuid(), %s, '{}', now(), 'ENTITY_CREATED') returning id",
        [owner_id],
    ).fetchone()
    assert row is not None
    assert unsealed(tamperer, owner_id) == [Fault(owner_id, STREAM, 0, "unsealed_row", row[0])]


def test_a_walk_goes_on_where_the_last_one_ended(
    tamperer: psycopg.Connection[Any], owner_id: uuid.UUID
) -> None:
    chain = chain_of(tamperer, owner_id)
    row = tamperer.execute(
        "select hash from audit_seals where property_owner_id = %s and stream = %s and seq = 4",
        [owner_id, STREAM],
    ).fetchone()
    assert row is not None
    assert prove(tamperer, chain, after=4, previous=row[0]).rows == chain.seq - 4
    wrong = prove(tamperer, chain, after=4, previous=bytes(32)).fault
    assert wrong is not None
    assert (wrong.seq, wrong.kind) == (5, "link")


def test_anchors_are_signed() -> None:
    at = dt.datetime(2026, 11, 21, 13, tzinfo=dt.UTC)
    head = Chain(uuid.uuid4(), STREAM, 7, bytes(range(32)))
    stored = write_anchor(at, [head])
    assert read_anchor(stored) == Anchor(at, (head,))
    assert key_of(at) == "audit-anchors/2026/11/21/130000.json"
    for forged in (stored.replace(b'"seq":7', b'"seq":6'), b"{}", b"[]", b"\xff", b'{"a":1}'):
        with pytest.raises(AnchorForged):
            read_anchor(forged)
    other = write_anchor(at, [Chain(head.owner_id, STREAM, 7, bytes(32))])
    with pytest.raises(AnchorForged):
        links_of([read_anchor(stored), read_anchor(other)], head)


def test_no_row_of_the_product_breaks_its_chain(
    tamperer: psycopg.Connection[Any], world: World, database: Database
) -> None:
    """Whatever the product writes says in its columns what its canonical bytes say."""
    system = Actor.system(world.owner_id)
    with database.transaction(system.scope) as session:
        write(
            session,
            system,
            "ENTITY_CREATED",
            owner_id=world.owner_id,
            meta={"none": None, "deep": {"list": [1, None, "é"]}, "big": 10**15},
        )
    for chain in chains(tamperer):
        if chain.owner_id == world.owner_id:
            assert prove(tamperer, chain).fault is None
