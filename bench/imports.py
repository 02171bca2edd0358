"""How long it takes to take over large tables: units, people and past tickets.

`python -m bench.imports` starts servers of its own in a temporary folder, as a fresh
installation would, and runs the very job of the workers. `--rows 5000` for a short look.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bench.figures import Figure, at_most, told
from ecopick.config import Settings
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.roles import MembershipRole
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.imports.commands import begin_import, check_import, start_import
from ecopick.domains.imports.files import look_at
from ecopick.domains.imports.inputs import BeginImport, MapColumns
from ecopick.domains.imports.lifecycle import UNFINISHED, ImportKind
from ecopick.domains.imports.models import Import
from ecopick.domains.people.models import Membership, User
from ecopick.domains.property.models import Building, OwnerType, PropertyOwner
from ecopick.server import migrate, roles
from ecopick.server.embedded import EmbeddedPostgres, EmbeddedValkey
from jobs import imports
from jobs.runtime import Runtime, make_runtime, use_runtime

CHECK = "imports"
ROWS = 100_000
LIMIT_SECONDS = 120.0
BUILDINGS = 50
PASSWORD = "bench-only"
NAME = "bench"
KINDS = (ImportKind.UNITS, ImportKind.PEOPLE, ImportKind.TICKETS)


def measured(rows: int = ROWS) -> Iterator[Figure]:
    """The time of each kind: tried, taken, and brought again without a change."""
    with tempfile.TemporaryDirectory(prefix="ecopick-imports-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with _running(folder) as at:
            actor = _owner(at)
            for kind in KINDS:
                yield from _of_kind(at, actor, kind, rows)


def _of_kind(at: Runtime, actor: Actor, kind: ImportKind, rows: int) -> Iterator[Figure]:
    table = "\n".join([HEADS[kind], *(LINES[kind](number) for number in range(rows))]).encode()
    what = f"{rows} {kind.value}"
    limit = LIMIT_SECONDS * max(rows / ROWS, 0.1)
    run_id, tried = _tried(at, actor, kind, table)
    taken, run = _worked(at, actor, run_id, start=True)
    if (run.created, run.refused) != (rows, 0):
        raise RuntimeError(f"{what}: {run.created} created, {run.refused} refused")
    yield told(CHECK, f"{what} tried", tried, "s")
    yield at_most(CHECK, f"{what} taken over", taken, limit, "s")
    run_id, _tried_again = _tried(at, actor, kind, table)
    again, run = _worked(at, actor, run_id, start=True)
    if run.unchanged != rows:
        raise RuntimeError(f"{what}: {run.unchanged} unchanged the second time")
    yield told(CHECK, f"{what} brought again, nothing to change", again, "s")


def _tried(at: Runtime, actor: Actor, kind: ImportKind, table: bytes) -> tuple[uuid.UUID, float]:
    run_id = new_id()
    key = f"{actor.owner_id}/imports/{run_id}.csv"
    at.storage.put(key, BytesIO(table))
    look = look_at(lambda: at.storage.open(key))
    with at.database.transaction(actor.scope) as session:
        run = begin_import(
            session,
            actor,
            None,
            BeginImport(kind=kind, file_name="a.csv"),
            import_id=run_id,
            look=look,
            storage_key=key,
            size_bytes=len(table),
        )
        mapping = run.mapping
    with at.database.transaction(actor.scope) as session:
        check_import(session, actor, run_id, MapColumns(mapping=mapping))
    taken, _run = _worked(at, actor, run_id, start=False)
    return run_id, taken


def _worked(at: Runtime, actor: Actor, run_id: uuid.UUID, *, start: bool) -> tuple[float, Import]:
    """Run the workers' job until the import waits or has ended; the seconds."""
    if start:
        with at.database.transaction(actor.scope) as session:
            start_import(session, actor, run_id)
    begun = time.perf_counter()
    while True:
        imports.work()
        with at.database.transaction(actor.scope) as session:
            run = session.get_one(Import, run_id)
        if run.state not in UNFINISHED:
            return time.perf_counter() - begun, run


HEADS = {
    ImportKind.UNITS: "id,building,unit,type,floor",
    ImportKind.PEOPLE: "id,email,first name,last name,phone,building,unit,from",
    ImportKind.TICKETS: "id,title,description,building,unit,category,status,created,closed,reporter",
}


def _place(number: int) -> str:
    return f"House {number % BUILDINGS},W {number}"


def _unit(number: int) -> str:
    return f"U-{number},{_place(number)},Wohnung,{number % 9}"


def _person(number: int) -> str:
    name = f"person-{number}@example.org,Vorname{number},Nachname,+49 761 {number}"
    return f"P-{number},{name},{_place(number)},2024-05-01"


def _ticket(number: int) -> str:
    words = f"Wasserhahn tropft in der Küche {number},Seit gestern tropft der Hahn unter der Spüle."
    day = f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}"
    tail = f"Sanitär,erledigt,{day} 08:15,{day} 17:40,person-{number}@example.org"
    return f"T-{number},{words},{_place(number)},{tail}"


LINES = {ImportKind.UNITS: _unit, ImportKind.PEOPLE: _person, ImportKind.TICKETS: _ticket}


@contextmanager
def _running(folder: Path) -> Iterator[Runtime]:
    postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
    admin, redis = postgres.start(), valkey.start()
    try:
        roles.init_roles(admin, PASSWORD, PASSWORD)
        roles.create_database(admin, NAME)
        host = admin.split("?", 1)[1]

        def url(role: str) -> str:
            return f"postgresql+psycopg://{role}:{PASSWORD}@/{NAME}?{host}"

        migrate.upgrade(url(roles.MIGRATOR))
        settings = Settings.from_env(
            {
                "APP_ENV": "test",
                "DATABASE_URL": url(roles.APP),
                "MIGRATION_DATABASE_URL": url(roles.MIGRATOR),
                "REDIS_URL": redis,
                "ECOPICK_HOME": str(folder / "home"),
            }
        )
        made = make_runtime(settings)
        use_runtime(made)
        yield made
        made.database.engine.dispose()
    finally:
        use_runtime(None)
        postgres.stop()
        valkey.stop()


def _owner(at: Runtime) -> Actor:
    """An owner with buildings, and somebody who leads all of them."""
    owner_id, user_id = new_id(), new_id()
    engine = create_engine(at.settings.migration_database_url)
    with Session(engine) as session, session.begin():
        session.add(
            PropertyOwner(id=owner_id, name="Bench", owner_type=OwnerType.PROPERTY_MANAGEMENT)
        )
        session.add(User(id=user_id, email="bench@example.org", name="Bench"))
        session.flush()
        session.add(
            Membership(
                user_id=user_id, role=MembershipRole.PROPERTY_OWNER, property_owner_id=owner_id
            )
        )
        session.add_all(
            Building(property_owner_id=owner_id, name=f"House {number}")
            for number in range(BUILDINGS)
        )
    engine.dispose()
    actor = load_user_actor(at.database, user_id, owner_id)
    if actor is None:
        raise RuntimeError("the person who leads the buildings is not there")
    return actor


def main() -> int:
    """Measure and say so; 1 where a limit was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    kept = True
    for each in measured(parser.parse_args().rows):
        print(f"{each.what}: {each.value} {each.limit}".strip(), flush=True)
        kept = kept and each.kept
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
