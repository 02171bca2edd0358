"""Orders of the ticket list, each with pages by key in both directions.

An order is one expression that is never null, then the id; a cursor holds both of
the row where a page ends.
"""

import base64
import binascii
import json
import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, tuple_
from sqlalchemy.types import BigInteger, DateTime, Float, Interval, Text, Uuid

from ecopick.core.errors import Invalid
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.property.models import Building, Unit, UnitSection
from ecopick.domains.tickets.lifecycle import TicketPriority, TicketStatus
from ecopick.domains.tickets.models import Ticket

Value = datetime | int | float | str
# A clock that rests is no work for now: behind those that run, by due time among themselves.
_BEHIND = timedelta(days=200 * 365)
# Rows without a due time stand last in either direction.
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1600, 1, 1, tzinfo=UTC)
_TYPES: dict[type, Any] = {
    datetime: DateTime(timezone=True),
    int: BigInteger(),
    float: Float(),
    str: Text(),
}


@dataclass(frozen=True)
class Order:
    """What a list is sorted by; ``kind`` is the type of the key's values."""

    key: Callable[[], ColumnElement[Any]]
    kind: type
    descending: bool = False


def _due(behind: timedelta, none: datetime) -> ColumnElement[datetime]:
    rests = and_(Ticket.status == TicketStatus.AWAITING_TENANT, Ticket.sla_breached_at.is_(None))
    due = case((rests, Ticket.sla_due_at + literal(behind, Interval)), else_=Ticket.sla_due_at)
    return func.coalesce(due, literal(none, DateTime(timezone=True)))


def _place() -> ColumnElement[str]:
    named = func.concat_ws(" ", Building.name, Unit.label, UnitSection.name)
    return func.left(func.lower(named), 120)


def _rank(values: Any, column: Any) -> ColumnElement[int]:
    return case({each: at for at, each in enumerate(values)}, value=column, else_=99)


ORDERS: dict[str, Order] = {
    "due": Order(lambda: _due(_BEHIND, _LATEST), datetime),
    "-due": Order(lambda: _due(-_BEHIND, _EARLIEST), datetime, True),
    "created": Order(lambda: Ticket.created_at.expression, datetime),
    "-created": Order(lambda: Ticket.created_at.expression, datetime, True),
    "updated": Order(lambda: Ticket.updated_at.expression, datetime),
    "-updated": Order(lambda: Ticket.updated_at.expression, datetime, True),
    "number": Order(lambda: Ticket.number.expression, int),
    "-number": Order(lambda: Ticket.number.expression, int, True),
    "priority": Order(lambda: _rank(TicketPriority, Ticket.priority), int),
    "-priority": Order(lambda: _rank(TicketPriority, Ticket.priority), int, True),
    "status": Order(lambda: _rank(TicketStatus, Ticket.status), int),
    "-status": Order(lambda: _rank(TicketStatus, Ticket.status), int, True),
    "place": Order(_place, str),
    "-place": Order(_place, str, True),
}
ORDERS["newest"] = ORDERS["-created"]


def by_rank(key: ColumnElement[Any]) -> Order:
    """The best matches of a search first; ``key`` is how well a row matches."""
    return Order(lambda: key, float, True)


@dataclass(frozen=True)
class Cursor:
    """Where a page starts: after the row with this key, or before it when ``back``."""

    sort: str
    at: Value
    id: uuid.UUID
    back: bool = False

    def pack(self) -> str:
        """The opaque text of this place."""
        at = self.at.isoformat() if isinstance(self.at, datetime) else self.at
        raw = json.dumps([self.sort, at, str(self.id), int(self.back)], ensure_ascii=False)
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @staticmethod
    def unpack(value: str, sort: str, kind: type = datetime) -> "Cursor":
        """The place that ``value`` names. Raises Invalid for anything not made here."""
        try:
            padded = value + "=" * (-len(value) % 4)
            made, at, row_id, back = json.loads(base64.b64decode(padded, b"-_", validate=True))
            found = Cursor(str(made), _value(at, kind), uuid.UUID(row_id), bool(back))
        except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
            raise bad_cursor() from error
        if found.sort != sort:
            raise bad_cursor()
        return found


def _value(at: Any, kind: type) -> Value:
    """The key of a row as the database takes it. Raises ValueError for any other."""
    if kind is datetime:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not 1 <= moment.year <= 9999:
            raise ValueError(at)
        return moment
    if kind is float and isinstance(at, int | float) and math.isfinite(at):
        return float(at)
    if kind is int and isinstance(at, int) and abs(at) < 2**63:
        return at
    if kind is str and isinstance(at, str) and at.isprintable():
        return at
    raise ValueError(at)


def bad_cursor() -> Invalid:
    """The refusal of a place that is none."""
    return Invalid(
        _("Please check the marked fields."),
        fields={"cursor": _("This page of the list no longer exists. Start from the first one.")},
    )


def in_order(
    statement: Select[*tuple[Any, ...]], order: Order, cursor: Cursor | None
) -> Select[*tuple[Any, ...]]:
    """The statement in this order from ``cursor`` on; each row also tells its ``sort_key``."""
    back = cursor is not None and cursor.back
    key = order.key()
    downwards = order.descending is not back
    if cursor is not None:
        place = tuple_(literal(cursor.at, _TYPES[order.kind]), literal(cursor.id, Uuid))
        row = tuple_(key, Ticket.id)
        statement = statement.where(row < place if downwards else row > place)
    if downwards:
        statement = statement.order_by(key.desc(), Ticket.id.desc())
    else:
        statement = statement.order_by(key, Ticket.id)
    return statement.add_columns(key.label("sort_key"))
