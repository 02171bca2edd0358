"""The surroundings of a command beside, or without, a running `ecopick up`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from ecopick.config import home_folder
from ecopick.server.embedded import EmbeddedPostgres, EmbeddedValkey
from ecopick.server.errors import StartError
from ecopick.server.home import Home, let_servers_in
from ecopick.server.locks import FolderLock
from ecopick.server.roles import APP, MIGRATOR

DATABASE = "ecopick"


@contextlib.contextmanager
def surroundings() -> Iterator[None]:
    """Put into the environment what a command needs to reach the servers.

    With DATABASE_URL set nothing happens. Else the running Ecopick of this
    data folder is used, or its servers are started for as long as the command
    takes. Raises StartError.
    """
    if os.environ.get("DATABASE_URL", "").strip():
        yield
        return
    home = Home(home_folder(os.environ))
    if announced := _running(home):
        os.environ.update(announced)
        yield
        return
    home.open()
    with contextlib.ExitStack() as stack:
        stack.callback(home.close)
        let_servers_in(home.folder)
        postgres = stack.enter_context(EmbeddedPostgres(home.folder / "postgres"))
        valkey = stack.enter_context(EmbeddedValkey(home.folder / "valkey"))
        known = home.secrets()
        os.environ.update(
            ECOPICK_HOME=str(home.folder),
            ADMIN_DATABASE_URL=postgres.url,
            DATABASE_URL=postgres.url_for(APP, known["APP_PASSWORD"], DATABASE),
            MIGRATION_DATABASE_URL=postgres.url_for(MIGRATOR, known["MIGRATOR_PASSWORD"], DATABASE),
            REDIS_URL=valkey.url,
        )
        for name in ("SESSION_HMAC_KEY", "DATA_ENCRYPTION_KEY"):
            os.environ.setdefault(name, known[name])
        yield


def _running(home: Home) -> dict[str, str]:
    """What the Ecopick that holds this folder announced; empty when none holds it."""
    announced = home.announced()
    if not announced:
        return {}
    probe = FolderLock(home.folder)
    try:
        probe.take()
    except StartError:
        return announced
    probe.free()
    return {}
