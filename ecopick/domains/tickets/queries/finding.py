"""Single tickets by a few words, best first, and those that somebody looked at last.

The same search as the list's, over the same rows; only the order differs.
"""

from sqlalchemy import Float, Uuid, and_, column, func, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.tickets.models import Ticket, TicketRead
from ecopick.domains.tickets.queries.filters import SEARCH_LIMIT
from ecopick.domains.tickets.queries.list import TicketLine, line_of, lines


def found_tickets(session: Session, actor: Actor, words: str, limit: int) -> list[TicketLine]:
    """Visible tickets with this number or these words, the likeliest first; in the audit."""
    session.info["authorized"] = True
    audit.read(actor, "SEARCH", "Ticket", None, owner_id=actor.owner_id or PLATFORM_OWNER_ID)
    found = func.search_tickets(
        words, literal(list(actor.owner_ids), ARRAY(Uuid)), SEARCH_LIMIT
    ).table_valued(column("ticket_id", Uuid), column("rank", Float), name="found")
    rows = session.execute(
        lines(actor)
        .join(found, found.c.ticket_id == Ticket.id)
        .order_by(found.c.rank.desc(), Ticket.created_at.desc(), Ticket.id.desc())
        .limit(limit)
    )
    return [line_of(row) for row in rows]


def recent_tickets(session: Session, actor: Actor, limit: int) -> list[TicketLine]:
    """Visible tickets that the actor opened, the latest first; without any, the newest."""
    session.info["authorized"] = True
    rows = session.execute(
        lines(actor)
        .outerjoin(
            TicketRead,
            and_(
                TicketRead.property_owner_id == Ticket.property_owner_id,
                TicketRead.ticket_id == Ticket.id,
                TicketRead.user_id == actor.user_id,
            ),
        )
        .order_by(
            TicketRead.seen_at.desc().nulls_last(), Ticket.created_at.desc(), Ticket.id.desc()
        )
        .limit(limit)
    )
    return [line_of(row) for row in rows]
