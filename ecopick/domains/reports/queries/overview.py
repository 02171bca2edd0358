"""The summary of an owner: what is open now, how a time went, building by building."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.reports.inputs import Overview
from ecopick.domains.reports.queries.places import Place, only, places
from ecopick.domains.reports.queries.trend import Point, trend
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.deadlines import is_open
from ecopick.domains.tickets.queries.figures import met, resolved_between
from ecopick.domains.tickets.queries.filters import in_scope
from ecopick.domains.vendors.models import VendorOrg

MOST_VENDORS = 20


@dataclass(frozen=True)
class Period:
    """How a time went; shares between 0 and 1, times in minutes, None where nothing counts."""

    since: datetime
    until: datetime
    resolved: int
    met: int
    met_share: float | None
    answered: int
    first_response_minutes: float | None


@dataclass(frozen=True)
class VendorLine:
    """What a vendor solved in the time, and how much of it by the deadline."""

    id: uuid.UUID
    name: str
    resolved: int
    met: int


@dataclass(frozen=True)
class Summary:
    """The whole summary; ``days`` are the last fourteen before ``period.until``."""

    open: int
    at_risk: int
    past_due: int
    waiting: int
    by_status: dict[str, int]
    by_priority: dict[str, int]
    period: Period
    before: Period
    days: list[Point]
    buildings: list[Place]
    vendors: list[VendorLine]


def overview(session: Session, actor: Actor, data: Overview) -> Summary:
    """The summary of what the actor sees; the building must be one of theirs."""
    since, until = data.span()
    found = only(places(session, actor), data.building_id)
    history = trend(session, actor, since, until, data.building_id)
    length = until - since
    by_status, by_priority = _kinds(session, actor, data.building_id)
    return Summary(
        open=_sum(found, "open"),
        at_risk=_sum(found, "at_risk"),
        past_due=_sum(found, "past_due"),
        waiting=_sum(found, "waiting"),
        by_status=by_status,
        by_priority=by_priority,
        period=_period(since, until, history.now),
        before=_period(since - length, since, history.earlier),
        days=history.days,
        buildings=[place for place in found if place.is_shown],
        vendors=_vendors(session, actor, since, until, data.building_id),
    )


def _sum(found: Sequence[Place], name: str) -> int:
    return sum(getattr(place, name) for place in found)


def _period(since: datetime, until: datetime, end: Point) -> Period:
    return Period(
        since=since,
        until=until,
        resolved=end.resolved,
        met=end.met,
        met_share=end.met_share,
        answered=end.answered,
        first_response_minutes=end.answer_minutes,
    )


def _kinds(
    session: Session, actor: Actor, building_id: uuid.UUID | None
) -> tuple[dict[str, int], dict[str, int]]:
    place = [] if building_id is None else [Ticket.building_id == building_id]
    rows = session.execute(
        select(Ticket.status, Ticket.priority, func.count().label("number"))
        .where(in_scope(actor), is_open(), *place)
        .group_by(Ticket.status, Ticket.priority)
    )
    by_status: dict[str, int] = {}
    by_priority: dict[str, int] = {}
    for row in rows:
        by_status[row.status] = by_status.get(row.status, 0) + row.number
        by_priority[row.priority] = by_priority.get(row.priority, 0) + row.number
    return by_status, by_priority


def _vendors(
    session: Session,
    actor: Actor,
    since: datetime,
    until: datetime,
    building_id: uuid.UUID | None,
) -> list[VendorLine]:
    """Vendors by what they solved, most first."""
    place = [] if building_id is None else [Ticket.building_id == building_id]
    solved = func.count()
    rows = session.execute(
        select(
            VendorOrg.id,
            VendorOrg.name,
            solved.label("resolved"),
            func.count().filter(met()).label("met"),
        )
        .join(Ticket, Ticket.vendor_org_id == VendorOrg.id)
        .where(in_scope(actor), resolved_between(since, until), *place)
        .group_by(VendorOrg.id, VendorOrg.name)
        .order_by(solved.desc(), VendorOrg.name)
        .limit(MOST_VENDORS)
    )
    return [VendorLine(**row._mapping) for row in rows]
