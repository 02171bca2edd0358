"""A database of their own for the architecture tests, with two owners in every table."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from ecopick.config import libpq_url
from ecopick.server import roles
from tests.architecture.rows import Rows, fill

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Walls:
    """Addresses of the database that these tests fill, by role, and its two owners."""

    migrator: str
    app: str
    mine: Rows
    theirs: Rows


@pytest.fixture(scope="session")
def walls(servers: Any) -> Iterator[Walls]:
    """A migrated database with one row in every table for each of two owners."""
    name = f"walls_{uuid.uuid4().hex[:12]}"
    roles.create_database(servers.admin, name, template="ecopick_template")
    migrator = servers.url(roles.MIGRATOR, name)
    with sa.create_engine(migrator, poolclass=sa.NullPool).begin() as connection:
        mine, theirs = fill(connection), fill(connection)
    yield Walls(migrator, servers.url(roles.APP, name), mine, theirs)
    roles.drop_database(servers.admin, name)


@pytest.fixture
def past_walls(walls: Walls) -> Iterator[Connection]:
    """A connection that row security does not bind."""
    with psycopg.connect(libpq_url(walls.migrator), autocommit=True) as connection:
        yield connection


@pytest.fixture
def inside(walls: Walls) -> Iterator[Connection]:
    """A connection of the application's role; a test sets its scope, nothing is kept."""
    with psycopg.connect(libpq_url(walls.app)) as connection:
        yield connection
        connection.rollback()
