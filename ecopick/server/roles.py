"""The four database roles and the database itself; made by an administrator, never by a migration.

- `ecopick_owner` owns the schema and cannot log in;
- `ecopick_definer` owns the SECURITY DEFINER functions, cannot log in, bypasses row security;
- `ecopick_migrator` changes the schema (as a member of the two above);
- `ecopick_app` serves requests and jobs: it owns nothing and never bypasses row security.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from ecopick.config import libpq_url
from ecopick.server.errors import StartError

OWNER: Final = "ecopick_owner"
DEFINER: Final = "ecopick_definer"
MIGRATOR: Final = "ecopick_migrator"
APP: Final = "ecopick_app"

_ATTRIBUTES: Final = {
    OWNER: "nologin nobypassrls",
    DEFINER: "nologin bypassrls",
    MIGRATOR: "login bypassrls",
    APP: "login nobypassrls",
}
_EXTENSIONS: Final = ("pg_trgm", "unaccent", "citext", "btree_gist")


def init_roles(admin_url: str, app_password: str, migrator_password: str) -> None:
    """Make the four roles, or set their attributes and passwords again."""
    passwords = {APP: app_password, MIGRATOR: migrator_password}
    with _connect(admin_url) as connection:
        known = {row[0] for row in connection.execute("select rolname from pg_roles")}
        for role, attributes in _ATTRIBUTES.items():
            verb = "alter" if role in known else "create"
            connection.execute(
                sql.SQL("{} role {} with nosuperuser nocreatedb nocreaterole {}").format(
                    sql.SQL(verb), sql.Identifier(role), sql.SQL(attributes)
                )
            )
            if role in passwords:
                secret = connection.pgconn.encrypt_password(
                    passwords[role].encode(), role.encode(), b"scram-sha-256"
                )
                connection.execute(
                    sql.SQL("alter role {} password {}").format(
                        sql.Identifier(role), sql.Literal(secret.decode())
                    )
                )
        connection.execute(f"grant {OWNER}, {DEFINER} to {MIGRATOR}")
        connection.execute(f"grant {DEFINER} to {OWNER} with inherit false, set true")


def create_database(admin_url: str, name: str, template: str = "template0") -> bool:
    """Make a database that belongs to the owner role; False when it exists already."""
    with _connect(admin_url) as connection:
        found = connection.execute("select 1 from pg_database where datname = %s", [name])
        if found.fetchone():
            return False
        connection.execute(
            sql.SQL("create database {} owner {} template {}").format(
                sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template)
            )
        )
        connection.execute(
            sql.SQL("revoke all on database {} from public").format(sql.Identifier(name))
        )
        connection.execute(
            sql.SQL("grant connect on database {} to {}, {}").format(
                sql.Identifier(name), sql.Identifier(APP), sql.Identifier(MIGRATOR)
            )
        )
    if template == "template0":
        with _connect(admin_url, name) as connection:
            for extension in _EXTENSIONS:
                connection.execute(f"create extension if not exists {extension}")
            connection.execute(f"alter schema public owner to {OWNER}")
            connection.execute("revoke create on schema public from public")
            connection.execute(f"grant usage, create on schema public to {DEFINER}")
            connection.execute(f"grant usage on schema public to {APP}")
    return True


def drop_database(admin_url: str, name: str) -> None:
    """Remove a database and whoever is connected to it."""
    with _connect(admin_url) as connection:
        connection.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        )


def prepare_server(admin_url: str, app_url: str, migration_url: str) -> None:
    """Make roles and database so that both addresses work. Raises StartError."""
    app, migrator = urlsplit(app_url), urlsplit(migration_url)
    if unquote(app.username or "") != APP or unquote(migrator.username or "") != MIGRATOR:
        raise StartError(
            f"DATABASE_URL must name the role {APP} and MIGRATION_DATABASE_URL the role {MIGRATOR}."
        )
    if not app.path.strip("/") or app.path != migrator.path:
        raise StartError("DATABASE_URL and MIGRATION_DATABASE_URL must name the same database.")
    init_roles(admin_url, unquote(app.password or ""), unquote(migrator.password or ""))
    create_database(admin_url, unquote(app.path.strip("/")))


def _connect(admin_url: str, database: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
    try:
        return psycopg.connect(libpq_url(admin_url), autocommit=True, dbname=database)
    except psycopg.OperationalError as error:
        raise StartError(f"The database server does not answer: {error}") from error
