"""The audit chain: sealed at commit, never forked, every tampering visible."""

import datetime as dt
import hashlib
import threading
import time
import uuid
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from ecopick.config import libpq_url
from ecopick.core.db import new_id
from tests.architecture.conftest import Connection, Walls
from tests.architecture.scopes import enter
from tests.figures import figure

PLATFORM = uuid.UUID(int=1)
WRITERS = 8
TRANSACTIONS = 25


def _owner(past_walls: Connection) -> uuid.UUID:
    owner = new_id()
    past_walls.execute(
        "insert into property_owners (id, name, owner_type, ticket_prefix, settings, created_at,"
        " updated_at) values (%s, 'Chain', 'landlord', 'EP', '{}', now(), now())",
        [owner],
    )
    return owner


def _write(connection: Connection, owner: uuid.UUID, stream: str = "audit_events") -> uuid.UUID:
    entry = new_id()
    body = f"{stream} {entry}".encode()
    match stream:
        case "audit_events":
            extra, values = "action", "'ENTITY_CREATED'"
        case "auth_audit_events":
            extra, values = "action, outcome", "'login', 'success'"
        case "access_events":
            extra, values = "action, user_id, resource_type", "'VIEW', gen_random_uuid(), 'Ticket'"
        case _:
            extra = "action, user_id, resource_type, granted"
            values = "'ticket:view', gen_random_uuid(), 'Ticket', true"
    connection.execute(
        f"insert into {stream} (id, property_owner_id, body, created_at, {extra})"  # type: ignore[arg-type]
        f" values (%s, %s, %s, now(), {values})",
        [entry, owner, body],
    )
    return entry


def _chain(past_walls: Connection, owner: uuid.UUID, stream: str) -> list[tuple[Any, ...]]:
    """The seals of a chain, each link verified."""
    rows = past_walls.execute(
        "select seq, entry_id, content_hash, prev_hash, hash from audit_seals"
        " where property_owner_id = %s and stream = %s order by seq",
        [owner, stream],
    ).fetchall()
    previous = bytes(32)
    for position, (seq, _, content, prev, link) in enumerate(rows, 1):
        assert seq == position
        assert prev == previous
        assert link == hashlib.sha256(prev + content + seq.to_bytes(8, "big")).digest()
        previous = link
    head = past_walls.execute(
        "select seq, hash from audit_heads where property_owner_id = %s and stream = %s",
        [owner, stream],
    ).fetchone()
    assert head == ((len(rows), previous) if rows else None)
    return rows


def test_entries_are_sealed_at_commit(past_walls: Connection, walls: Walls) -> None:
    owner = _owner(past_walls)
    with psycopg.connect(libpq_url(walls.app)) as connection:
        enter(connection, [owner])
        entries = [_write(connection, owner) for _ in range(3)]
        assert connection.execute("select count(*) from audit_seals").fetchone() == (0,)
        connection.commit()
        enter(connection, [owner])
        entries.append(_write(connection, owner))
        connection.commit()
    sealed = _chain(past_walls, owner, "audit_events")
    assert [row[1] for row in sealed] == entries
    bodies = past_walls.execute(
        "select id, sha256(body) from audit_events where property_owner_id = %s", [owner]
    ).fetchall()
    assert {row[1]: row[2] for row in sealed} == dict(bodies)


def test_every_stream_has_a_chain_of_its_own(past_walls: Connection, walls: Walls) -> None:
    owner = _owner(past_walls)
    streams = ("auth_audit_events", "access_decisions", "audit_events", "access_events")
    with psycopg.connect(libpq_url(walls.app)) as connection:
        enter(connection, [owner])
        for stream in streams:
            _write(connection, owner, stream)
            _write(connection, owner, stream)
        connection.commit()
    for stream in streams:
        assert len(_chain(past_walls, owner, stream)) == 2


def test_what_is_rolled_back_leaves_no_seal(past_walls: Connection, walls: Walls) -> None:
    owner = _owner(past_walls)
    with psycopg.connect(libpq_url(walls.app)) as connection:
        enter(connection, [owner])
        _write(connection, owner)
        connection.rollback()
    assert _chain(past_walls, owner, "audit_events") == []


def test_sealing_early_and_again(past_walls: Connection, walls: Walls) -> None:
    """`set constraints all immediate` seals; what follows is sealed at commit, once."""
    owner = _owner(past_walls)
    with psycopg.connect(libpq_url(walls.app)) as connection:
        enter(connection, [owner])
        first = _write(connection, owner)
        connection.execute("set constraints all immediate")
        connection.execute("set constraints all deferred")
        second = _write(connection, owner)
        connection.commit()
    assert [row[1] for row in _chain(past_walls, owner, "audit_events")] == [first, second]


def test_history_is_sealed_too(past_walls: Connection, walls: Walls) -> None:
    """Entries of many months in one transaction, in any order."""
    owner = _owner(past_walls)
    with psycopg.connect(libpq_url(walls.app)) as connection:
        enter(connection, [owner])
        for month in (9, 6, 12, 7):
            for day in (1, 2):
                connection.execute(
                    "insert into audit_events (id, property_owner_id, body, created_at, action)"
                    " values (%s, %s, 'x', %s, 'ENTITY_CREATED')",
                    [new_id(), owner, dt.datetime(2026, month, day, tzinfo=dt.UTC)],
                )
        connection.commit()
    assert len(_chain(past_walls, owner, "audit_events")) == 8


def test_accounts_are_audited_without_a_scope(past_walls: Connection, walls: Walls) -> None:
    """A failed sign-in belongs to the platform and is written before anybody is known."""
    with psycopg.connect(libpq_url(walls.app)) as connection:
        entry = _write(connection, PLATFORM, "auth_audit_events")
        connection.commit()
        assert connection.execute("select count(*) from auth_audit_events").fetchone() == (0,)
    assert entry in {row[1] for row in _chain(past_walls, PLATFORM, "auth_audit_events")}


def test_a_failed_audit_takes_the_change_with_it(past_walls: Connection, walls: Walls) -> None:
    """Security bar 42: no entry, no mutation."""
    owner = _owner(past_walls)
    with psycopg.connect(libpq_url(walls.app)) as connection:
        enter(connection, [owner])
        connection.execute("update property_owners set name = 'Changed' where id = %s", [owner])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            _write(connection, walls.theirs["property_owners"]["id"])
        connection.rollback()
    name = past_walls.execute("select name from property_owners where id = %s", [owner]).fetchone()
    assert name == ("Chain",)


def test_concurrent_writers_make_one_chain(past_walls: Connection, walls: Walls) -> None:
    """Security bar 41: writers over two owners and two streams: no fork, no gap, no deadlock."""
    owners = [_owner(past_walls), _owner(past_walls)]
    failures: list[BaseException] = []

    def work(number: int) -> None:
        order = owners if number % 2 else owners[::-1]
        try:
            with psycopg.connect(libpq_url(walls.app)) as connection:
                for _ in range(TRANSACTIONS):
                    enter(connection, owners)
                    for owner in order:
                        _write(connection, owner, "access_decisions")
                        _write(connection, owner, "audit_events")
                    connection.commit()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in range(WRITERS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    rate = WRITERS * TRANSACTIONS / (time.perf_counter() - begun)
    figure("audit", f"transactions of 4 sealed entries, {WRITERS} writers", f"{rate:.0f} a second")
    for owner in owners:
        for stream in ("access_decisions", "audit_events"):
            assert len(_chain(past_walls, owner, stream)) == WRITERS * TRANSACTIONS


def test_partitions_are_made_ahead_and_only_once(walls: Walls) -> None:
    with psycopg.connect(libpq_url(walls.app)) as connection:
        make = "select ensure_audit_partitions(%s, date '2028-01-15')"
        assert connection.execute(make, [1]).fetchone() == (8,)
        assert connection.execute(make, [1]).fetchone() == (0,)
        connection.rollback()


def test_entries_of_any_time_find_a_place(past_walls: Connection, walls: Walls) -> None:
    """A clock far off fills the default partition, and its month is then left alone."""
    owner = _owner(past_walls)
    with psycopg.connect(libpq_url(walls.app)) as connection:
        enter(connection, [owner])
        connection.execute(
            "insert into audit_events (id, property_owner_id, body, created_at, action)"
            " values (%s, %s, 'x', timestamptz '2031-05-05', 'ENTITY_CREATED')",
            [new_id(), owner],
        )
        connection.commit()
        made = connection.execute("select ensure_audit_partitions(0, date '2031-05-01')").fetchone()
        assert made == (3,)
        connection.rollback()
    assert len(_chain(past_walls, owner, "audit_events")) == 1


def test_seals_survive_the_orm(walls: Walls) -> None:
    """Entries written through SQLAlchemy read neither hash nor transaction id back."""
    from ecopick.core.audit.models import AuditEvent

    engine = sa.create_engine(walls.app, poolclass=sa.NullPool)
    owner = walls.mine["property_owners"]["id"]
    with engine.begin() as connection:
        connection.execute(
            sa.text("select set_config('app.owner_ids', :owners, true)"),
            {"owners": "{" + str(owner) + "}"},
        )
        connection.execute(
            sa.insert(AuditEvent),
            [
                {"property_owner_id": owner, "action": "ENTITY_CREATED", "body": b"{}"}
                for _ in range(3)
            ],
        )
