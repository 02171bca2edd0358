"""The ticket list: a page of rows in any order, and the counts of all views.

A page costs one statement and the counts of all views one more, whatever the
number of rows. Every statement names its owners before it asks for visibility.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, true
from sqlalchemy.orm import Session

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.lifecycle import TERMINAL, TicketStatus
from ecopick.domains.tickets.models import Assignment, Ticket, TicketRead
from ecopick.domains.tickets.queries.filters import (
    VIEWS,
    conditions,
    in_scope,
    is_unread,
    own_read,
    statuses_of,
    view_condition,
)
from ecopick.domains.tickets.queries.lines import TicketLine, line_of, line_out, lines
from ecopick.domains.tickets.queries.search import Found, search
from ecopick.domains.tickets.queries.sorting import ORDERS, Cursor, Order, by_rank, in_order


@dataclass(frozen=True)
class Page:
    """Rows with the keys of the neighbouring pages; None where there is none.

    ``unread`` holds the ids of rows that changed since the person looked; ``found`` what
    the search told, if anything was looked for.
    """

    items: list[TicketLine] = field(default_factory=list)
    next_cursor: str | None = None
    back_cursor: str | None = None
    unread: frozenset[uuid.UUID] = frozenset()
    found: Found | None = None


def find_words(session: Session, actor: Actor, filters: ListTickets) -> Found | None:
    """What the search tells about the words of the filters; None without any."""
    if not filters.q:
        return None
    statuses = [status.value for status in statuses_of(filters)]
    return search(session, actor, filters.q, buildings=filters.building_id, statuses=statuses)


def list_tickets(
    session: Session, actor: Actor, filters: ListTickets, *, until: datetime | None = None
) -> Page:
    """One page of the tickets that ``actor`` may see and ``filters`` let through.

    At most 200 rows, in the order of ``filters.sort``; the best matches first only where
    words are looked for, else the newest. Tickets that came after ``until`` are left out.
    """
    session.info["authorized"] = True
    kind = "SEARCH" if filters.q else "LIST"
    audit.read(actor, kind, "Ticket", None, owner_id=actor.owner_id or PLATFORM_OWNER_ID)
    statement, order, found = matching(session, actor, filters)
    if until is not None:
        statement = statement.where(Ticket.created_at <= until)
    cursor = Cursor.unpack(filters.cursor, filters.sort, order.kind) if filters.cursor else None
    return _page(session, statement, filters, order, cursor, found)


def matching(
    session: Session, actor: Actor, filters: ListTickets
) -> tuple[Select[*tuple[Any, ...]], Order, Found | None]:
    """The rows that ``filters`` let through, not ordered yet; their order; what was found."""
    order = ORDERS.get(filters.sort, ORDERS["newest"])
    found = find_words(session, actor, filters)
    statement = (
        lines(actor)
        .outerjoin(TicketRead, own_read(actor))
        .add_columns(is_unread().label("unread"))
        .where(*conditions(actor, filters, found))
    )
    if filters.sort == "best" and found is not None:
        ranked = found.ranked()
        statement = statement.join(ranked, ranked.c.ticket_id == Ticket.id)
        order = by_rank(ranked.c.rank)
    return statement, order, found


def _page(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    filters: ListTickets,
    order: Order,
    cursor: Cursor | None,
    found: Found | None,
) -> Page:
    rows = session.execute(in_order(statement, order, cursor).limit(filters.limit + 1)).all()
    more = len(rows) > filters.limit
    rows = rows[: filters.limit]
    if cursor is not None and cursor.back:
        rows = rows[::-1]
        back, onward = more, True
    else:
        back, onward = cursor is not None, more
    if not rows:
        return Page(found=found)
    first, last = rows[0], rows[-1]
    return Page(
        [line_of(row) for row in rows],
        next_cursor=Cursor(filters.sort, last.sort_key, last.id).pack() if onward else None,
        back_cursor=Cursor(filters.sort, first.sort_key, first.id, True).pack() if back else None,
        unread=frozenset(row.id for row in rows if row.unread),
        found=found,
    )


TOTAL = "total"
WAITING = "waiting"


def view_counts(
    session: Session,
    actor: Actor,
    filters: ListTickets | None = None,
    found: Found | None = None,
    views: Mapping[str, ListTickets] | None = None,
    since: datetime | None = None,
) -> dict[str, int]:
    """How many tickets each view holds, in one statement.

    Those that everybody has, those given in ``views`` by their key (without words: a
    search counts nothing), under ``total`` what ``filters`` let through and under
    ``waiting`` what of it came after ``since``.
    """
    session.info["authorized"] = True
    counted: dict[str, ColumnElement[bool]] = {view: view_condition(view) for view in VIEWS}
    for key, kept in (views or {}).items():
        try:
            counted[key] = and_(true(), *conditions(actor, kept))
        except Invalid:  # Kept when something was possible that no longer is.
            continue
    matching = and_(true(), *conditions(actor, filters or ListTickets(view="all"), found))
    counted[TOTAL] = matching
    if since is not None:
        counted[WAITING] = and_(matching, Ticket.created_at > since)
    row = session.execute(
        select(*(func.count().filter(condition) for condition in counted.values()))
        .select_from(Ticket)
        .outerjoin(
            Assignment,
            and_(
                Assignment.property_owner_id == Ticket.property_owner_id,
                Assignment.id == Ticket.current_assignment_id,
            ),
        )
        .outerjoin(TicketRead, own_read(actor))
        .where(in_scope(actor))
    ).one()
    return dict(zip(counted, map(int, row), strict=True))


def still_open(actor: Actor) -> Select[int]:
    """The number of open tickets that the actor sees, as a query."""
    return (
        select(func.count())
        .select_from(Ticket)
        .where(in_scope(actor), Ticket.status.not_in(TERMINAL | {TicketStatus.RESOLVED}))
    )


def open_lines(page: Page) -> tuple[list[TicketLine], list[TicketLine]]:
    """Rows that still need somebody, be it only to confirm the repair, and those that are done."""
    return (
        [row for row in page.items if row.status not in TERMINAL],
        [row for row in page.items if row.status in TERMINAL],
    )


__all__ = [
    "TOTAL",
    "VIEWS",
    "WAITING",
    "Cursor",
    "Page",
    "TicketLine",
    "find_words",
    "line_of",
    "line_out",
    "lines",
    "list_tickets",
    "open_lines",
    "still_open",
    "view_counts",
]
