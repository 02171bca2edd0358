"""Who had a ticket open, and when last."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import Session

from ecopick.core.roles import OPERATIONS_ROLES, VENDOR_ROLES
from ecopick.domains.people.models import Membership, User
from ecopick.domains.people.queries import role_counts, shown_name
from ecopick.domains.tickets.models import Ticket, TicketRead
from ecopick.domains.tickets.outputs import TicketOut


@dataclass(frozen=True)
class Reader:
    """Somebody who had the ticket open; ``is_staff`` of its owner and building."""

    user_id: uuid.UUID
    name: str
    seen_at: datetime
    is_staff: bool

    @property
    def first_name(self) -> str:
        """What colleagues call them."""
        return self.name.split()[0] if self.name.strip() else self.name


@dataclass(frozen=True)
class Viewer:
    """Somebody who has the ticket open now: of its team, or of the vendor at work."""

    user_id: uuid.UUID
    name: str
    is_staff: bool

    @property
    def face(self) -> tuple[str, str]:
        """Name and kind, as pictures of people take them."""
        return self.name, "staff" if self.is_staff else "org"


def _staff_of(ticket: TicketOut | Ticket) -> Select[uuid.UUID]:
    return select(Membership.user_id).where(
        Membership.property_owner_id == ticket.property_owner_id,
        Membership.role.in_(OPERATIONS_ROLES),
        or_(Membership.building_id.is_(None), Membership.building_id == ticket.building_id),
        role_counts(),
    )


def viewers_among(session: Session, ticket: Ticket, ids: Sequence[uuid.UUID]) -> list[Viewer]:
    """Those of ``ids`` who may be shown to the team of the ticket: its own people, and those
    of the vendor who has it; in the order of ``ids``."""
    is_staff = User.id.in_(_staff_of(ticket))
    firm = select(Membership.user_id).where(
        Membership.vendor_org_id == ticket.vendor_org_id,
        Membership.role.in_(VENDOR_ROLES),
        role_counts(),
    )
    rows = session.execute(
        select(User.id, shown_name.label("name"), is_staff.label("is_staff")).where(
            User.id.in_(ids), or_(is_staff, User.id.in_(firm))
        )
    )
    found = {row.id: Viewer(row.id, row.name, row.is_staff) for row in rows}
    return [found[each] for each in ids if each in found]


def readers_of(ticket: TicketOut) -> Select[list[list[Any]]]:
    """The last hundred who had a ticket open that was found for a member of the staff, the
    latest first, as one array for ``read_readers``."""
    staff = _staff_of(ticket)
    last = (
        select(
            TicketRead.user_id,
            shown_name.label("name"),
            TicketRead.seen_at,
            TicketRead.user_id.in_(staff).label("is_staff"),
        )
        .join(User, User.id == TicketRead.user_id)
        .where(
            TicketRead.property_owner_id == ticket.property_owner_id,
            TicketRead.ticket_id == ticket.id,
        )
        .order_by(TicketRead.seen_at.desc(), TicketRead.user_id)
        .limit(100)
        .subquery()
    )
    rows = func.jsonb_agg(
        aggregate_order_by(func.jsonb_build_array(*last.c), last.c.seen_at.desc(), last.c.user_id)
    )
    return select(func.coalesce(rows, literal([], JSONB), type_=JSONB))


def read_readers(rows: list[list[Any]]) -> list[Reader]:
    """What ``readers_of`` found."""
    return [
        Reader(uuid.UUID(user_id), name, datetime.fromisoformat(seen_at), is_staff)
        for user_id, name, seen_at, is_staff in rows
    ]
