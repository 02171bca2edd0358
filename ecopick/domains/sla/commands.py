"""Marks on a ticket's SLA clock, made inside the ticket's own commands."""

import uuid

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.sla.models import SLAEvent, SLAEventType


def mark(
    session: Session, owner_id: uuid.UUID, ticket_id: uuid.UUID, kind: SLAEventType
) -> SLAEvent:
    """Note that the clock of a ticket started, paused, resumed, was breached or met."""
    event = SLAEvent(
        property_owner_id=owner_id, ticket_id=ticket_id, type=kind, occurred_at=clock.now()
    )
    session.add(event)
    return event
