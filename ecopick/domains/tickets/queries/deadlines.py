"""Where open tickets stand against their deadline, as conditions of a query."""

from sqlalchemy import ColumnElement, and_, case, literal, or_
from sqlalchemy.types import Interval

from ecopick.core import clock
from ecopick.domains.sla.targets import TARGETS, amber_below
from ecopick.domains.tickets.lifecycle import ACTIVE, TicketStatus
from ecopick.domains.tickets.models import Ticket


def is_open() -> ColumnElement[bool]:
    """Neither resolved nor closed nor cancelled."""
    return Ticket.status.in_(sorted(ACTIVE))


def _timed() -> ColumnElement[bool]:
    """Open, and the clock runs: it rests while the tenant is asked."""
    return Ticket.status.in_(sorted(ACTIVE - {TicketStatus.AWAITING_TENANT}))


def at_risk() -> ColumnElement[bool]:
    """Not past due yet, but within the amber part of its time."""
    now = clock.now()
    amber = case(
        {name: literal(amber_below(target), Interval) for name, target in TARGETS.items()},
        value=Ticket.priority,
    )
    due = Ticket.sla_due_at
    return and_(_timed(), Ticket.sla_breached_at.is_(None), due > now, due - amber <= now)


def past_due() -> ColumnElement[bool]:
    """Open past the deadline, or once found so; a later pause does not undo it."""
    late = and_(_timed(), Ticket.sla_due_at <= clock.now())
    return and_(is_open(), or_(late, Ticket.sla_breached_at.is_not(None)))
