"""Requests about one's own home: who shares it, who follows, how it was rated."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id
from ecopick.domains.people.queries import tied_people
from ecopick.domains.tickets.home_policy import follows_at_home
from ecopick.domains.tickets.lifecycle import TERMINAL, Rating
from ecopick.domains.tickets.models import Ticket, TicketRating, TicketStakeholder
from ecopick.domains.tickets.policy import lives_there, visible_to
from ecopick.domains.tickets.queries.find import lock_ticket, relock


@dataclass(frozen=True)
class AtHome:
    """A request as it stands to the home of its reader.

    ``may_share`` is for whoever reported it, ``may_follow`` for the others of the home.
    """

    may_share: bool
    shared: bool
    may_follow: bool
    follows: bool
    rating: Rating | None


def participation(session: Session, actor: Actor, ticket: Ticket) -> TicketStakeholder | None:
    """The actor's row among the participants, an ended one included."""
    return session.scalars(
        select(TicketStakeholder).where(
            TicketStakeholder.ticket_id == ticket.id, TicketStakeholder.user_id == actor.user_id
        )
    ).one_or_none()


def household_followers(session: Session, ticket: Ticket) -> list[TicketStakeholder]:
    """People who follow because they live there, or lived there."""
    return list(
        session.scalars(
            select(TicketStakeholder).where(
                TicketStakeholder.ticket_id == ticket.id,
                TicketStakeholder.removed_at.is_(None),
                TicketStakeholder.of_household,
            )
        )
    )


def lock_followed(session: Session, actor: Actor, key: Any) -> Ticket:
    """A ticket that the actor sees, or follows since they lived there; locked and fresh.

    Raises NotFound.
    """
    ticket_id = as_id(key)
    if ticket_id is not None and follows_at_home(session, actor, ticket_id):
        return relock(session, session.get_one(Ticket, ticket_id))
    return lock_ticket(session, actor, key)


def rating_row(session: Session, ticket: Ticket) -> TicketRating | None:
    """How the outcome of a ticket was rated, if it was."""
    return session.scalars(
        select(TicketRating).where(
            TicketRating.property_owner_id == ticket.property_owner_id,
            TicketRating.ticket_id == ticket.id,
        )
    ).one_or_none()


def at_home(session: Session, actor: Actor, ticket: Ticket) -> AtHome:
    """What the reader of a visible ticket may decide as somebody of the home."""
    own = ticket.reporter_id == actor.user_id
    here = not own and lives_there(actor, ticket)
    row = participation(session, actor, ticket) if here else None
    rated = rating_row(session, ticket) if own else None
    return AtHome(
        may_share=own and ticket.unit_id is not None and _has_household(session, ticket),
        shared=ticket.shared_at_home,
        may_follow=here and ticket.status not in TERMINAL,
        follows=row is not None and row.removed_at is None,
        rating=rated.rating if rated is not None else None,
    )


def _has_household(session: Session, ticket: Ticket) -> bool:
    """Whether anybody else lives in the ticket's unit."""
    people = tied_people(session, ticket.reporter_id, [ticket.unit_id] if ticket.unit_id else [])
    return any(person.user_id != ticket.reporter_id for person in people)


def open_counts(
    session: Session, actor: Actor, units: Collection[uuid.UUID]
) -> dict[uuid.UUID, int]:
    """How many visible requests about each of the units are under way."""
    session.info["authorized"] = True
    rows = session.execute(
        select(Ticket.unit_id, func.count())
        .where(Ticket.unit_id.in_(units), Ticket.status.not_in(TERMINAL), visible_to(actor))
        .group_by(Ticket.unit_id)
    )
    return {unit_id: int(count) for unit_id, count in rows if unit_id is not None}
