"""Tickets that may have to do with one: linked ones, then those nearby and those alike.

Every ticket stands in one group only, the closest one. Linked tickets cost one
statement, all groups together one more, whatever the number of rows.
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from ecopick.core.actor import Actor
from ecopick.domains.property.models import Unit
from ecopick.domains.tickets.incident_inputs import ListRelated, RelatedGroup
from ecopick.domains.tickets.lifecycle import ACTIVE, LinkKind
from ecopick.domains.tickets.models import Ticket, TicketLink
from ecopick.domains.tickets.outputs import TicketOut
from ecopick.domains.tickets.queries.filters import in_scope
from ecopick.domains.tickets.queries.lines import TicketLine, line_of, lines
from ecopick.domains.tickets.queries.sorting import Cursor

GROUPS: tuple[RelatedGroup, ...] = ("unit", "riser", "similar", "building")
FIRST_FEW = 5
MOST_ALIKE = 100
# "3.07" is the seventh place of its floor; what lies above and below shares its pipes.
STACKED = re.compile(r"^\d+[./ -](\d+)$")


@dataclass(frozen=True)
class LinkLine:
    """A linked ticket: ``outward`` where the link leads from the ticket looked at to it."""

    link_id: uuid.UUID
    kind: LinkKind
    outward: bool
    ticket: TicketLine


@dataclass(frozen=True)
class Group:
    """The newest tickets of one kind of nearness; ``next_cursor`` where there are more."""

    name: RelatedGroup
    lines: list[TicketLine]
    next_cursor: str | None


@dataclass(frozen=True)
class RelatedCounts:
    """How many tickets are linked to one or share its incident, and how many open ones
    stand in its building besides."""

    linked: int
    in_building: int


def linked_tickets(session: Session, actor: Actor, ticket: TicketOut) -> list[LinkLine]:
    """Tickets that are linked to it, as far as the actor may see them, newest link first."""
    outward = TicketLink.from_id == ticket.id
    rows = session.execute(
        lines(actor)
        .add_columns(TicketLink.id.label("link_id"), TicketLink.kind, outward.label("outward"))
        .join(
            TicketLink,
            Ticket.id == case((outward, TicketLink.to_id), else_=TicketLink.from_id),
        )
        .where(_links_of(ticket))
        .order_by(TicketLink.created_at.desc(), TicketLink.id.desc())
    )
    return [LinkLine(row.link_id, row.kind, row.outward, line_of(row)) for row in rows]


def _links_of(ticket: TicketOut) -> ColumnElement[bool]:
    return and_(
        TicketLink.property_owner_id == ticket.property_owner_id,
        TicketLink.removed_at.is_(None),
        or_(TicketLink.from_id == ticket.id, TicketLink.to_id == ticket.id),
    )


def related_groups(
    session: Session, actor: Actor, ticket: TicketOut, asked: ListRelated
) -> list[Group]:
    """The newest few of every group, or a whole page of the one that was asked for.

    Groups without a ticket are left out.
    """
    names = GROUPS if asked.group is None else (asked.group,)
    limit = FIRST_FEW if asked.group is None else asked.limit
    after = Cursor.unpack(asked.cursor, "newest") if asked.cursor and asked.group else None
    picked = _picked(actor, ticket, names, limit + 1, after)
    rows = session.execute(
        lines(actor)
        .add_columns(picked.c.nearness)
        .join(picked, picked.c.id == Ticket.id)
        .order_by(Ticket.created_at.desc(), Ticket.id.desc())
    ).all()
    found = []
    for name in names:
        members = [line_of(row) for row in rows if row.nearness == name]
        if members:
            found.append(Group(name, members[:limit], _more(members, limit)))
    return found


def _more(members: list[TicketLine], limit: int) -> str | None:
    if len(members) <= limit:
        return None
    last = members[limit - 1]
    return Cursor("newest", last.created_at, last.id).pack()


def _picked(
    actor: Actor,
    ticket: TicketOut,
    names: Iterable[RelatedGroup],
    limit: int,
    after: Cursor | None,
) -> Subquery:
    """Ids of the newest tickets of each group."""
    conditions = _conditions(actor, ticket)
    parts = []
    for name in names:
        closer = GROUPS[: GROUPS.index(name)]
        statement = select(Ticket.id, literal(name).label("nearness")).where(
            in_scope(actor),
            Ticket.property_owner_id == ticket.property_owner_id,
            Ticket.id != ticket.id,
            conditions[name],
            *(conditions[other].is_not(True) for other in closer),
            ~_is_shown_already(ticket),
        )
        if after is not None:
            place = tuple_(literal(after.at), literal(after.id, Uuid))
            statement = statement.where(tuple_(Ticket.created_at, Ticket.id) < place)
        newest = statement.order_by(Ticket.created_at.desc(), Ticket.id.desc()).limit(limit)
        parts.append(select(newest.subquery()))
    return union_all(*parts).subquery("picked")


def _conditions(actor: Actor, ticket: TicketOut) -> dict[RelatedGroup, ColumnElement[bool]]:
    alike = (
        func.similar_tickets(ticket.id, literal(list(actor.owner_ids), ARRAY(Uuid)), MOST_ALIKE)
        .table_valued("ticket_id", name="alike")
        .render_derived()
    )
    return {
        "unit": Ticket.unit_id == literal(ticket.unit_id, Uuid),
        "riser": _in_riser(ticket),
        "similar": Ticket.id.in_(select(alike.c.ticket_id)),
        "building": Ticket.building_id == ticket.building_id,
    }


def _in_riser(ticket: TicketOut) -> ColumnElement[bool]:
    """Units of the building that lie above or below, as their labels say."""
    match = STACKED.match(ticket.unit.label) if ticket.unit is not None else None
    if match is None:
        return Ticket.id.is_(None)
    stacked = select(Unit.id).where(
        Unit.property_owner_id == ticket.property_owner_id,
        Unit.building_id == ticket.building_id,
        Unit.id != ticket.unit_id,
        Unit.label.regexp_match(rf"^\d+[./ -]{match.group(1)}$"),
    )
    return Ticket.unit_id.in_(stacked)


def _is_shown_already(ticket: TicketOut) -> ColumnElement[bool]:
    """Linked tickets and those of the incident stand above the groups."""
    linked = (
        select(TicketLink.id)
        .where(
            _links_of(ticket),
            or_(TicketLink.from_id == Ticket.id, TicketLink.to_id == Ticket.id),
        )
        .exists()
    )
    own = Ticket.parent_id.is_not_distinct_from(literal(ticket.id, Uuid))
    return or_(linked, own)


def counts_of(ticket: TicketOut) -> tuple[Select[int], Select[int]]:
    """The two figures of ``RelatedCounts``, as queries."""
    links = select(func.count()).select_from(TicketLink).where(_links_of(ticket))
    incident = (
        select(func.count())
        .select_from(Ticket)
        .where(
            Ticket.property_owner_id == ticket.property_owner_id,
            or_(Ticket.parent_id == ticket.id, Ticket.id == ticket.parent_id),
        )
    )
    linked = select(links.scalar_subquery() + incident.scalar_subquery())
    others = (
        select(func.count())
        .select_from(Ticket)
        .where(
            Ticket.property_owner_id == ticket.property_owner_id,
            Ticket.building_id == ticket.building_id,
            Ticket.id != ticket.id,
            Ticket.status.in_(sorted(ACTIVE)),
        )
    )
    return linked, others


def related_counts(session: Session, ticket: TicketOut) -> RelatedCounts:
    """The figures beside the section's name, in one statement."""
    linked, others = counts_of(ticket)
    row = session.execute(
        select(linked.scalar_subquery().label("linked"), others.scalar_subquery().label("others"))
    ).one()
    return RelatedCounts(int(row.linked), int(row.others))
