"""Roles, schema and demo data, before anything serves."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import psycopg

from ecopick.config import libpq_url
from ecopick.server import demo_marker, migrate, roles
from ecopick.server.errors import StartError

if TYPE_CHECKING:
    from ecopick.demo.load import Story

_ADDRESSES: Final = ("ADMIN_DATABASE_URL", "DATABASE_URL", "MIGRATION_DATABASE_URL")


def prepare(environ: Mapping[str, str]) -> None:
    """Make what is missing: roles, database, schema, and once the demo data.

    Roles and database need ADMIN_DATABASE_URL, the schema
    MIGRATION_DATABASE_URL; without them they are the operator's business.
    Raises StartError.
    """
    prepare_schema(environ)
    if demo_marker.is_due(environ) and _is_empty(environ):
        load_demo(environ)


def prepare_when_told(environ: Mapping[str, str], told_by: int, tell: int) -> None:
    """The same, as soon as the servers answer; what needs no server is done before.

    Through the pipe `told_by` come, as JSON, the settings that were not known
    yet; when it is closed without them there is nothing to do. The pipe `tell`
    gets a line when the schema is there. Raises StartError.
    """
    due = demo_marker.is_due(environ) and bool(environ.get("MIGRATION_DATABASE_URL"))
    story = _demo().begin() if due else None
    with os.fdopen(told_by) as pipe:
        told = pipe.read()
    if not told:
        return
    known = {**environ, **json.loads(told)}
    prepare_schema(known)
    with os.fdopen(tell, "w") as answer:
        answer.write("schema\n")
    if story and _is_empty(known):
        load_demo(known, story)


def prepare_schema(environ: Mapping[str, str]) -> None:
    """Roles, database and schema. Raises StartError."""
    prepare_roles(environ)
    if environ.get("MIGRATION_DATABASE_URL"):
        migrate.upgrade(migration_url(environ))


def prepare_roles(environ: Mapping[str, str]) -> None:
    """Roles and database, when the administrator's address is known. Raises StartError."""
    admin, migration = environ.get("ADMIN_DATABASE_URL"), environ.get("MIGRATION_DATABASE_URL")
    if not admin or not migration:
        return
    if demo_marker.state(environ) == demo_marker.LOADING:
        # Half a demo is worth nothing: an interrupted load starts over.
        roles.drop_database(admin, unquote(urlsplit(migration).path.strip("/")))
        demo_marker.forget(environ)
    roles.prepare_server(admin, environ["DATABASE_URL"], migration)


def load_demo(environ: Mapping[str, str], story: Story | None = None) -> None:
    """Load the demo data, or a `story` begun before, and remember that it is there.

    Raises StartError when the database is not empty.
    """
    if not _is_empty(environ):
        raise StartError("The database is not empty; the demo data belongs into a fresh one.")
    demo_marker.remember(environ, demo_marker.LOADING)
    _demo().load(story=story)
    demo_marker.remember(environ, demo_marker.LOADED)


def external_roles(environ: Mapping[str, str]) -> None:
    """Make roles and database on a server of the operator's own.

    Reads ADMIN_DATABASE_URL, DATABASE_URL and MIGRATION_DATABASE_URL; raises
    StartError when one is missing.
    """
    for name in _ADDRESSES:
        if not environ.get(name, "").strip():
            raise StartError(f"{name} is not set.")
    roles.prepare_server(*(environ[name].strip() for name in _ADDRESSES))


def migration_url(environ: Mapping[str, str]) -> str:
    """The migrator's address. Raises StartError when it is not set."""
    url = environ.get("MIGRATION_DATABASE_URL", "").strip()
    if not url:
        raise StartError("MIGRATION_DATABASE_URL is not set.")
    return url


def _demo() -> ModuleType:
    return importlib.import_module("ecopick.demo.load")


def _is_empty(environ: Mapping[str, str]) -> bool:
    """Whether nobody is in the database yet; without the migrator's address it counts as full."""
    if not environ.get("MIGRATION_DATABASE_URL"):
        return False
    with psycopg.connect(libpq_url(migration_url(environ))) as connection:
        found = connection.execute(
            "select not exists (select from users where not is_system)"
        ).fetchone()
    return bool(found and found[0])
