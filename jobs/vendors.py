"""Figures of vendors, taken when their work is solved."""

import uuid
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.queries.outcome import solved_job
from ecopick.domains.vendors.commands import record_performance

if TYPE_CHECKING:
    from jobs.subscriptions import StoredEvent


def measure(session: Session, system: Actor, event: "StoredEvent") -> None:
    """Keep response, resolution and punctuality once a vendor's ticket is resolved."""
    if event.payload["after"] != TicketStatus.RESOLVED:
        return
    job = solved_job(session, uuid.UUID(str(event.payload["ticket_id"])))
    if job is not None:
        record_performance(session, system, job)
