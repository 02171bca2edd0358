"""Who may read invoices."""

from typing import Any

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy


@policy("billing:view", name="management")
def management(session: Session, actor: Actor, ticket: Any) -> bool:
    """Management roles that count for the ticket's building."""
    return actor.is_management(ticket.property_owner_id, ticket.building_id)
