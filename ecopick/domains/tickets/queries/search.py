"""The search for tickets, asked once a page."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Float, Text, Uuid, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.tickets.models import Ticket

SEARCH_LIMIT = 1000
# The rank of a ticket that was asked for by its number; all others stay below.
BY_NUMBER = 10


@dataclass(frozen=True)
class Found:
    """Tickets by how well they match, and the folded words that were looked for."""

    ranks: dict[uuid.UUID, float] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    @property
    def is_cut(self) -> bool:
        """Whether there may be more matches than the search tells."""
        return len(self.ranks) >= SEARCH_LIMIT

    def condition(self) -> ColumnElement[bool]:
        """The tickets that were found: as a query, so that each row asks a hash and no list."""
        return Ticket.id.in_(select(func.unnest(literal(list(self.ranks), ARRAY(Uuid)))))

    def ranked(self) -> Any:
        """What was found as a table of ``ticket_id`` and ``rank``, to be joined."""
        both = func.unnest(
            literal(list(self.ranks), ARRAY(Uuid)),
            literal(list(self.ranks.values()), ARRAY(Float)),
        )
        columns = column("ticket_id", Uuid), column("rank", Float)
        return both.table_valued(*columns, name="ranked").render_derived()


def search(
    session: Session,
    actor: Actor,
    words: str,
    *,
    buildings: list[uuid.UUID] | None = None,
    statuses: list[str] | None = None,
) -> Found:
    """What matches ``words`` in the actor's owners, in one statement; at most 1000.

    ``buildings`` and ``statuses`` narrow what the limit counts. Only the owner's staff
    find by the name of whoever reported or of a vendor. The rows themselves are read under the
    actor's own conditions.
    """
    found = func.search_tickets(
        words,
        literal(list(actor.owner_ids), ARRAY(Uuid)),
        SEARCH_LIMIT,
        literal(buildings or None, ARRAY(Uuid)),
        literal(statuses or None, ARRAY(Text)),
        _reads_names(actor),
    ).table_valued(
        column("ticket_id", Uuid), column("rank", Float), column("words", ARRAY(Text)), name="found"
    )
    rows = session.execute(select(found.c.ticket_id, found.c.rank, found.c.words)).all()
    return Found({row.ticket_id: row.rank for row in rows}, tuple(rows[0].words) if rows else ())


def _reads_names(actor: Actor) -> bool:
    """Whether every row that the actor can find tells them who reported it."""
    return actor.is_staff and set(actor.owner_ids) == {actor.owner_id} and not actor.vendor_org_ids
