"""Past tickets: what is over is taken over with its days; nobody is told and no clock runs."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.tenancy import SYSTEM_USER_ID
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.imports.book import Book
from ecopick.domains.imports.kinds.base import find_units
from ecopick.domains.imports.many import Facts, add_all, change_all
from ecopick.domains.imports.readers import in_zone
from ecopick.domains.imports.rows import Row, among
from ecopick.domains.tickets.lifecycle import TERMINAL, TicketPriority, TicketStatus
from ecopick.domains.tickets.models import Ticket, TicketChannel, TicketCounter

CHANGED = ("title", "description", "category", "priority")


class PastTickets:
    """Rows that are tickets which are over."""

    def resolve(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """Their places, days and reporters."""
        find_units(session, book, rows)
        for row in rows:
            building = row.refers["building"]
            if building is not None:
                _set_days(row, building.time_zone)
        addresses = {row.values.get("reporter_email") for row in rows} - {None}
        known = _reporters(session, book, sorted(str(each) for each in addresses))
        for row in rows:
            row.refers["reporter_id"] = known.get(row.values.get("reporter_email") or "")

    def natural_key(self, row: Row) -> Sequence[object]:
        """Place, day and title."""
        return (
            row.refers["building"].id,
            row.refers.get("unit_id"),
            row.refers["created_at"],
            row.values["title"],
        )

    def find(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """Tickets that no import knows are other tickets."""

    def keeps_key(self, row: Row) -> bool:
        """Always."""
        return True

    def check(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """A ticket that was opened again here belongs to whoever works on it."""
        found = session.execute(
            select(Ticket.id, Ticket.status).where(among(Ticket.id, [row.target for row in rows]))
        )
        states = {row.id: row.status for row in found}
        for row in rows:
            if states.get(row.target or uuid.UUID(int=0)) not in TERMINAL:
                row.refuse("key", _("This ticket was opened again here. It is not changed."))

    def create(self, session: Session, actor: Actor, book: Book, rows: Sequence[Row]) -> None:
        """Make them, numbered in the order of the file."""
        number = _take_numbers(session, book.owner_id, len(rows)) if rows else 0
        made: list[Facts] = []
        for row in rows:
            row.target = new_id()
            made.append({"id": row.target, "number": number, **_facts(book, row)})
            number += 1
        add_all(session, Ticket, made)

    def change(self, session: Session, actor: Actor, book: Book, rows: Sequence[Row]) -> None:
        """Give them what stands in the mapped columns, their end included."""
        changed = [
            (
                row.target,
                {name: row.values[name] for name in CHANGED if name in row.values} | _end(row),
            )
            for row in rows
            if row.target is not None
        ]
        change_all(session, Ticket, changed, keep=("category", "priority"))


def _set_days(row: Row, zone: str) -> None:
    created = in_zone(row.values["created_at"], zone).astimezone(UTC)
    given = row.values.get("closed_at")
    closed = in_zone(given, zone).astimezone(UTC) if given is not None else created
    row.refers |= {"created_at": created, "closed_at": closed}
    if closed < created:
        row.refuse("closed_at", _("The end lies before the beginning."))
    if created > clock.now():
        row.refuse("created_at", _("This day has not come yet."))
    elif closed > clock.now():
        row.refuse("closed_at", _("This day has not come yet."))


def _facts(book: Book, row: Row) -> Facts:
    values, refers = row.values, row.refers
    created: datetime = refers["created_at"]
    return {
        "property_owner_id": book.owner_id,
        "building_id": refers["building"].id,
        "unit_id": refers.get("unit_id"),
        "title": values["title"],
        "description": values.get("description"),
        "category": values.get("category") or "general",
        "priority": values.get("priority") or TicketPriority.MEDIUM,
        "channel": TicketChannel.API,
        # Unknown reporters stand in for themselves by their address alone.
        "reporter_id": refers["reporter_id"] or SYSTEM_USER_ID,
        "reporter_email": None if refers["reporter_id"] else values.get("reporter_email"),
        "created_at": created,
        "updated_at": refers["closed_at"],
        **_end(row),
    }


def _end(row: Row) -> Facts:
    """How and when it ended."""
    at = row.refers["closed_at"]
    if row.values.get("status") is TicketStatus.CANCELLED:
        return {
            "status": TicketStatus.CANCELLED,
            "cancelled_at": at,
            "resolved_at": None,
            "closed_at": None,
        }
    return {
        "status": TicketStatus.CLOSED,
        "cancelled_at": None,
        "resolved_at": at,
        "closed_at": at,
    }


def _reporters(session: Session, book: Book, addresses: list[str]) -> dict[str, uuid.UUID]:
    """People of these addresses who have to do with the owner."""
    if not addresses:
        return {}
    found = session.execute(
        text("select email::text, user_id from known_people(:owner, cast(:all as citext[]))"),
        {"owner": book.owner_id, "all": addresses},
    )
    return {row.email.lower(): row.user_id for row in found if row.user_id is not None}


def _take_numbers(session: Session, owner_id: uuid.UUID, count: int) -> int:
    """The first of so many numbers in a row; the counter is locked until the commit."""
    statement = (
        insert(TicketCounter)
        .values(property_owner_id=owner_id, last_number=count)
        .on_conflict_do_update(
            index_elements=["property_owner_id"],
            set_={"last_number": TicketCounter.last_number + count},
        )
        .returning(TicketCounter.last_number)
    )
    return int(session.execute(statement).scalar_one()) - count + 1
