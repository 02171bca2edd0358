"""The ticket list: filters, views with counts, pages by key.

A page costs one statement and the counts of all views one more, whatever the
number of rows. Every statement names its owners before it asks for visibility.
"""

import base64
import binascii
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.people.models import User
from ecopick.domains.property.models import Building, PropertyOwner, Unit, UnitSection, UnitType
from ecopick.domains.sla.targets import Clock, amber_below, clock_of
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.lifecycle import (
    TERMINAL,
    AssignmentState,
    TicketPriority,
    TicketStatus,
)
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.tickets.outputs import NamedOut, TicketLineOut
from ecopick.domains.tickets.queries.filters import VIEWS, conditions, in_scope, view_condition
from ecopick.domains.tickets.queries.parts import sla_out
from ecopick.domains.vendors.models import VendorOrg


@dataclass(frozen=True)
class TicketLine:
    """One row of a list."""

    id: uuid.UUID
    property_owner_id: uuid.UUID
    number: int
    prefix: str
    title: str
    status: TicketStatus
    priority: TicketPriority
    category: str
    building_id: uuid.UUID
    building_name: str
    time_zone: str
    unit_id: uuid.UUID | None
    unit_label: str | None
    unit_type: UnitType | None
    section_name: str | None
    reporter_id: uuid.UUID
    assigned_to_user_id: uuid.UUID | None
    assigned_to_name: str | None
    vendor_org_id: uuid.UUID | None
    vendor_name: str | None
    assignment_state: AssignmentState | None
    arrival_from: datetime | None
    arrival_until: datetime | None
    sla_due_at: datetime | None
    sla_breached_at: datetime | None
    resolved_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def reference(self) -> str:
        """The number as people say it."""
        return f"{self.prefix}-{self.number}"

    @property
    def clock(self) -> Clock:
        """The ticket's SLA clock now; a pause shows no figure here."""
        return clock_of(
            status=self.status,
            priority=self.priority,
            due=self.sla_due_at,
            breached_at=self.sla_breached_at,
            resolved_at=self.resolved_at,
            paused_at=None,
            now=clock.now(),
        )

    @property
    def amber_from(self) -> datetime | None:
        """When the chip turns amber."""
        return self.sla_due_at - amber_below(self.clock.target) if self.sla_due_at else None


@dataclass(frozen=True)
class Page:
    """Rows with the keys of the neighbouring pages; None where there is none."""

    items: list[TicketLine] = field(default_factory=list)
    next_cursor: str | None = None
    back_cursor: str | None = None


@dataclass(frozen=True)
class Cursor:
    """Where a page starts: after the row with this key, or before it when ``back``."""

    sort: str
    at: datetime | None
    id: uuid.UUID
    back: bool = False

    def pack(self) -> str:
        """The opaque text of this place."""
        at = self.at.isoformat() if self.at else None
        raw = json.dumps([self.sort, at, str(self.id), int(self.back)]).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @staticmethod
    def unpack(value: str, sort: str) -> "Cursor":
        """The place that ``value`` names. Raises Invalid for anything not made here."""
        try:
            padded = value + "=" * (-len(value) % 4)
            kind, at, row_id, back = json.loads(base64.b64decode(padded, b"-_", validate=True))
            found = Cursor(
                str(kind),
                datetime.fromisoformat(at) if at is not None else None,
                uuid.UUID(row_id),
                bool(back),
            )
        except (ValueError, TypeError, AttributeError, binascii.Error) as error:
            raise _bad_cursor() from error
        if found.sort != sort or (found.at is not None and found.at.tzinfo is None):
            raise _bad_cursor()
        if sort == "newest" and found.at is None:
            raise _bad_cursor()
        return found


def _bad_cursor() -> Invalid:
    return Invalid(
        _("Please check the marked fields."),
        fields={"cursor": _("This page of the list no longer exists. Start from the first one.")},
    )


def list_tickets(session: Session, actor: Actor, filters: ListTickets) -> Page:
    """One page of the tickets that ``actor`` may see and ``filters`` let through.

    At most 200 rows; newest first, or by due time with the soonest first.
    """
    session.info["authorized"] = True
    kind = "SEARCH" if filters.q else "LIST"
    audit.read(actor, kind, "Ticket", None, owner_id=actor.owner_id or PLATFORM_OWNER_ID)
    cursor = Cursor.unpack(filters.cursor, filters.sort) if filters.cursor else None
    statement = _lines(actor).where(*conditions(actor, filters))
    statement = _ordered(statement, filters.sort, cursor).limit(filters.limit + 1)
    rows = [_line(row) for row in session.execute(statement)]
    more = len(rows) > filters.limit
    rows = rows[: filters.limit]
    if cursor is not None and cursor.back:
        rows.reverse()
        back, onward = more, True
    else:
        back, onward = cursor is not None, more
    if not rows:
        return Page()
    return Page(
        rows,
        next_cursor=_cursor(filters.sort, rows[-1]) if onward else None,
        back_cursor=_cursor(filters.sort, rows[0], back=True) if back else None,
    )


def _cursor(sort: str, row: TicketLine, *, back: bool = False) -> str:
    at = row.created_at if sort == "newest" else row.sla_due_at
    return Cursor(sort, at, row.id, back).pack()


def _ordered(statement: Select[Any], sort: str, cursor: Cursor | None) -> Select[Any]:
    """Order by the key of ``sort`` and start beyond ``cursor``."""
    back = cursor is not None and cursor.back
    if sort == "newest":
        key = tuple_(Ticket.created_at, Ticket.id)
        if cursor is not None:
            place = tuple_(literal(cursor.at), literal(cursor.id, Uuid))
            statement = statement.where(key > place if back else key < place)
        if back:
            return statement.order_by(Ticket.created_at, Ticket.id)
        return statement.order_by(Ticket.created_at.desc(), Ticket.id.desc())
    if cursor is not None:
        statement = statement.where(_beyond_due(cursor))
    if back:
        return statement.order_by(Ticket.sla_due_at.desc().nulls_first(), Ticket.id.desc())
    return statement.order_by(Ticket.sla_due_at.asc().nulls_last(), Ticket.id)


def _beyond_due(cursor: Cursor) -> ColumnElement[bool]:
    due = Ticket.sla_due_at
    if cursor.at is None:
        if cursor.back:
            return or_(due.is_not(None), Ticket.id < cursor.id)
        return and_(due.is_(None), Ticket.id > cursor.id)
    key = tuple_(due, Ticket.id)
    place = tuple_(literal(cursor.at), literal(cursor.id, Uuid))
    if cursor.back:
        return and_(due.is_not(None), key < place)
    return or_(due.is_(None), key > place)


def _lines(actor: Actor) -> Select[*tuple[Any, ...]]:
    """The columns of a row with the names of what it points to."""
    owner = Ticket.property_owner_id
    return (
        select(
            Ticket.id,
            owner,
            Ticket.number,
            PropertyOwner.ticket_prefix.label("prefix"),
            Ticket.title,
            Ticket.status,
            Ticket.priority,
            Ticket.category,
            Ticket.building_id,
            Building.name.label("building_name"),
            Building.time_zone,
            Ticket.unit_id,
            Unit.label.label("unit_label"),
            Unit.unit_type,
            UnitSection.name.label("section_name"),
            Ticket.reporter_id,
            Assignment.assigned_to_user_id,
            User.name.label("assigned_to_name"),
            Ticket.vendor_org_id,
            VendorOrg.name.label("vendor_name"),
            Assignment.state.label("assignment_state"),
            Assignment.arrival_from,
            Assignment.arrival_until,
            Ticket.sla_due_at,
            Ticket.sla_breached_at,
            Ticket.resolved_at,
            Ticket.created_at,
            Ticket.updated_at,
        )
        .join(PropertyOwner, PropertyOwner.id == owner)
        .join(
            Building, and_(Building.property_owner_id == owner, Building.id == Ticket.building_id)
        )
        .outerjoin(Unit, and_(Unit.property_owner_id == owner, Unit.id == Ticket.unit_id))
        .outerjoin(
            UnitSection,
            and_(UnitSection.property_owner_id == owner, UnitSection.id == Ticket.unit_section_id),
        )
        .outerjoin(
            Assignment,
            and_(
                Assignment.property_owner_id == owner,
                Assignment.id == Ticket.current_assignment_id,
            ),
        )
        .outerjoin(User, User.id == Assignment.assigned_to_user_id)
        .outerjoin(VendorOrg, VendorOrg.id == Ticket.vendor_org_id)
        .where(in_scope(actor))
    )


def _line(row: Any) -> TicketLine:
    return TicketLine(**row._mapping)


def view_counts(
    session: Session, actor: Actor, filters: ListTickets | None = None
) -> dict[str, int]:
    """How many tickets each view holds under the other filters, in one statement."""
    session.info["authorized"] = True
    narrowed = (
        [] if filters is None else conditions(actor, filters.model_copy(update={"view": None}))
    )
    row = session.execute(
        select(
            *(func.count().filter(view_condition(view)).label(view) for view in VIEWS),
        )
        .select_from(Ticket)
        .outerjoin(
            Assignment,
            and_(
                Assignment.property_owner_id == Ticket.property_owner_id,
                Assignment.id == Ticket.current_assignment_id,
            ),
        )
        .where(in_scope(actor), *narrowed)
    ).one()
    return {view: int(row._mapping[view]) for view in VIEWS}


def open_count(session: Session, actor: Actor) -> int:
    """How many open tickets the actor sees."""
    session.info["authorized"] = True
    found = session.scalar(
        select(func.count())
        .select_from(Ticket)
        .where(in_scope(actor), Ticket.status.not_in(TERMINAL | {TicketStatus.RESOLVED}))
    )
    return int(found or 0)


def line_out(row: TicketLine) -> TicketLineOut:
    """A row as the API shows it."""
    named = NamedOut
    shown = row.clock
    return TicketLineOut(
        id=row.id,
        property_owner_id=row.property_owner_id,
        number=row.number,
        reference=row.reference,
        title=row.title,
        status=row.status,
        priority=row.priority,
        category=row.category,
        building_id=row.building_id,
        building=named(id=row.building_id, name=row.building_name),
        unit_id=row.unit_id,
        unit=named(id=row.unit_id, name=row.unit_label or "") if row.unit_id else None,
        assigned_to=named(id=row.assigned_to_user_id, name=row.assigned_to_name or "")
        if row.assigned_to_user_id
        else None,
        vendor_org_id=row.vendor_org_id,
        vendor_org=named(id=row.vendor_org_id, name=row.vendor_name or "")
        if row.vendor_org_id
        else None,
        sla=sla_out(shown, row.sla_breached_at),
        sla_due_at=row.sla_due_at,
        sla_breached_at=row.sla_breached_at,
        resolved_at=row.resolved_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def open_lines(page: Page) -> tuple[list[TicketLine], list[TicketLine]]:
    """Rows that still need somebody, be it only to confirm the repair, and those that are done."""
    return (
        [row for row in page.items if row.status not in TERMINAL],
        [row for row in page.items if row.status in TERMINAL],
    )


__all__ = [
    "VIEWS",
    "Cursor",
    "Page",
    "TicketLine",
    "line_out",
    "list_tickets",
    "open_lines",
    "view_counts",
]
