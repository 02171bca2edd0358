"""Marks on a ticket's SLA clock, made inside the ticket's own commands."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.sla.models import SLAEvent, SLAEventType
from ecopick.domains.sla.queries import plan_of


def mark(
    session: Session, owner_id: uuid.UUID, ticket_id: uuid.UUID, kind: SLAEventType
) -> SLAEvent:
    """Note that the clock of a ticket started, paused, resumed, was breached or met.

    Pauses begin and end at whole seconds, so that sums of what people read are exact,
    but never before what happened last: then with the next second.
    """
    at = clock.now()
    if kind in (SLAEventType.PAUSED, SLAEventType.RESUMED):
        last = session.scalar(
            select(func.max(SLAEvent.occurred_at)).where(
                SLAEvent.property_owner_id == owner_id, SLAEvent.ticket_id == ticket_id
            )
        )
        at = max(at.replace(microsecond=0), _next_second(last or at.replace(microsecond=0)))
    plan = plan_of(session, owner_id)
    event = SLAEvent(
        property_owner_id=owner_id,
        ticket_id=ticket_id,
        plan_id=plan.id if plan else None,
        type=kind,
        occurred_at=at,
    )
    session.add(event)
    return event


def _next_second(moment: datetime) -> datetime:
    """The first whole second that is not before ``moment``."""
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + timedelta(seconds=1)
