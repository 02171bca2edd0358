"""Whether an installation is sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import psycopg
from alembic.script import ScriptDirectory
from redis import Redis
from redis.exceptions import RedisError

from ecopick.adapters.clamd import ClamdScanner
from ecopick.adapters.scan import ScannerAway
from ecopick.config import Settings, libpq_url
from ecopick.server import migrate
from ecopick.server.errors import StartError


def verify(environ: Mapping[str, str]) -> Iterator[str]:
    """A line for each check that passed. Raises StartError or ConfigError at the first that fails.

    Checked are the settings, the database role (it must not see past row
    security), the revision of the schema, the queue, and the virus scanner where one is set.
    """
    settings = Settings.from_env(environ)
    yield "settings: ok"
    try:
        with psycopg.connect(libpq_url(settings.database_url)) as connection:
            row = connection.execute(
                "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as error:
        raise StartError(f"The database does not answer: {error}") from error
    if row is None or row[0]:
        raise StartError("The role in DATABASE_URL could bypass row-level security.")
    yield "database role: ok"
    if settings.migration_database_url:
        head = ScriptDirectory.from_config(migrate.alembic_config()).get_current_head()
        found = migrate.current(settings.migration_database_url)
        if found != head:
            raise StartError(f"The schema is at {found or 'base'}, not at {head}.")
        yield f"schema: {found}"
    try:
        Redis.from_url(settings.redis_url).ping()
    except RedisError as error:
        raise StartError(f"The queue does not answer: {error}") from error
    yield "queue: ok"
    if settings.clamd:
        try:
            yield f"virus scanner: {ClamdScanner(settings.clamd, timeout=10).version()}"
        except ScannerAway as error:
            raise StartError(f"The virus scanner does not answer: {error.detail}") from error
