"""How well vendors do: figures of their solved jobs, month by month and over a time.

A share says of how many jobs it is; a job counts from the day it was first solved.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.tickets.lifecycle import Rating
from ecopick.domains.tickets.models import TicketRating
from ecopick.domains.vendors.models import VendorPerformance

P = VendorPerformance
# A solution that holds this long was the right one.
HOLDS_AFTER = timedelta(days=30)
YEAR = timedelta(days=365)
MONTHS = 12
# An answer after this many minutes is half as good as one at once.
HALF_AS_PROMPT = 120.0
TENANT_VALUES = {Rating.GOOD: 1.0, Rating.FAIR: 0.5, Rating.POOR: 0.0}


@dataclass(frozen=True)
class Scorecard:
    """Figures of solved jobs; medians in minutes, each with the number of jobs behind it.

    ``fixed`` of ``decided`` jobs were fixed the first time: by one visit, and not opened
    again within 30 days; younger jobs are not decided. ``stars`` is the mean of the
    management's ratings, one to five. ``promptness`` sums one value per answer, 1 at once
    and 1/2 after two hours.
    """

    jobs: int = 0
    answered: int = 0
    response_minutes: float | None = None
    promptness: float = 0.0
    resolution_minutes: float | None = None
    due: int = 0
    met: int = 0
    decided: int = 0
    fixed: int = 0
    reopened: int = 0
    rated: int = 0
    stars: float | None = None
    good: int = 0
    fair: int = 0
    poor: int = 0

    @property
    def met_share(self) -> float | None:
        """The share of jobs with a deadline that met it."""
        return self.met / self.due if self.due else None

    @property
    def fixed_share(self) -> float | None:
        """The share of decided jobs that were fixed the first time."""
        return self.fixed / self.decided if self.decided else None

    @property
    def reopened_share(self) -> float | None:
        """The share of all jobs that were opened again."""
        return self.reopened / self.jobs if self.jobs else None

    @property
    def tenants(self) -> int:
        """How many tenants said how it was."""
        return self.good + self.fair + self.poor

    @property
    def opinions(self) -> int:
        """How many ratings there are of both kinds."""
        return self.rated + self.tenants

    @property
    def content(self) -> float:
        """The sum of all ratings, each between 0 and 1."""
        stars = (self.stars - 1) / 4 * self.rated if self.stars is not None else 0.0
        return stars + self.good + self.fair * TENANT_VALUES[Rating.FAIR]


@dataclass(frozen=True)
class Month:
    """The jobs that were first solved in one month (UTC)."""

    first: date
    jobs: int
    due: int
    met: int
    reopened: int
    response_minutes: float | None
    stars: float | None

    @property
    def met_share(self) -> float | None:
        """The share of jobs with a deadline that met it."""
        return self.met / self.due if self.due else None


def year_ago() -> datetime:
    """From when the figures of a scorecard count."""
    return clock.now() - YEAR


def scorecards(
    session: Session,
    owner_ids: Collection[uuid.UUID],
    since: datetime,
    vendor_ids: Iterable[uuid.UUID] | None = None,
) -> dict[uuid.UUID, Scorecard]:
    """The figures of every vendor with a job or a rating since then, for these owners.

    The reader was found to see them.
    """
    session.info["authorized"] = True
    wanted = None if vendor_ids is None else list(vendor_ids)
    found: dict[uuid.UUID, dict[str, Any]] = {}
    for row in session.execute(_jobs(owner_ids, since, wanted)):
        found[row.vendor_org_id] = {
            key: value for key, value in row._mapping.items() if key != "vendor_org_id"
        }
    for row in session.execute(_tenants(owner_ids, since, wanted)):
        found.setdefault(row.vendor_org_id, {}).update(good=row.good, fair=row.fair, poor=row.poor)
    return {vendor_id: Scorecard(**values) for vendor_id, values in found.items()}


def scorecard(
    session: Session, owner_ids: Collection[uuid.UUID], vendor_id: uuid.UUID
) -> Scorecard:
    """The figures of one vendor over the last twelve months."""
    return scorecards(session, owner_ids, year_ago(), [vendor_id]).get(vendor_id, Scorecard())


def undone() -> ColumnElement[bool]:
    """In SQL: it took more than one visit, or it was opened again within 30 days."""
    again = and_(P.reopened_at.is_not(None), P.reopened_at <= P.created_at + HOLDS_AFTER)
    return or_(again, func.coalesce(P.visits, 1) > 1)


def _decided() -> ColumnElement[bool]:
    return or_(undone(), P.created_at <= clock.now() - HOLDS_AFTER)


def _median(column: ColumnElement[Any]) -> ColumnElement[float]:
    return func.percentile_cont(0.5).within_group(column)


def _jobs(
    owner_ids: Collection[uuid.UUID], since: datetime, vendor_ids: list[uuid.UUID] | None
) -> Any:
    minutes = cast(P.response_time_minutes, Float)
    prompt = literal(1.0) / (1 + minutes / HALF_AS_PROMPT)
    query = select(
        P.vendor_org_id,
        func.count().label("jobs"),
        func.count(P.response_time_minutes).label("answered"),
        _median(P.response_time_minutes.expression).label("response_minutes"),
        func.coalesce(func.sum(prompt), 0.0).label("promptness"),
        _median(P.resolution_time_minutes.expression).label("resolution_minutes"),
        func.count(P.sla_met_deadline).label("due"),
        func.count().filter(P.sla_met_deadline.is_(True)).label("met"),
        func.count().filter(_decided()).label("decided"),
        func.count().filter(and_(_decided(), ~undone())).label("fixed"),
        func.count(P.reopened_at).label("reopened"),
        func.count(P.rating).label("rated"),
        cast(func.avg(P.rating), Float).label("stars"),
    ).where(P.property_owner_id.in_(owner_ids), P.created_at > since)
    if vendor_ids is not None:
        query = query.where(P.vendor_org_id.in_(vendor_ids))
    return query.group_by(P.vendor_org_id)


def _tenants(
    owner_ids: Collection[uuid.UUID], since: datetime, vendor_ids: list[uuid.UUID] | None
) -> Any:
    query = select(
        TicketRating.vendor_org_id,
        *(func.count().filter(TicketRating.rating == value).label(value.value) for value in Rating),
    ).where(
        TicketRating.property_owner_id.in_(owner_ids),
        TicketRating.vendor_org_id.is_not(None),
        TicketRating.created_at > since,
    )
    if vendor_ids is not None:
        query = query.where(TicketRating.vendor_org_id.in_(vendor_ids))
    return query.group_by(TicketRating.vendor_org_id)


def first_months() -> list[date]:
    """The first days of the last twelve months, this one included, the oldest first."""
    now = clock.now().astimezone(UTC)
    at = now.year * 12 + now.month - 1
    return [date((at - back) // 12, (at - back) % 12 + 1, 1) for back in range(MONTHS - 1, -1, -1)]


def months(session: Session, owner_ids: Collection[uuid.UUID], vendor_id: uuid.UUID) -> list[Month]:
    """The last twelve months of one vendor, those without a job too."""
    session.info["authorized"] = True
    days = first_months()
    start = datetime.combine(days[0], datetime.min.time(), UTC)
    month = func.date_trunc("month", func.timezone("UTC", P.created_at))
    rows = session.execute(
        select(
            month.label("month"),
            func.count().label("jobs"),
            func.count(P.sla_met_deadline).label("due"),
            func.count().filter(P.sla_met_deadline.is_(True)).label("met"),
            func.count(P.reopened_at).label("reopened"),
            _median(P.response_time_minutes.expression).label("response_minutes"),
            cast(func.avg(P.rating), Float).label("stars"),
        )
        .where(
            P.property_owner_id.in_(owner_ids), P.vendor_org_id == vendor_id, P.created_at >= start
        )
        .group_by(month)
    )
    found = {row.month.date(): row for row in rows}
    return [
        Month(
            day,
            *(
                (row.jobs, row.due, row.met, row.reopened, row.response_minutes, row.stars)
                if (row := found.get(day)) is not None
                else (0, 0, 0, 0, None, None)
            ),
        )
        for day in days
    ]
