"""What a vendor achieved on a solved ticket."""

import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from ecopick.domains.tickets.lifecycle import AssignmentState
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.tickets.models.visits import Visit
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
            _visits().label("visits"),
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
        visits=row.visits or None,
    )


def _visits() -> ColumnElement[int]:
    """How often the vendor came, as far as it noted its arrival or the end of its work."""
    return (
        select(func.count())
        .select_from(Visit)
        .where(
            Visit.property_owner_id == Ticket.property_owner_id,
            Visit.ticket_id == Ticket.id,
            Visit.vendor_org_id == Assignment.vendor_org_id,
            or_(Visit.arrived_at.is_not(None), Visit.done_at.is_not(None)),
        )
        .correlate(Ticket, Assignment)
        .scalar_subquery()
    )


def _minutes(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() / 60))
