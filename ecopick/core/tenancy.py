"""The wall between owners: which rows a transaction may see.

Every transaction announces its scope to PostgreSQL, whose row-level security
decides. The scope lives in a context variable that is set unconditionally at
the start of each request and job; without one, no row is visible.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, event, text

PLATFORM_OWNER_ID = uuid.UUID("00000000-0000-0000-0000-000000000001")
SYSTEM_USER_ID = uuid.UUID("00000000-0000-0000-0000-000000000002")
# No row has it: whoever acts under it is nobody that the product knows.
NOBODY_ID = uuid.UUID(int=0)


@dataclass(frozen=True)
class Scope:
    """The owners whose rows may be seen and the person who asks, if any."""

    owner_ids: tuple[uuid.UUID, ...] = ()
    user_id: uuid.UUID | None = None

    def settings(self) -> dict[str, str]:
        """The two settings that the database's policies read."""
        owners = ",".join(str(owner_id) for owner_id in self.owner_ids)
        return {
            "owners": "{" + owners + "}" if owners else "",
            "user": str(self.user_id) if self.user_id else "",
        }


NOTHING = Scope()
_current: ContextVar[Scope] = ContextVar("scope", default=NOTHING)

_ANNOUNCE = text(
    "select set_config('app.owner_ids', :owners, true), set_config('app.user_id', :user, true)"
)


def current_scope() -> Scope:
    """The scope that the next transaction of this context will announce."""
    return _current.get()


@contextmanager
def use_scope(scope: Scope) -> Iterator[Scope]:
    """Work inside ``scope``; the scope before it comes back at the end."""
    token = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(token)


def set_scope(scope: Scope) -> None:
    """Replace the scope of this context, at the edge of a request or job."""
    _current.set(scope)


def announce(connection: Connection) -> None:
    """Tell the database the current scope, for the running transaction only."""
    connection.execute(_ANNOUNCE, current_scope().settings())


def guard(engine: Engine) -> None:
    """Announce the scope at the start of every transaction and savepoint.

    Savepoints matter to tests, whose outer transaction outlives many scopes.
    """
    event.listen(engine, "begin", announce)
    event.listen(engine, "savepoint", _announce_savepoint)


def _announce_savepoint(connection: Connection, name: str | None) -> None:
    announce(connection)
