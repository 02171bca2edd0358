"""Roles, schema and demo data: made once, and made again after an interruption."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

from ecopick.config import libpq_url
from ecopick.server import migrate, roles
from ecopick.server.embedded import EmbeddedPostgres
from ecopick.server.errors import StartError
from ecopick.server.prepare import load_demo, prepare

pytestmark = pytest.mark.platform


class Demo(ModuleType):
    """Stands in for the demo data: one person; counts its loads and can break."""

    loads = 0
    breaks = False
    url = ""

    def load(self, *, story: object = None) -> None:
        self.loads += 1
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "insert into users (id, email, email_verified, name, language, is_app_admin,"
                " is_system, two_factor_enabled, email_otp_enabled, created_at, updated_at) values"
                " (uuidv7(), 'a@example.org', true, 'A', 'en', false, false, false, false, now(), now())"
            )
        if self.breaks:
            raise RuntimeError("interrupted")


@pytest.fixture
def environment(home: Path) -> Iterator[dict[str, str]]:
    with EmbeddedPostgres(home / "pg", durable=False) as server:
        yield {
            "ECOPICK_HOME": str(home),
            "ADMIN_DATABASE_URL": server.url,
            "DATABASE_URL": server.url_for(roles.APP, "one", "product"),
            "MIGRATION_DATABASE_URL": server.url_for(roles.MIGRATOR, "two", "product"),
        }


@pytest.fixture
def demo(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Demo:
    made = Demo("ecopick.demo.load")
    made.url = libpq_url(environment["MIGRATION_DATABASE_URL"])
    monkeypatch.setitem(sys.modules, "ecopick.demo.load", made)
    return made


def people(environment: dict[str, str]) -> int:
    with psycopg.connect(libpq_url(environment["MIGRATION_DATABASE_URL"])) as connection:
        found = connection.execute("select count(*) from users where not is_system").fetchone()
    return int(found[0]) if found else 0


def test_the_demo_is_loaded_once_and_starts_over_when_interrupted(
    environment: dict[str, str], demo: Demo
) -> None:
    prepare(environment | {"ECOPICK_DEMO": "0"})
    assert (demo.loads, people(environment)) == (0, 0)
    demo.breaks = True
    with pytest.raises(RuntimeError):
        prepare(environment)
    assert people(environment) == 1
    demo.breaks = False
    prepare(environment)
    prepare(environment)
    assert (demo.loads, people(environment)) == (2, 1)
    with pytest.raises(StartError, match="not empty"):
        load_demo(environment)
    migrate.downgrade(environment["MIGRATION_DATABASE_URL"])
    assert migrate.current(environment["MIGRATION_DATABASE_URL"]) is None
    migrate.upgrade(environment["MIGRATION_DATABASE_URL"])
    assert people(environment) == 0


def test_production_gets_no_demo(environment: dict[str, str], demo: Demo) -> None:
    prepare(environment | {"APP_ENV": "production"})
    assert demo.loads == 0
