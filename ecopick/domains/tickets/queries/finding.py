"""Single tickets by a few words, best first, and those that somebody looked at last.

The same search as the list's, over the same rows; only the order differs.
"""

from sqlalchemy import and_
from sqlalchemy.orm import Session

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.tickets.models import Ticket, TicketRead
from ecopick.domains.tickets.queries.lines import TicketLine, line_of, lines
from ecopick.domains.tickets.queries.search import search


def found_tickets(
    session: Session, actor: Actor, words: str, limit: int
) -> tuple[list[TicketLine], tuple[str, ...]]:
    """Visible tickets with this number or these words, the likeliest first; in the audit.

    With them the folded words that were looked for.
    """
    session.info["authorized"] = True
    audit.read(actor, "SEARCH", "Ticket", None, owner_id=actor.owner_id or PLATFORM_OWNER_ID)
    found = search(session, actor, words)
    if not found.ranks:
        return [], found.words
    ranked = found.ranked()
    rows = session.execute(
        lines(actor)
        .join(ranked, ranked.c.ticket_id == Ticket.id)
        .order_by(ranked.c.rank.desc(), Ticket.created_at.desc(), Ticket.id.desc())
        .limit(limit)
    )
    return [line_of(row) for row in rows], found.words


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
