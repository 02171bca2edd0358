"""Who can be named in a message on a ticket, and who was."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import authorize
from ecopick.core.roles import OPERATIONS_ROLES, MembershipRole
from ecopick.domains.people.models import Membership, User
from ecopick.domains.people.queries import role_counts, shown_name
from ecopick.domains.tickets.models import Message, MessageMention, Ticket, TicketStakeholder
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.following import takes_part

MOST = 200


@dataclass(frozen=True)
class Mentionable:
    """Somebody who can be named; ``role`` is theirs at the owner, None for residents."""

    id: uuid.UUID
    name: str
    role: MembershipRole | None
    is_staff: bool


@dataclass(frozen=True)
class Named:
    """Who is named in which message."""

    by_message: dict[uuid.UUID, tuple[uuid.UUID, ...]]

    @classmethod
    def of(cls, rows: Iterable[MessageMention], messages: Iterable[Message]) -> "Named":
        """The mentions in those of the messages that a reader sees."""
        found: dict[uuid.UUID, tuple[uuid.UUID, ...]] = {message.id: () for message in messages}
        for row in rows:
            if row.message_id in found:
                found[row.message_id] += (row.user_id,)
        return cls(found)

    @property
    def all(self) -> set[uuid.UUID]:
        """Everybody who is named anywhere."""
        return {each for ids in self.by_message.values() for each in ids}


def mentionable(
    session: Session, actor: Actor, key: Any, *, team_only: bool = False
) -> list[Mentionable]:
    """People whom a member of the staff can name on a visible ticket, by name.

    The owner's staff for the building; besides, unless ``team_only``, whoever reported
    it and whoever takes part. Raises NotFound, or Forbidden for other readers.
    """
    ticket = get_ticket(session, actor, key)
    authorize(session, actor, "ticket:note", ticket)
    return people_to_name(session, ticket, team_only=team_only)


def people_to_name(session: Session, ticket: Ticket, *, team_only: bool) -> list[Mentionable]:
    """The same for a ticket that was found for somebody who writes to the team."""
    owner_id = ticket.property_owner_id
    staff = select(Membership.user_id).where(
        Membership.property_owner_id == owner_id,
        Membership.role.in_(OPERATIONS_ROLES),
        or_(Membership.building_id.is_(None), Membership.building_id == ticket.building_id),
        role_counts(),
    )
    taking_part = select(TicketStakeholder.user_id).where(
        TicketStakeholder.property_owner_id == owner_id,
        TicketStakeholder.ticket_id == ticket.id,
        takes_part(),
        TicketStakeholder.can_view,
    )
    is_staff = User.id.in_(staff)
    on_it = or_(User.id == ticket.reporter_id, User.id.in_(taking_part))
    role = (
        select(func.min(Membership.role))
        .where(
            Membership.user_id == User.id,
            Membership.property_owner_id == owner_id,
            role_counts(),
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            User.id,
            shown_name.label("name"),
            role.label("role"),
            is_staff.label("is_staff"),
        )
        .where(User.is_system.is_(False), is_staff if team_only else or_(is_staff, on_it))
        .order_by(shown_name, User.id)
        .limit(MOST)
    )
    return [
        Mentionable(row.id, row.name, MembershipRole(row.role) if row.role else None, row.is_staff)
        for row in rows
    ]


def named_in(text: str, people: Iterable[Mentionable]) -> set[uuid.UUID]:
    """Everybody whose full name stands after an @ in ``text``; the longest name counts.

    Where several bear the name, all of them are meant.
    """
    by_name: dict[str, set[uuid.UUID]] = {}
    for person in people:
        by_name.setdefault(person.name.casefold(), set()).add(person.id)
    if not by_name or "@" not in text:
        return set()
    pattern = mention_pattern(by_name)
    found = (by_name[match.group(1).casefold()] for match in pattern.finditer(text))
    return set().union(*found)


def mention_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Finds ``@Full Name`` of any of ``names`` where no word goes on after it."""
    longest_first = sorted(set(names), key=len, reverse=True)
    return re.compile(
        r"(?<!\w)@(" + "|".join(re.escape(name) for name in longest_first) + r")(?!\w)",
        re.IGNORECASE,
    )
