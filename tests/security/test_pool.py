"""Check 17: requests of many owners share few connections and never a row.

Errors, time-outs and lost connections are mixed in where they hurt most: in the
middle of a request, at any statement.
"""

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError

from ecopick.app import create_app
from ecopick.config import Settings
from ecopick.core.uow import Database
from ecopick.domains.auth.commands.sessions import open_session
from ecopick.web.session_cookies import SESSION, csrf_token_for, signed
from tests.factories import World, make_world
from tests.figures import figure

FULL = os.environ.get("ECOPICK_FULL") == "1"
REQUESTS = 10_000 if FULL else 300
OWNERS = 50 if FULL else 8
POOL = 5
WORKERS = 12


class Injected(Exception):
    """A fault of this test's making."""


@dataclass
class Owner:
    """One owner's manager, with a ticket of theirs."""

    world: World
    session_id: Any
    ticket_id: str = ""


@pytest.fixture
def few(settings: Settings, database: Database) -> Iterator[Database]:
    """A database behind a pool of five connections and no more."""
    found = Database.connect(settings.database_url, pool_size=POOL)
    found.engine.pool._max_overflow = 0  # type: ignore[attr-defined]
    yield found
    found.engine.dispose()


@pytest.fixture
def small_app(settings: Settings, few: Database) -> Flask:
    """An application on these connections; what goes wrong is answered, not raised."""
    app = create_app(settings, few)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    return app


@pytest.fixture
def faults(few: Database) -> Iterator[Counter[str]]:
    """Faults at random statements: an error, a time-out, a connection that is lost."""
    seen: Counter[str] = Counter()
    chance = random.Random(45)
    lock = threading.Lock()
    armed = threading.Event()

    def maybe(_c: object, cursor: Any, statement: str, *_rest: object) -> None:
        by_itself = threading.current_thread().name == "audit"
        if not armed.is_set() or by_itself or "set_config" in statement:
            return
        with lock:
            drawn = chance.random()
        if drawn < 0.004:
            seen["error"] += 1
            raise Injected
        if drawn < 0.008:
            seen["time-out"] += 1
            cursor.execute("set local statement_timeout = 1")
            cursor.execute("select pg_sleep(10)")
        if drawn < 0.010:
            seen["lost"] += 1
            cursor.execute("select pg_terminate_backend(pg_backend_pid())")

    event.listen(few.engine, "before_cursor_execute", maybe)
    seen.arm = armed.set  # type: ignore[attr-defined]
    yield seen
    event.remove(few.engine, "before_cursor_execute", maybe)


@pytest.fixture
def owners(small_app: Flask, migrator: Engine, few: Database) -> list[Owner]:
    """Owners that know nothing of one another."""
    made = []
    for _ in range(OWNERS):
        world = make_world(migrator, few)
        opened = open_session(few, world.people["manager"], method="test")
        owner = Owner(world, opened.session_id)
        client = client_of(small_app, owner)
        answer = client.post("/api/tickets", json=ticket(owner), headers=csrf(small_app, owner))
        assert answer.status_code == 201, answer.text
        owner.ticket_id = answer.get_json()["id"]
        made.append(owner)
    return made


def ticket(owner: Owner) -> dict[str, str]:
    return {
        "building_id": str(owner.world.building_id),
        "title": f"Leck {owner.world.owner_id}",
        "category": "plumbing",
    }


def client_of(app: Flask, owner: Owner) -> FlaskClient:
    client = app.test_client()
    with app.app_context():
        client.set_cookie(SESSION, signed(owner.session_id))
    return client


def csrf(app: Flask, owner: Owner) -> dict[str, str]:
    with app.app_context():
        return {"X-CSRF-Token": csrf_token_for(owner.session_id)}


def one_request(app: Flask, mine: Owner, other: Owner, kind: int) -> tuple[int, bool]:
    """The answer's status, and whether anything of another owner stood in it."""
    client = client_of(app, mine)
    match kind:
        case 0:
            answer = client.get("/api/tickets?limit=50")
        case 1:
            answer = client.get(f"/api/tickets/{mine.ticket_id}")
        case 2:
            answer = client.get(f"/api/tickets/{other.ticket_id}")
        case 3:
            answer = client.get("/api/tickets?q=leck")
        case 4:
            answer = client.post("/api/tickets", json=ticket(mine), headers=csrf(app, mine))
        case 5:
            answer = client.get("/en/tickets")
        case 6:
            answer = client.get("/api/auth/me")
        case _:
            answer = client.post("/api/tickets", data=b"{", headers=csrf(app, mine))
    text = answer.get_data(as_text=True)
    foreign = str(other.world.owner_id) in text or (kind != 2 and other.ticket_id in text)
    return answer.status_code, foreign or (kind == 2 and answer.status_code == 200)


def test_no_row_ever_crosses_the_wall(
    small_app: Flask, owners: list[Owner], faults: Counter[str]
) -> None:
    chance = random.Random(17)
    plan = [(*chance.sample(owners, 2), chance.randrange(8)) for _ in range(REQUESTS)]
    faults.arm()  # type: ignore[attr-defined]

    def run(step: tuple[Owner, Owner, int]) -> tuple[int, bool]:
        try:
            return one_request(small_app, *step)
        except (Injected, SQLAlchemyError):
            return 500, False

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(run, plan))
    statuses = Counter(status for status, _ in answers)
    assert sum(foreign for _, foreign in answers) == 0
    assert set(statuses) <= {200, 201, 400, 401, 404, 415, 422, 429, 500, 503}
    assert statuses[200] + statuses[201] > REQUESTS / 3
    assert sum(faults.values()) >= (100 if FULL else 3)
    figure(
        "isolation",
        f"foreign rows in {REQUESTS:,} requests of {OWNERS} owners on {POOL} connections",
        f"0; {sum(faults.values())} faults injected",
    )
