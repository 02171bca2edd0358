"""Who follows a request: neighbours by a private link, people of the home."""

import uuid

from sqlalchemy import ColumnElement, Date, ScalarSelect, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from ecopick.domains.people.models import UserUnit
from ecopick.domains.people.queries import tie_counts
from ecopick.domains.tickets.lifecycle import RequestLinkKind
from ecopick.domains.tickets.models import RequestLink, Ticket, TicketStakeholder


def followers(ticket: Ticket | type[Ticket]) -> ScalarSelect[int]:
    """How many neighbours follow a ticket, or the ticket of a row."""
    return (
        select(func.count())
        .select_from(RequestLink)
        .where(
            RequestLink.property_owner_id == ticket.property_owner_id,
            RequestLink.ticket_id == ticket.id,
            RequestLink.kind == RequestLinkKind.FOLLOWER,
            RequestLink.ended_at.is_(None),
        )
        .scalar_subquery()
    )


def following_people(session: Session, ticket: Ticket) -> set[uuid.UUID]:
    """Neighbours who follow it and have proved their address."""
    found = session.scalars(
        select(RequestLink.user_id).where(
            RequestLink.property_owner_id == ticket.property_owner_id,
            RequestLink.ticket_id == ticket.id,
            RequestLink.kind == RequestLinkKind.FOLLOWER,
            RequestLink.ended_at.is_(None),
        )
    )
    return {user_id for user_id in found if user_id is not None}


def private_link(
    session: Session, ticket_id: uuid.UUID | None, user_id: uuid.UUID
) -> RequestLink | None:
    """The newest private link of a person to a ticket; None where they never had one."""
    return session.scalars(
        select(RequestLink)
        .where(
            RequestLink.ticket_id == ticket_id,
            RequestLink.user_id == user_id,
            RequestLink.ended_at.is_(None),
        )
        .order_by(RequestLink.kind.desc(), RequestLink.created_at.desc())
        .limit(1)
    ).one_or_none()


def takes_part() -> ColumnElement[bool]:
    """Participations in force, as a condition on them: not ended, and of those who follow as
    somebody of the home only while they see the request as its residents."""
    about = aliased(Ticket)
    begun = cast(func.timezone("UTC", about.created_at), Date)
    at_home = exists(
        select(UserUnit.id)
        .join(about, about.unit_id == UserUnit.unit_id)
        .where(
            about.id == TicketStakeholder.ticket_id,
            about.shared_at_home,
            UserUnit.user_id == TicketStakeholder.user_id,
            UserUnit.start_date <= begun,
            tie_counts(),
        )
    )
    return and_(
        TicketStakeholder.removed_at.is_(None), or_(~TicketStakeholder.of_household, at_home)
    )
