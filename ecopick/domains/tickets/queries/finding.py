"""Single tickets by a few words, best first, and those that somebody looked at last.

The same search as the list's, over the same rows; only the order differs.
"""

from sqlalchemy import and_, case
from sqlalchemy.orm import Session

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.matching import has_words, words_of
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.tickets.models import Ticket, TicketRead
from ecopick.domains.tickets.queries.lines import TicketLine, line_of, lines
from ecopick.domains.tickets.queries.search import BY_NUMBER, search


def found_tickets(
    session: Session, actor: Actor, words: str, limit: int
) -> tuple[list[TicketLine], tuple[str, ...]]:
    """Visible tickets with this number or these words, the likeliest first; in the audit.

    Words in the title count more than words in what was written besides.
    With them the folded words that were looked for.
    """
    session.info["authorized"] = True
    audit.read(actor, "SEARCH", "Ticket", None, owner_id=actor.owner_id or PLATFORM_OWNER_ID)
    found = search(session, actor, words)
    if not found.ranks:
        return [], found.words
    ranked = found.ranked()
    named = case(
        (ranked.c.rank >= BY_NUMBER, 2), (has_words(Ticket.title, words_of(words)), 1), else_=0
    )
    rows = session.execute(
        lines(actor)
        .join(ranked, ranked.c.ticket_id == Ticket.id)
        .order_by(named.desc(), ranked.c.rank.desc(), Ticket.created_at.desc(), Ticket.id.desc())
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
