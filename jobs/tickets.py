"""Sweeps over tickets: due times, unanswered jobs, solved and forgotten ones.

Each works owner by owner and case by case in small transactions; one bad case
holds up nobody, and whatever was done already is left alone.
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Conflict, NotFound
from ecopick.domains.tickets.commands import assignment as assignments
from ecopick.domains.tickets.commands import opportunities, status
from ecopick.domains.tickets.lifecycle import CLOSE_AFTER, AssignmentState, TicketStatus
from ecopick.domains.tickets.models import Assignment, Ticket
from jobs.outbox import DISPATCH
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.tickets")
Step = Callable[[Session, Actor, uuid.UUID], bool]


def sla_sweep() -> int:
    """Mark every ticket that is past due or nearly so; how many."""
    at = runtime()
    now = clock.now()
    marked = 0
    with at.alone("sla_sweep") as alone, origin_of("sla_sweep", None, None):
        if not alone:
            return 0
        for kind, mark in (
            ("sla_sweep", status.mark_breached),
            ("sla_warning", status.mark_warned),
        ):
            for owner_id in at.owners_with(kind, now):
                try:
                    with at.as_system(owner_id) as (session, system):
                        marked += len(mark(session, system, owner_id, now))
                except Exception:
                    log.exception("%s failed for owner %s", kind, owner_id)
    return _dispatched(at, marked)


def lapse_unanswered() -> int:
    """Take jobs back whose time to answer has passed; how many."""
    now = clock.now()
    query = select(Assignment.id).where(
        Assignment.state == AssignmentState.PENDING,
        Assignment.is_claim.is_(False),
        Assignment.respond_by <= now,
    )
    return _sweep("respond_by", now, query, assignments.lapse_assignment)


def withdraw_expired() -> int:
    """Close open jobs that nobody applied for in time; how many."""
    now = clock.now()
    query = select(Ticket.id).where(
        Ticket.status == TicketStatus.VENDOR_OPPORTUNITY,
        Ticket.vendor_deadline <= now,
        Ticket.quotes_told_at.is_(None),
    )
    return _sweep("vendor_deadlines", now, query, opportunities.withdraw_lapsed)


def close_resolved() -> int:
    """Close tickets that have been solved for seven days; how many."""
    latest = clock.now() - CLOSE_AFTER
    query = select(Ticket.id).where(
        Ticket.status == TicketStatus.RESOLVED, Ticket.resolved_at <= latest
    )
    return _sweep("auto_close", latest, query, status.close_resolved)


def _sweep(kind: str, at_time: datetime, query: Select[uuid.UUID], step: Step) -> int:
    """Take ``step`` for every row of ``query``, each in a transaction of its own."""
    at = runtime()
    done = 0
    with at.alone(kind) as alone, origin_of(kind, None, None):
        if not alone:
            return 0
        for owner_id in at.owners_with(kind, at_time):
            for row_id in _rows(at, owner_id, query):
                done += _take(at, owner_id, row_id, step, kind)
    return _dispatched(at, done)


def _rows(at: Runtime, owner_id: uuid.UUID, query: Select[uuid.UUID]) -> Sequence[uuid.UUID]:
    with at.as_system(owner_id) as (session, _system):
        return session.scalars(query).all()


def _take(at: Runtime, owner_id: uuid.UUID, row_id: uuid.UUID, step: Step, kind: str) -> int:
    try:
        with at.as_system(owner_id) as (session, system):
            return int(step(session, system, row_id))
    except (Conflict, NotFound):
        return 0  # Somebody was faster.
    except Exception:
        log.exception("%s failed for %s", kind, row_id)
        return 0


def _dispatched(at: Runtime, count: int) -> int:
    if count:
        at.enqueue(DISPATCH)
    return count
