"""What neighbours reported already: likely the same fault, told without anybody's data."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from ecopick.core import clock
from ecopick.domains.property.models import Building, Unit
from ecopick.domains.property.policy import SHARED_UNIT_TYPES
from ecopick.domains.tickets.lifecycle import ACTIVE, TicketStatus
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.following import followers

# Older reports are hardly about what somebody sees today.
RECENT = timedelta(days=4)
MOST = 3
# How alike words must be (trigrams, 0 to 1), within one category and across them.
ALIKE, VERY_ALIKE = 0.18, 0.4
LOOKED_AT = 500


@dataclass(frozen=True)
class SimilarRequest:
    """A recent open request of the building: what it is about and how many it concerns.

    Neither words nor home of whoever reported it; ``place`` only where all use it.
    """

    id: uuid.UUID
    category: str
    status: TicketStatus
    reported_at: datetime
    place: str | None
    affected: int


def may_be_followed(building: Building) -> ColumnElement[bool]:
    """The recent open requests of a building."""
    return and_(
        Ticket.property_owner_id == building.property_owner_id,
        Ticket.building_id == building.id,
        Ticket.status.in_(sorted(ACTIVE)),
        Ticket.created_at > clock.now() - RECENT,
    )


def similar_requests(
    session: Session, building: Building, category: str | None, words: str | None
) -> list[SimilarRequest]:
    """Recent open requests that are likely the same, the likeliest first; at most three.

    Alike are words of one category that have something in common, very similar words of any,
    and in one category whatever concerns the building or a place that all use.
    """
    session.info["authorized"] = True
    if category is None and not words:
        return []
    same = Ticket.category == category if category else false()
    likeness = (
        func.similarity(Ticket.search_text, func.app_fold(words[:LOOKED_AT]))
        if words
        else literal(0.0)
    )
    shared = or_(Ticket.unit_id.is_(None), Unit.unit_type.in_(sorted(SHARED_UNIT_TYPES)))
    rows = session.execute(
        select(
            Ticket.id,
            Ticket.category,
            Ticket.status,
            Ticket.created_at,
            case((Unit.unit_type.in_(sorted(SHARED_UNIT_TYPES)), Unit.label), else_=null()).label(
                "place"
            ),
            affected_by().label("affected"),
        )
        .outerjoin(
            Unit,
            and_(Unit.property_owner_id == Ticket.property_owner_id, Unit.id == Ticket.unit_id),
        )
        .where(
            may_be_followed(building),
            or_(
                and_(same, or_(shared, likeness >= ALIKE)),
                likeness >= VERY_ALIKE if words else false(),
            ),
        )
        .order_by(likeness.desc() if words else true(), Ticket.created_at.desc(), Ticket.id.desc())
        .limit(MOST)
    )
    return [
        SimilarRequest(row.id, row.category, row.status, row.created_at, row.place, row.affected)
        for row in rows
    ]


def affected_by() -> ColumnElement[int]:
    """How many homes report the ticket of the row: its own, those joined under it, followers."""
    child = aliased(Ticket)
    children = (
        select(func.count())
        .select_from(child)
        .where(child.property_owner_id == Ticket.property_owner_id, child.parent_id == Ticket.id)
        .scalar_subquery()
    )
    return 1 + children + followers(Ticket)
