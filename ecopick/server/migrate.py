"""Bringing the schema to a revision, with the migrator's address.

Alembic's environment finds the open connection in
`config.attributes["connection"]`; it is in a transaction, acts as the owner
role, and everything commits together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from ecopick.config import sqlalchemy_url
from ecopick.server.roles import OWNER

MIGRATIONS: Final = Path(__file__).resolve().parent.parent / "migrations"
_LOCK: Final = 4500_0001


def alembic_config() -> Config:
    """Alembic's settings for our folder of migrations."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Apply all migrations up to `revision`. One process at a time; others wait."""
    _run(url, revision, command.upgrade)


def downgrade(url: str, revision: str = "base") -> None:
    """Take migrations back down to `revision`."""
    _run(url, revision, command.downgrade)


def current(url: str) -> str | None:
    """The revision that the database is at; None when it is empty."""
    engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(sa.text("select version_num from alembic_version"))
        return found.scalar_one_or_none()


def _run(url: str, revision: str, action: Callable[[Config, str], None]) -> None:
    config = alembic_config()
    engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        connection.execute(sa.text(f"set local role {OWNER}"))
        config.attributes["connection"] = connection
        action(config, revision)
