"""What a vendor achieved on a solved ticket."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.domains.tickets.lifecycle import AssignmentState
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.vendors.commands import SolvedJob


def solved_job(session: Session, ticket_id: uuid.UUID) -> SolvedJob | None:
    """The figures of the vendor whose accepted job led to the solution, if a vendor's did."""
    row = session.execute(
        select(
            Ticket.property_owner_id,
            Ticket.created_at,
            Ticket.resolved_at,
            Ticket.sla_due_at,
            Assignment.vendor_org_id,
            Assignment.created_at.label("asked_at"),
            Assignment.responded_at,
        )
        .join(Assignment, Assignment.id == Ticket.current_assignment_id)
        .where(
            Ticket.id == ticket_id,
            Assignment.vendor_org_id.is_not(None),
            Assignment.state == AssignmentState.ACCEPTED,
        )
    ).one_or_none()
    if row is None or row.resolved_at is None or row.vendor_org_id is None:
        return None
    return SolvedJob(
        property_owner_id=row.property_owner_id,
        vendor_org_id=row.vendor_org_id,
        ticket_id=ticket_id,
        response_minutes=_minutes(row.asked_at, row.responded_at) if row.responded_at else None,
        resolution_minutes=_minutes(row.created_at, row.resolved_at),
        in_time=row.resolved_at <= row.sla_due_at if row.sla_due_at else None,
    )


def _minutes(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() / 60))
