"""Open tickets by building and unit, for façades and counts."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.sla.targets import SlaState, clock_of
from ecopick.domains.tickets.lifecycle import ACTIVE
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.filters import in_scope

MAX_TICKETS = 5000


@dataclass(frozen=True)
class OpenTicket:
    """An open ticket as a window shows it."""

    building_id: uuid.UUID
    unit_id: uuid.UUID | None
    state: SlaState


def open_tickets(session: Session, actor: Actor) -> list[OpenTicket]:
    """Visible tickets that are neither resolved nor closed, the oldest due first."""
    now = clock.now()
    rows = session.execute(
        select(
            Ticket.building_id,
            Ticket.unit_id,
            Ticket.status,
            Ticket.priority,
            Ticket.sla_due_at,
            Ticket.sla_breached_at,
        )
        .where(in_scope(actor), Ticket.status.in_(ACTIVE))
        .order_by(Ticket.sla_due_at, Ticket.id)
        .limit(MAX_TICKETS)
    )
    return [
        OpenTicket(
            row.building_id,
            row.unit_id,
            clock_of(
                status=row.status,
                priority=row.priority,
                due=row.sla_due_at,
                breached_at=row.sla_breached_at,
                resolved_at=None,
                paused_at=None,
                now=now,
            ).state,
        )
        for row in rows
    ]
