"""The recorded history of SLA clocks."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.domains.sla.models import SLAEvent, SLAPlan


def plan_of(session: Session, owner_id: uuid.UUID) -> SLAPlan | None:
    """The owner's plan, the first where there are several."""
    return session.scalars(
        select(SLAPlan)
        .where(SLAPlan.property_owner_id == owner_id)
        .order_by(SLAPlan.created_at, SLAPlan.id)
        .limit(1)
    ).one_or_none()


def events_of(session: Session, ticket_id: uuid.UUID) -> list[SLAEvent]:
    """Every event of a ticket's clock, oldest first."""
    return list(
        session.scalars(
            select(SLAEvent)
            .where(SLAEvent.ticket_id == ticket_id)
            .order_by(SLAEvent.occurred_at, SLAEvent.id)
        )
    )


def paused_since(session: Session, ticket_id: uuid.UUID) -> datetime | None:
    """When the running pause began; None where the clock is not paused."""
    last = session.execute(
        select(SLAEvent.type, SLAEvent.occurred_at)
        .where(SLAEvent.ticket_id == ticket_id, SLAEvent.type.in_(("paused", "resumed")))
        .order_by(SLAEvent.occurred_at.desc(), SLAEvent.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None or last.type != "paused":
        return None
    since: datetime = last.occurred_at
    return since


def paused_time(session: Session, ticket_id: uuid.UUID) -> timedelta:
    """The sum of all pauses that have ended."""
    total = timedelta(0)
    began: datetime | None = None
    for event in events_of(session, ticket_id):
        if event.type == "paused":
            began = event.occurred_at
        elif event.type == "resumed" and began is not None:
            total += event.occurred_at - began
            began = None
    return total
