"""Check 41: many writers at once leave one chain without a fork or a gap; what that costs."""

import os
import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from ecopick.config import libpq_url
from ecopick.core.audit.chain import STREAMS, chains, prove, unsealed
from ecopick.core.audit.writer import canonical
from ecopick.core.db import new_id
from tests.architecture.scopes import enter
from tests.conftest import DatabaseUrls
from tests.figures import figure

FULL = os.environ.get("ECOPICK_FULL") == "1"
WRITERS = 32
EVENTS = 10_000 if FULL else 80
OWNERS = 4
# Entries that one transaction writes: as a request does, from one to ten.
MOST = 10

Connection = psycopg.Connection[Any]


@dataclass
class Load:
    """What one run wrote, and how fast."""

    entries: int
    transactions: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.entries / self.seconds


@pytest.fixture
def owners(fresh_database_urls: DatabaseUrls) -> list[uuid.UUID]:
    """Owners of a database of their own."""
    made = [new_id() for _ in range(OWNERS)]
    with psycopg.connect(libpq_url(fresh_database_urls.migrator)) as connection:
        for owner in made:
            connection.execute(
                "insert into property_owners (id, name, owner_type, ticket_prefix, settings,"
                " created_at, updated_at) values (%s, 'Chain', 'landlord', 'EP', '{}', now(),"
                " now())",
                [owner],
            )
    return made


def _entry(owner: uuid.UUID, stream: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": new_id(),
        "property_owner_id": owner,
        "created_at": datetime.now(UTC),
        "request_id": uuid.uuid4().hex,
    }
    if stream == "audit_events":
        return entry | {"action": "ENTITY_UPDATED"}
    return entry | {
        "action": "ticket:view",
        "user_id": owner,
        "resource_type": "Ticket",
        "granted": True,
    }


def _write(connection: Connection, owner: uuid.UUID, stream: str) -> None:
    entry = _entry(owner, stream)
    names = [*entry, "body"]
    connection.execute(
        f"insert into {stream} ({', '.join(names)})"  # type: ignore[arg-type]
        f" values ({', '.join(['%s'] * len(names))})",
        [*entry.values(), canonical(entry)],
    )


def _writer(url: str, owners: list[uuid.UUID], seed: int, events: int = EVENTS) -> tuple[int, int]:
    chance = random.Random(seed)
    left, transactions = events, 0
    with psycopg.connect(url) as connection:
        while left:
            some = min(left, chance.randint(1, MOST))
            enter(connection, owners)
            for _ in range(some):
                stream = chance.choice(("audit_events", "access_decisions"))
                _write(connection, chance.choice(owners), stream)
            if chance.random() < 0.05:
                connection.rollback()  # What is taken back leaves no gap.
                continue
            connection.commit()
            left -= some
            transactions += 1
    return events, transactions


def _settle(url: str) -> None:
    """Do what autovacuum does before the hour of a walk: else it runs beside it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")


def _run(work: Callable[[int], tuple[int, int]]) -> Load:
    done: list[tuple[int, int]] = []
    failed: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            done.append(work(number))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=[number]) for number in range(WRITERS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    assert failed == []
    return Load(sum(n for n, _ in done), sum(t for _, t in done), seconds)


def test_many_writers_make_whole_chains(
    fresh_database_urls: DatabaseUrls, owners: list[uuid.UUID]
) -> None:
    app, migrator = libpq_url(fresh_database_urls.app), libpq_url(fresh_database_urls.migrator)
    sealed = _run(lambda number: _writer(app, owners, number))
    _settle(libpq_url(fresh_database_urls.admin))
    with psycopg.connect(migrator) as connection:
        found = [chain for chain in chains(connection) if chain.owner_id in owners]
        begun = time.perf_counter()
        proofs = [prove(connection, chain) for chain in found]
        walked = time.perf_counter() - begun
        assert [proof.fault for proof in proofs if proof.fault] == []
        assert sum(proof.rows for proof in proofs) == WRITERS * EVENTS == sealed.entries
        assert unsealed(connection) == []
    with psycopg.connect(libpq_url(fresh_database_urls.admin)) as connection:
        for stream in STREAMS:
            connection.execute(f"alter table {stream} disable trigger seal")  # type: ignore[arg-type]
    plain = _run(lambda number: _writer(app, owners, number, EVENTS // 4))
    with psycopg.connect(migrator) as connection:
        assert sum(chain.seq for chain in chains(connection) if chain.owner_id in owners) == (
            sealed.entries
        )
    figure(
        "audit",
        f"{WRITERS} writers, {EVENTS:,} events each: sealed",
        f"{sealed.rate:,.0f} a second",
    )
    figure(
        "audit",
        f"{WRITERS} writers, {EVENTS:,} events each: without the chain",
        f"{plain.rate:,.0f} a second",
    )
    figure(
        "audit",
        "walking these chains",
        f"{sealed.entries / walked:,.0f} rows a second",
        "≥ 50,000" if FULL else "",
    )
    assert not FULL or sealed.entries / walked >= 50_000
