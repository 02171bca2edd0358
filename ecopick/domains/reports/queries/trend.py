"""How the figures came about: the last two weeks day by day, and one period earlier.

One statement: every ticket that counts for the time is read once and looked at
from each point of it.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Float,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.audit.models import AuditAction, AuditEvent
from ecopick.domains.reports.queries.places import WAITED, WAITS, changed_to
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.deadlines import is_open
from ecopick.domains.tickets.queries.figures import first_answer
from ecopick.domains.tickets.queries.filters import in_scope

DAY = timedelta(days=1)
POINTS = 14
# Entries that never tell of another status.
STILL = (AuditAction.TICKET_CREATED, AuditAction.ATTACHMENT_UPLOADED)


@dataclass(frozen=True)
class Point:
    """The figures as they stood at one moment.

    ``resolved``, ``met``, ``answered`` and ``answer_minutes`` (the median) are of
    the period that ended then; ``waiting_since`` of the changes after it.
    """

    at: datetime
    open: int
    past_due: int
    resolved: int
    met: int
    answered: int
    answer_minutes: float | None
    waiting_change: int

    @property
    def met_share(self) -> float | None:
        """The share of what was resolved that was so in time; None where nothing was."""
        return self.met / self.resolved if self.resolved else None


@dataclass(frozen=True)
class Trend:
    """Fourteen days until now, the oldest first, and how it stood one period before."""

    days: list[Point]
    earlier: Point

    @property
    def now(self) -> Point:
        """The last point."""
        return self.days[-1]


def trend(
    session: Session,
    actor: Actor,
    since: datetime,
    until: datetime,
    building_id: uuid.UUID | None = None,
) -> Trend:
    """The figures of the time from ``since`` to ``until`` that the actor may see."""
    session.info["authorized"] = True
    length = until - since
    moments = [until - length, *(until - DAY * back for back in range(POINTS - 1, -1, -1))]
    place = [] if building_id is None else [Ticket.building_id == building_id]
    scope = and_(in_scope(actor), *place)
    told = _told(scope, moments[0] - length)
    moved = _moved(actor, scope, min(moments[1:]))
    points = select(func.unnest(literal(moments, ARRAY(DateTime(timezone=True)))).label("at")).cte(
        "points"
    )
    at = points.c.at
    stands = and_(told.c.began <= at, or_(told.c.ended.is_(None), told.c.ended > at))
    late = or_(
        told.c.breached <= at,
        and_(told.c.breached.is_(None), ~told.c.is_paused, told.c.due <= at),
    )
    solved = and_(told.c.solved > at - length, told.c.solved <= at, told.c.due.is_not(None))
    asked = and_(told.c.began > at - length, told.c.began <= at, told.c.answer.is_not(None))
    rows = session.execute(
        select(
            at,
            func.count().filter(stands).label("open"),
            func.count().filter(and_(stands, late)).label("past_due"),
            func.count().filter(solved).label("resolved"),
            func.count().filter(and_(solved, told.c.solved <= told.c.due)).label("met"),
            func.count().filter(asked).label("answered"),
            func.percentile_cont(0.5)
            .within_group(told.c.answer)
            .filter(asked)
            .label("answer_minutes"),
            select(func.coalesce(func.sum(moved.c.step), 0))
            .where(moved.c.at > at)
            .correlate(points)
            .scalar_subquery()
            .label("waiting_change"),
        )
        .select_from(points)
        .outerjoin(told, told.c.began <= at)
        .group_by(at)
    )
    found = {row.at: Point(**row._mapping) for row in rows}
    return Trend([found[moment] for moment in moments[1:]], found[moments[0]])


def _told(scope: ColumnElement[bool], oldest: datetime) -> CTE:
    """The life of each ticket in moments; ``answer`` in minutes, only for later ones."""
    ended = case(
        (is_open(), None),
        else_=func.coalesce(
            Ticket.resolved_at, Ticket.closed_at, Ticket.cancelled_at, Ticket.updated_at
        ),
    )
    answer = cast(extract("epoch", first_answer() - Ticket.created_at), Float) / 60
    return (
        select(
            Ticket.created_at.label("began"),
            ended.label("ended"),
            Ticket.sla_breached_at.label("breached"),
            Ticket.sla_due_at.label("due"),
            # Its deadline moves on while it is paused, and was not reached before.
            (Ticket.status == TicketStatus.AWAITING_TENANT).label("is_paused"),
            case(
                (Ticket.status != TicketStatus.CANCELLED, Ticket.resolved_at),
            ).label("solved"),
            case((Ticket.created_at > oldest, answer)).label("answer"),
        )
        .where(scope, or_(is_open(), ended > oldest))
        .cte("told")
        .prefix_with("materialized", dialect="postgresql")
    )


def _moved(actor: Actor, scope: ColumnElement[bool], oldest: datetime) -> CTE:
    """When tickets began (+1) and ceased (-1) to wait for somebody else."""
    begins = changed_to(f"({WAITS}) && !({WAITED})")
    ends = changed_to(f"({WAITED}) && !({WAITS})")
    steps = (
        select(
            AuditEvent.property_owner_id,
            AuditEvent.ticket_id,
            AuditEvent.created_at.label("at"),
            case((begins, 1), else_=-1).label("step"),
        )
        .where(
            AuditEvent.property_owner_id.in_(actor.owner_ids),
            AuditEvent.created_at > oldest,
            AuditEvent.action.not_in(STILL),
            or_(begins, ends),
        )
        .cte("steps")
        .prefix_with("materialized", dialect="postgresql")
    )
    return (
        select(steps.c.at, steps.c.step)
        .join(
            Ticket,
            and_(
                Ticket.property_owner_id == steps.c.property_owner_id,
                Ticket.id == steps.c.ticket_id,
            ),
        )
        .where(scope)
        .cte("moved")
        .prefix_with("materialized", dialect="postgresql")
    )
