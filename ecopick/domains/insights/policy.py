"""Who may read what a model suggested."""

from typing import Any

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy


@policy("insight:view", name="operations")
def staff_of_the_ticket(session: Session, actor: Actor, ticket: Any) -> bool:
    """Operations roles that count for the ticket's building."""
    return actor.is_operations(ticket.property_owner_id, ticket.building_id)
