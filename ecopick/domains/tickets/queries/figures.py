"""What the figures of the dashboard count, as conditions: their lists hold just those tickets."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.roles import MANAGEMENT_ROLES, OPERATIONS_ROLES, MembershipRole
from ecopick.domains.sla.models import SLAEvent, SLAEventType
from ecopick.domains.tickets.inputs import Figure
from ecopick.domains.tickets.lifecycle import AssignmentState, TicketStatus
from ecopick.domains.tickets.models import Assignment, Message, MessageVisibility, Ticket
from ecopick.domains.tickets.queries.deadlines import at_risk, is_open, past_due

PERIOD = timedelta(days=30)
SILENT_AFTER = timedelta(days=3)
# What management has to look at, confirm or give to somebody.
TO_DECIDE = (TicketStatus.NEW, TicketStatus.TRIAGED, TicketStatus.VENDOR_PENDING)


def figure_condition(actor: Actor, figure: Figure) -> ColumnElement[bool]:
    """The tickets behind a figure, as of now. Needs the present assignment joined."""
    now = clock.now()
    match figure:
        case "my_work":
            return my_work(actor)
        case "resolved_30_days":
            return resolved_between(now - PERIOD, now)
        case "met_30_days":
            return and_(resolved_between(now - PERIOD, now), met())
        case "answered_30_days":
            return answered_between(now - PERIOD, now)
        case "no_reply_3_days":
            return no_reply()


def my_work(actor: Actor) -> ColumnElement[bool]:
    """Open tickets that wait for this person.

    Those given to them; to management also what is to be decided, due soon or
    past due in their buildings, to other staff what nobody has looked at yet.
    """
    return and_(
        is_open(),
        or_(
            Assignment.assigned_to_user_id == actor.user_id,
            and_(
                in_staff_buildings(actor, MANAGEMENT_ROLES),
                or_(Ticket.status.in_(TO_DECIDE), at_risk(), past_due()),
            ),
            and_(in_staff_buildings(actor, OPERATIONS_ROLES), Ticket.status == TicketStatus.NEW),
        ),
    )


def in_staff_buildings(actor: Actor, roles: frozenset[MembershipRole]) -> ColumnElement[bool]:
    """Tickets of the owner for whom the actor works, where one of ``roles`` counts."""
    if actor.owner_id is None:
        return false()
    buildings = actor.staff_buildings(actor.owner_id, roles)
    everywhere = true() if buildings is None else Ticket.building_id.in_(buildings)
    return and_(Ticket.property_owner_id == actor.owner_id, everywhere)


def resolved_between(since: datetime, until: datetime) -> ColumnElement[bool]:
    """Solved in this time, with a deadline to be measured by."""
    return and_(
        Ticket.resolved_at > since,
        Ticket.resolved_at <= until,
        Ticket.sla_due_at.is_not(None),
        Ticket.status != TicketStatus.CANCELLED,
    )


def met() -> ColumnElement[bool]:
    """Solved by its deadline."""
    return Ticket.resolved_at <= Ticket.sla_due_at


def first_answer() -> ColumnElement[datetime]:
    """When somebody first answered the reporter: wrote to them, or accepted the job."""
    wrote = (
        select(func.min(Message.created_at))
        .where(
            Message.ticket_id == Ticket.id,
            Message.author_id != Ticket.reporter_id,
            Message.visibility == MessageVisibility.EVERYONE,
        )
        .correlate(Ticket)
        .scalar_subquery()
    )
    accepted = aliased(Assignment)
    came = (
        select(func.min(accepted.responded_at))
        .where(
            accepted.ticket_id == Ticket.id,
            accepted.state == AssignmentState.ACCEPTED,
        )
        .correlate(Ticket)
        .scalar_subquery()
    )
    return func.least(wrote, came)


def answered_at(session: Session, owner_id: uuid.UUID, ticket_id: uuid.UUID) -> datetime | None:
    """When somebody first answered the reporter of one ticket; None while nobody has."""
    asked = select(first_answer()).where(
        Ticket.property_owner_id == owner_id, Ticket.id == ticket_id
    )
    found: datetime | None = session.scalar(asked)
    return found


def answered_between(since: datetime, until: datetime) -> ColumnElement[bool]:
    """Reported in this time, and answered since."""
    return and_(Ticket.created_at > since, Ticket.created_at <= until, first_answer().is_not(None))


def no_reply() -> ColumnElement[bool]:
    """The tenant was asked three days ago, and has not answered."""
    asked: Select[datetime] = select(func.max(SLAEvent.occurred_at)).where(
        SLAEvent.ticket_id == Ticket.id, SLAEvent.type == SLAEventType.PAUSED
    )
    return and_(
        Ticket.status == TicketStatus.AWAITING_TENANT,
        asked.correlate(Ticket).scalar_subquery() <= clock.now() - SILENT_AFTER,
    )
