"""Filters and views of the ticket list, as conditions of a query.

They need the present assignment joined, and the actor's own look at the ticket
(``TicketRead``).
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import DateTime

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid
from ecopick.core.finding import as_id
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.property.models import Building
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.lifecycle import ACTIVE, TicketStatus
from ecopick.domains.tickets.models import Assignment, Ticket, TicketRead
from ecopick.domains.tickets.policy import visible_to
from ecopick.domains.tickets.queries.deadlines import at_risk, is_open, past_due
from ecopick.domains.tickets.queries.figures import figure_condition
from ecopick.domains.tickets.queries.search import SEARCH_LIMIT, Found

VIEWS = ("open", "due_soon", "unassigned", "awaiting_tenant", "resolved", "all")
# No clock on earth is further from UTC than this.
FURTHEST = timedelta(hours=15)
# Filters that hold one of several values of a column.
_COLUMNS: dict[str, InstrumentedAttribute[object]] = {
    "building_id": Ticket.building_id,
    "unit_id": Ticket.unit_id,
    "reporter_id": Ticket.reporter_id,
    "vendor_org_id": Ticket.vendor_org_id,
    "status": Ticket.status,
    "priority": Ticket.priority,
    "category": Ticket.category,
    "channel": Ticket.channel,
}


def in_scope(actor: Actor) -> ColumnElement[bool]:
    """The owners of the actor's scope, then what they may see there."""
    return and_(Ticket.property_owner_id.in_(actor.owner_ids), visible_to(actor))


def conditions(
    actor: Actor, filters: ListTickets, found: Found | None = None
) -> list[ColumnElement[bool]]:
    """The filters as conditions; ``found`` is what the search told about their words.

    Raises Invalid for a view or assignee that is none.
    """
    kept: list[ColumnElement[bool]] = []
    if filters.view:
        if filters.view not in VIEWS:
            raise _unknown("view")
        kept.append(view_condition(filters.view))
    for name, column in _COLUMNS.items():
        if values := getattr(filters, name):
            kept.append(column.in_(values))
    if filters.assigned_to:
        kept.append(or_(false(), *(_assigned_to(actor, each) for each in filters.assigned_to)))
    if filters.due:
        chosen = [at_risk() if each == "soon" else past_due() for each in filters.due]
        kept.append(or_(false(), *chosen))
    kept += _periods(filters)
    if filters.unread is not None:
        kept.append(is_unread() if filters.unread else ~is_unread())
    if filters.figure:
        kept.append(figure_condition(actor, filters.figure))
    if found is not None:
        kept.append(found.condition())
    return kept


def _unknown(name: str) -> Invalid:
    return Invalid(
        _("Please check the marked fields."), fields={name: _("Please choose one of the options.")}
    )


def _assigned_to(actor: Actor, value: str) -> ColumnElement[bool]:
    if value == "none":
        return Ticket.current_assignment_id.is_(None)
    if value == "me":
        return Assignment.assigned_to_user_id == actor.user_id
    wanted = as_id(value)
    if wanted is None:
        raise _unknown("assigned_to")
    return or_(Assignment.assigned_to_user_id == wanted, Ticket.vendor_org_id == wanted)


def _periods(filters: ListTickets) -> list[ColumnElement[bool]]:
    kept: list[ColumnElement[bool]] = []
    for name, column in (("reported", Ticket.created_at), ("updated", Ticket.updated_at)):
        if days := getattr(filters, name):
            kept.append(column >= clock.now() - timedelta(days=int(days)))
        if first := getattr(filters, f"{name}_from"):
            kept += [column >= _midnight(first), column >= _utc(first) - FURTHEST]
        if last := getattr(filters, f"{name}_until"):
            after = last + timedelta(days=1)
            kept += [column < _midnight(after), column < _utc(after) + FURTHEST]
    return kept


def _utc(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _midnight(day: date) -> ColumnElement[Any]:
    """The moment at which the day begins where the ticket's building stands."""
    begin = literal(datetime.combine(day, time()), DateTime(timezone=False))
    return (
        select(func.timezone(Building.time_zone, begin))
        .where(
            Building.property_owner_id == Ticket.property_owner_id,
            Building.id == Ticket.building_id,
        )
        .correlate(Ticket)
        .scalar_subquery()
    )


def is_unread() -> ColumnElement[bool]:
    """Still open, and changed since the person last looked; needs their own read joined."""
    return and_(
        Ticket.status.in_(ACTIVE),
        or_(TicketRead.seen_at.is_(None), TicketRead.seen_at < Ticket.updated_at),
    )


def own_read(actor: Actor) -> ColumnElement[bool]:
    """The join of the actor's own look at each ticket."""
    return and_(
        TicketRead.property_owner_id == Ticket.property_owner_id,
        TicketRead.ticket_id == Ticket.id,
        TicketRead.user_id == actor.user_id,
    )


def view_condition(view: str) -> ColumnElement[bool]:
    """What a view that everybody has shows."""
    match view:
        case "open":
            return is_open()
        case "due_soon":
            return at_risk()
        case "unassigned":
            return and_(
                Ticket.status.in_([TicketStatus.NEW, TicketStatus.TRIAGED]),
                Ticket.current_assignment_id.is_(None),
            )
        case "awaiting_tenant":
            return Ticket.status == TicketStatus.AWAITING_TENANT
        case "resolved":
            return Ticket.status == TicketStatus.RESOLVED
        case _:
            return Ticket.status.is_not(None)


def statuses_of(filters: ListTickets) -> Sequence[TicketStatus]:
    """The only statuses that the filters let through; empty where any may."""
    if filters.status:
        return filters.status
    match filters.view:
        case "open" | "due_soon":
            return sorted(ACTIVE)
        case "unassigned":
            return [TicketStatus.NEW, TicketStatus.TRIAGED]
        case "awaiting_tenant":
            return [TicketStatus.AWAITING_TENANT]
        case "resolved":
            return [TicketStatus.RESOLVED]
        case _:
            return []


__all__ = [
    "SEARCH_LIMIT",
    "VIEWS",
    "conditions",
    "in_scope",
    "is_unread",
    "own_read",
    "statuses_of",
    "view_condition",
]
