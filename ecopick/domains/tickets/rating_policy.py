"""Who says how a vendor's work on a ticket was."""

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.domains.tickets.models import Ticket


@policy("performance:rate", name="management")
def management_rates(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Management of the ticket's building."""
    return actor.is_management(ticket.property_owner_id, ticket.building_id)
