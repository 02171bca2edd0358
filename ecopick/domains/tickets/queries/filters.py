"""Filters and views of the ticket list, as conditions of a query."""

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Interval, Uuid

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.sla.targets import TARGETS, amber_below
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.lifecycle import ACTIVE, TicketStatus
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.tickets.policy import visible_to
from ecopick.domains.tickets.queries.find import as_id

VIEWS = ("open", "due_soon", "unassigned", "awaiting_tenant", "resolved", "all")
SEARCH_LIMIT = 1000


def in_scope(actor: Actor) -> ColumnElement[bool]:
    """The owners of the actor's scope, then what they may see there."""
    return and_(Ticket.property_owner_id.in_(actor.owner_ids), visible_to(actor))


def conditions(actor: Actor, filters: ListTickets) -> list[ColumnElement[bool]]:
    """The filters as conditions. Raises Invalid for a view or assignee that is none."""
    found: list[ColumnElement[bool]] = []
    if filters.view:
        if filters.view not in VIEWS:
            raise _unknown("view")
        found.append(view_condition(filters.view))
    if filters.building_id:
        found.append(Ticket.building_id == filters.building_id)
    if filters.status:
        found.append(Ticket.status.in_(filters.status))
    if filters.priority:
        found.append(Ticket.priority.in_(filters.priority))
    if filters.category:
        found.append(Ticket.category == filters.category)
    if filters.assigned_to:
        found.append(_assigned_to(actor, filters.assigned_to))
    if filters.due:
        found.append(_at_risk() if filters.due == "soon" else _past_due())
    if filters.q:
        found.append(_matches(actor, filters.q))
    return found


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


def _matches(actor: Actor, words: str) -> ColumnElement[bool]:
    """Tickets that the search function finds in the actor's owners."""
    found = func.search_tickets(
        words, literal(list(actor.owner_ids), ARRAY(Uuid)), SEARCH_LIMIT
    ).table_valued("ticket_id", name="found")
    return Ticket.id.in_(select(found.c.ticket_id))


def view_condition(view: str) -> ColumnElement[bool]:
    """What a saved view of the list shows."""
    is_open = Ticket.status.in_(sorted(ACTIVE))
    match view:
        case "open":
            return is_open
        case "due_soon":
            return _at_risk()
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


def _timed() -> ColumnElement[bool]:
    return Ticket.status.in_(sorted(ACTIVE - {TicketStatus.AWAITING_TENANT}))


def _at_risk() -> ColumnElement[bool]:
    """Not past due yet, but within the amber part of its time."""
    now = clock.now()
    amber = case(
        {name: literal(amber_below(target), Interval) for name, target in TARGETS.items()},
        value=Ticket.priority,
    )
    due = Ticket.sla_due_at
    return and_(_timed(), Ticket.sla_breached_at.is_(None), due > now, due - amber <= now)


def _past_due() -> ColumnElement[bool]:
    late = or_(Ticket.sla_due_at <= clock.now(), Ticket.sla_breached_at.is_not(None))
    return and_(_timed(), late)
