"""Figures of vendors, taken when their work is solved."""

import uuid
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.queries.outcome import solved_job
from ecopick.domains.vendors.commands import Reopened, note_reopened, record_performance

if TYPE_CHECKING:
    from jobs.subscriptions import StoredEvent


def measure(session: Session, system: Actor, event: "StoredEvent") -> None:
    """Keep response, resolution and punctuality once a vendor's ticket is resolved, and that
    the solution did not hold once it is opened again."""
    ticket_id = uuid.UUID(str(event.payload["ticket_id"]))
    before, after = event.payload["before"], event.payload["after"]
    if after == TicketStatus.RESOLVED:
        job = solved_job(session, ticket_id)
        if job is not None:
            record_performance(session, system, job)
    elif before == TicketStatus.RESOLVED and after != TicketStatus.CLOSED:
        note_reopened(session, system, Reopened(event.property_owner_id, ticket_id, event.at))
