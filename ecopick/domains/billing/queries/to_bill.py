"""Solved jobs of a vendor for which it has not written an invoice."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.billing.lifecycle import InvoiceStatus
from ecopick.domains.billing.models import Invoice
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import Ticket

SOLVED = (TicketStatus.RESOLVED, TicketStatus.CLOSED)
# Older work was billed by other ways.
WITHIN = timedelta(days=120)
MOST = 20


@dataclass(frozen=True)
class UnbilledJob:
    """A solved job without an invoice."""

    ticket_id: uuid.UUID
    reference: str
    title: str
    owner: str
    resolved_at: datetime


def to_bill(session: Session, actor: Actor) -> list[UnbilledJob]:
    """The vendor's jobs that were solved of late and are not billed, the oldest first."""
    session.info["authorized"] = True
    if not actor.vendor_org_ids:
        return []
    billed = exists().where(
        Invoice.property_owner_id == Ticket.property_owner_id,
        Invoice.ticket_id == Ticket.id,
        Invoice.vendor_org_id == Ticket.vendor_org_id,
        Invoice.status != InvoiceStatus.CANCELLED,
    )
    rows = session.execute(
        select(
            Ticket.id,
            Ticket.number,
            Ticket.title,
            Ticket.resolved_at,
            PropertyOwner.name,
            PropertyOwner.ticket_prefix,
        )
        .join(PropertyOwner, PropertyOwner.id == Ticket.property_owner_id)
        .where(
            and_(
                Ticket.property_owner_id.in_(actor.owner_ids),
                Ticket.vendor_org_id.in_(actor.vendor_org_ids),
                Ticket.status.in_(SOLVED),
                Ticket.resolved_at > clock.now() - WITHIN,
                ~billed,
            )
        )
        .order_by(Ticket.resolved_at, Ticket.id)
        .limit(MOST)
    )
    return [
        UnbilledJob(
            row.id, f"{row.ticket_prefix}-{row.number}", row.title, row.name, row.resolved_at
        )
        for row in rows
    ]
