"""Setting the scope of a plain connection, as the unit of work does."""

import uuid
from collections.abc import Iterable
from typing import Any

import psycopg


def enter(
    connection: psycopg.Connection[Any],
    owners: Iterable[uuid.UUID] = (),
    user: uuid.UUID | None = None,
) -> None:
    """Announce a scope for the connection's running transaction."""
    listed = ",".join(map(str, owners))
    connection.execute(
        "select set_config('app.owner_ids', %s, true), set_config('app.user_id', %s, true)",
        ["{" + listed + "}" if listed else "", str(user) if user else ""],
    )
