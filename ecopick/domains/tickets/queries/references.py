"""Numbers of tickets as people say them."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.models import Ticket


def reference_of(session: Session, ticket: Ticket) -> str:
    """``EP-2183``: the owner's prefix and the number."""
    return references_of(session, [ticket])[0]


def references_of(session: Session, tickets: Iterable[Ticket]) -> list[str]:
    """The numbers of tickets of one owner, in their order."""
    rows = list(tickets)
    if not rows:
        return []
    prefix = session.scalar(
        select(PropertyOwner.ticket_prefix).where(PropertyOwner.id == rows[0].property_owner_id)
    )
    return [f"{prefix}-{row.number}" for row in rows]
