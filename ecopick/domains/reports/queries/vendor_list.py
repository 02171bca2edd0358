"""The directory: an owner's vendors with their figures, in pages by name."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    Uuid,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.matching import has_words, words_of
from ecopick.core.permissions import authorize
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.catalog.models import ServiceItem
from ecopick.domains.reports.queries.performance import (
    Scorecard,
    scorecards,
    year_ago,
)
from ecopick.domains.reports.queries.recommendation import open_jobs
from ecopick.domains.tickets.queries.sorting import Cursor
from ecopick.domains.vendors.inputs import ListVendors
from ecopick.domains.vendors.lifecycle import CertificateState
from ecopick.domains.vendors.models import (
    OwnerVendor,
    VendorOrg,
    VendorPerformance,
    VendorSubscription,
)
from ecopick.domains.vendors.policy import works_with_visible_to
from ecopick.domains.vendors.queries.certificates import RANKS, state_of_rank, worst_rank

SORT = "name"


@dataclass(frozen=True)
class VendorLine:
    """A vendor as the directory lists it; figures of the last twelve months."""

    id: uuid.UUID
    name: str
    phone: str | None
    email: str | None
    categories: tuple[str, ...]
    blocked_at: datetime | None
    ended_at: datetime | None
    open_jobs: int
    papers: CertificateState
    card: Scorecard


@dataclass(frozen=True)
class VendorPage:
    """Lines with the keys of the neighbouring pages; None where there is none."""

    items: list[VendorLine] = field(default_factory=list)
    next_cursor: str | None = None
    back_cursor: str | None = None


def list_vendors(session: Session, actor: Actor, filters: ListVendors) -> VendorPage:
    """One page of the vendors of the actor's owner, by name; Forbidden but for management."""
    owner_id = actor.owner_id or PLATFORM_OWNER_ID
    authorize(session, actor, "vendor:view", OwnerVendor(property_owner_id=actor.owner_id))
    audit.read(actor, "SEARCH" if filters.q else "LIST", "VendorOrg", None, owner_id=owner_id)
    cursor = Cursor.unpack(filters.cursor, SORT, str) if filters.cursor else None
    rows = session.execute(_page(_matching(actor, owner_id, filters), cursor, filters.limit)).all()
    more = len(rows) > filters.limit
    rows = rows[: filters.limit]
    back, onward = cursor is not None, more
    if cursor is not None and cursor.back:
        rows, back, onward = rows[::-1], more, True
    if not rows:
        return VendorPage()
    cards = scorecards(session, [owner_id], year_ago(), [row.id for row in rows])
    first, last = rows[0], rows[-1]
    return VendorPage(
        [_line(row, cards) for row in rows],
        next_cursor=Cursor(SORT, last.sort_key, last.id).pack() if onward else None,
        back_cursor=Cursor(SORT, first.sort_key, first.id, True).pack() if back else None,
    )


def count_vendors(session: Session, actor: Actor, filters: ListVendors) -> int:
    """How many vendors the filters let through."""
    owner_id = actor.owner_id or PLATFORM_OWNER_ID
    rows = _matching(actor, owner_id, filters).subquery()
    return int(session.scalar(select(func.count()).select_from(rows)) or 0)


def _matching(actor: Actor, owner_id: uuid.UUID, filters: ListVendors) -> Any:
    offered = (
        select(func.unnest(VendorSubscription.categories))
        .where(
            VendorSubscription.property_owner_id == owner_id,
            VendorSubscription.vendor_org_id == VendorOrg.id,
            VendorSubscription.is_active,
        )
        .correlate(VendorOrg)
        .scalar_subquery()
    )
    return (
        select(
            VendorOrg.id,
            VendorOrg.name,
            VendorOrg.phone,
            VendorOrg.email,
            OwnerVendor.categories,
            func.array(offered).label("offered"),
            OwnerVendor.blocked_at,
            OwnerVendor.ended_at,
            open_jobs(owner_id, VendorOrg.id).label("open_jobs"),
            worst_rank(owner_id, VendorOrg.id).label("papers"),
            func.lower(VendorOrg.name).label("sort_key"),
        )
        .join(OwnerVendor, OwnerVendor.vendor_org_id == VendorOrg.id)
        .where(
            OwnerVendor.property_owner_id == owner_id,
            works_with_visible_to(actor),
            *_conditions(owner_id, filters),
        )
    )


def _page(statement: Any, cursor: Cursor | None, limit: int) -> Any:
    back = cursor is not None and cursor.back
    key = (func.lower(VendorOrg.name), VendorOrg.id)
    if cursor is not None:
        place = tuple_(literal(cursor.at, Text), literal(cursor.id, Uuid))
        row = tuple_(*key)
        statement = statement.where(row < place if back else row > place)
    order = [each.desc() for each in key] if back else key
    return statement.order_by(*order).limit(limit + 1)


def _line(row: Any, cards: dict[uuid.UUID, Scorecard]) -> VendorLine:
    return VendorLine(
        id=row.id,
        name=row.name,
        phone=row.phone,
        email=row.email,
        categories=tuple(sorted({*row.categories, *(row.offered or ())})),
        blocked_at=row.blocked_at,
        ended_at=row.ended_at,
        open_jobs=row.open_jobs,
        papers=state_of_rank(row.papers),
        card=cards.get(row.id, Scorecard()),
    )


def _conditions(owner_id: uuid.UUID, filters: ListVendors) -> list[ColumnElement[bool]]:
    found = [_state(filters)]
    if filters.q:
        found.append(has_words(VendorOrg.name, words_of(filters.q)))
    if filters.category is not None:
        found.append(_does(owner_id, filters.category))
    if filters.rating is not None:
        found.append(_figure(owner_id, func.avg(VendorPerformance.rating)) >= filters.rating)
    if filters.sla_met is not None:
        met = func.count().filter(VendorPerformance.sla_met_deadline.is_(True))
        share = met * 100 / func.nullif(func.count(VendorPerformance.sla_met_deadline), 0)
        found.append(_figure(owner_id, share) >= filters.sla_met)
    if filters.certificates is not None:
        rank = worst_rank(owner_id, VendorOrg.id)
        is_missing = filters.certificates is CertificateState.MISSING
        found.append(rank.is_(None) if is_missing else rank == RANKS.index(filters.certificates))
    return found


def _state(filters: ListVendors) -> ColumnElement[bool]:
    if filters.state == "ended":
        return OwnerVendor.ended_at.is_not(None)
    if filters.state == "blocked":
        return and_(OwnerVendor.ended_at.is_(None), OwnerVendor.blocked_at.is_not(None))
    return OwnerVendor.ended_at.is_(None)


def _does(owner_id: uuid.UUID, category: str) -> ColumnElement[bool]:
    return or_(
        OwnerVendor.categories.contains([category]),
        exists().where(
            VendorSubscription.property_owner_id == owner_id,
            VendorSubscription.vendor_org_id == VendorOrg.id,
            VendorSubscription.is_active,
            VendorSubscription.categories.contains([category]),
        ),
        exists().where(
            ServiceItem.vendor_org_id == VendorOrg.id,
            ServiceItem.is_active,
            ServiceItem.category == category,
        ),
    )


def _figure(owner_id: uuid.UUID, figure: ColumnElement[Any]) -> ColumnElement[Any]:
    return (
        select(figure)
        .where(
            VendorPerformance.property_owner_id == owner_id,
            VendorPerformance.vendor_org_id == VendorOrg.id,
            VendorPerformance.created_at > year_ago(),
        )
        .correlate(VendorOrg)
        .scalar_subquery()
    )
