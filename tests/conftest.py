"""Fixtures: real PostgreSQL and Valkey, one migrated database a test process."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import Engine, create_engine

from ecopick.config import Settings
from ecopick.core import clock, context, crypto, tenancy, text
from ecopick.core.audit.writer import flush_reads
from ecopick.core.uow import Database
from ecopick.domains import policies
from ecopick.server import migrate, roles
from ecopick.server.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.factories import World, make_world

TEMPLATE = "ecopick_template"
PASSWORD = "test-only"


@dataclass(frozen=True)
class Servers:
    """Addresses of the servers of this test run."""

    folder: Path
    admin: str
    redis: str

    def url(self, role: str, database: str) -> str:
        """The address of ``database`` for ``role``."""
        host = self.admin.split("?", 1)[1]
        return f"postgresql+psycopg://{role}:{PASSWORD}@/{database}?{host}"


@dataclass(frozen=True)
class DatabaseUrls:
    """One migrated database, by role."""

    admin: str
    migrator: str
    app: str
    name: str


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process starts the servers; test processes are told where."""
    if hasattr(config, "workerinput"):
        given = config.workerinput["servers"]
        config.stash[SERVERS] = Servers(Path(given[0]), given[1], given[2])
        return
    folder = Path(tempfile.mkdtemp(prefix="ecopick-tests-"))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder / "postgres", durable=False)
    valkey = EmbeddedValkey(folder / "valkey", durable=False)
    servers = Servers(folder, postgres.start(), valkey.start())
    roles.init_roles(servers.admin, PASSWORD, PASSWORD)
    roles.create_database(servers.admin, TEMPLATE)
    migrate.upgrade(servers.url(roles.MIGRATOR, TEMPLATE))
    config.stash[SERVERS] = servers
    config.stash[STOP] = (postgres, valkey)


# Jobs work through every owner of the database: these tests come while there are few.
SWEEPING = ("tests/jobs/", "tests/domains/privacy/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that sweep; all others keep their order."""
    items.sort(key=lambda item: not item.nodeid.startswith(SWEEPING))


def pytest_configure_node(node: Any) -> None:
    """Tell a test process of xdist where the servers are.

    In Valkey each has a database of its own, so that it forgets no counters but its own.
    """
    servers = node.config.stash[SERVERS]
    number = int(node.gateway.id.removeprefix("gw")) + 1
    redis = servers.redis.replace("db=0", f"db={number}")
    node.workerinput["servers"] = (str(servers.folder), servers.admin, redis)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers with the controlling process."""
    for server in config.stash.get(STOP, ()):
        server.stop()
    if STOP in config.stash:
        shutil.rmtree(config.stash[SERVERS].folder, ignore_errors=True)


SERVERS = pytest.StashKey[Servers]()
STOP = pytest.StashKey[tuple[Any, ...]]()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Servers:
    """The PostgreSQL and Valkey servers of this run."""
    return request.config.stash[SERVERS]


@pytest.fixture(scope="session")
def database_urls(servers: Servers) -> Iterator[DatabaseUrls]:
    """A migrated database of this test process, by role."""
    yield from cloned(servers, TEMPLATE)


@pytest.fixture
def fresh_database_urls(servers: Servers) -> Iterator[DatabaseUrls]:
    """A migrated database of one test alone."""
    yield from cloned(servers, TEMPLATE)


def cloned(servers: Servers, template: str) -> Iterator[DatabaseUrls]:
    """A copy of ``template`` that goes when it is no longer used."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    roles.create_database(servers.admin, name, template=template)
    yield DatabaseUrls(
        admin=servers.admin.replace("/postgres?", f"/{name}?"),
        migrator=servers.url(roles.MIGRATOR, name),
        app=servers.url(roles.APP, name),
        name=name,
    )
    roles.drop_database(servers.admin, name)


@pytest.fixture(scope="session")
def settings(servers: Servers, database_urls: DatabaseUrls, tmp_path_factory: Any) -> Settings:
    """Settings of the application under test."""
    home = tmp_path_factory.mktemp("home")
    return Settings.from_env(
        {
            "APP_ENV": "test",
            "DATABASE_URL": database_urls.app,
            "MIGRATION_DATABASE_URL": database_urls.migrator,
            "REDIS_URL": servers.redis,
            "ECOPICK_HOME": str(home),
            "PUBLIC_BASE_URL": "http://localhost",
            "PATH": os.environ["PATH"],
        }
    )


@pytest.fixture(scope="session")
def database(settings: Settings) -> Iterator[Database]:
    """The database as the application's role sees it."""
    crypto.use_keys(
        crypto.Keys(data=settings.data_encryption_key, signing=(settings.session_hmac_key,))
    )
    policies.load()
    found = Database.connect(settings.database_url, pool_size=20)
    yield found
    found.engine.dispose()


@pytest.fixture(scope="session")
def migrator(database_urls: DatabaseUrls) -> Iterator[Engine]:
    """The database without row-level security, to arrange and to look behind the wall."""
    engine = create_engine(database_urls.migrator)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def app(settings: Settings, database: Database) -> Iterator[Flask]:
    """The application; unexpected errors are raised in tests."""
    from ecopick.app import create_app

    application = create_app(settings, database)
    application.config.update(TESTING=True)
    yield application
    application.extensions["audit_batches"].stop()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without scripts, signed out."""
    return app.test_client()


@pytest.fixture
def world(migrator: Engine, database: Database, servers: Servers) -> World:
    """A new property owner with a building, people in every role and a vendor.

    All tests come from one network address: what others failed at is forgotten.
    """
    forget_counts(migrator, servers)
    return make_world(migrator, database)


def forget_counts(migrator: Engine, servers: Servers) -> None:
    """Forget whatever limits have counted so far."""
    with migrator.begin() as connection:
        connection.execute(sa.text("delete from rate_limit_attempts"))
        connection.execute(sa.text("delete from rate_limit_violations"))
    redis = Redis.from_url(servers.redis)
    for key in redis.scan_iter("rate:*"):
        redis.delete(key)
    redis.close()


@pytest.fixture
def other_world(migrator: Engine, database: Database) -> World:
    """A second owner, whose rows the first must never see."""
    return make_world(migrator, database)


@pytest.fixture(autouse=True)
def _clean_context() -> Iterator[None]:
    """No test inherits another one's clock, scope, language or origin."""
    clock.reset()
    tenancy.set_scope(tenancy.NOTHING)
    context.set_origin(None)
    text.set_language("en")
    yield
    clock.reset()
    tenancy.set_scope(tenancy.NOTHING)


@pytest.fixture
def store_reads(database: Database) -> Any:
    """Store the reads and grants that wait for their batch."""
    return lambda: flush_reads(database)
