"""Reminders of agreed visits: the day before and two hours before, each once."""

import uuid

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.errors import NotFound
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.events import VisitChanged
from ecopick.domains.tickets.models import Visit
from ecopick.domains.tickets.visit_states import (
    REMIND_DAY_BEFORE,
    REMIND_SOON_BEFORE,
    VisitState,
    VisitStep,
)


def due_visits(session: Session, owner_id: uuid.UUID) -> list[uuid.UUID]:
    """Agreed visits of an owner of which somebody is to be reminded now."""
    now = clock.now()
    return list(
        session.scalars(
            select(Visit.id)
            .where(
                Visit.property_owner_id == owner_id,
                Visit.state == VisitState.CONFIRMED,
                Visit.arrival_from > now,
                or_(
                    Visit.reminded_day_at.is_(None)
                    & (Visit.arrival_from <= now + REMIND_DAY_BEFORE),
                    Visit.reminded_soon_at.is_(None)
                    & (Visit.arrival_from <= now + REMIND_SOON_BEFORE),
                ),
            )
            .order_by(Visit.id)
        )
    )


def _lock_visit(session: Session, actor: Actor, key: uuid.UUID) -> Visit:
    visit = session.scalars(
        select(Visit)
        .where(Visit.id == key)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if visit is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return visit


@command("system:visits", find=_lock_visit)
def remind(session: Session, actor: Actor, visit: Visit) -> bool:
    """Remind everybody of the visit, where that is due; a repeat tells nobody again.

    Two reminders that are due at once, after the sweep was away, are told as one.
    """
    now = clock.now()
    start = visit.arrival_from
    if visit.state is not VisitState.CONFIRMED or start is None or start <= now:
        return False
    step = None
    if visit.reminded_day_at is None and start - now <= REMIND_DAY_BEFORE:
        visit.reminded_day_at, step = now, VisitStep.TOMORROW
    if visit.reminded_soon_at is None and start - now <= REMIND_SOON_BEFORE:
        visit.reminded_soon_at, step = now, VisitStep.SOON
    if step is None:
        return False
    emit(
        session,
        actor,
        VisitChanged(visit.property_owner_id, visit.ticket_id, visit.id, step.value),
    )
    return True
