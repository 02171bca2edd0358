"""Rows of tickets with the names of what they point to: one query for every list."""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, Select, and_, func, select
from sqlalchemy.orm import aliased

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.people.models import User
from ecopick.domains.property.models import Building, PropertyOwner, Unit, UnitSection, UnitType
from ecopick.domains.sla.targets import Clock, amber_below, clock_of
from ecopick.domains.tickets.lifecycle import AssignmentState, TicketPriority, TicketStatus
from ecopick.domains.tickets.models import Assignment, Ticket, TicketChannel
from ecopick.domains.tickets.outputs import NamedOut, TicketLineOut
from ecopick.domains.tickets.outside import is_unconfirmed
from ecopick.domains.tickets.queries.filters import in_scope
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
    parent_id: uuid.UUID | None
    children: int
    reporter_id: uuid.UUID
    channel: TicketChannel
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
    def is_confirmed(self) -> bool:
        """Whether somebody stands for it."""
        return not is_unconfirmed(self)

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


def lines(actor: Actor) -> Select[*tuple[Any, ...]]:
    """The rows that ``actor`` may see, with the names of what they point to; no order, no limit."""
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
            Ticket.parent_id,
            _children().label("children"),
            Ticket.reporter_id,
            Ticket.channel,
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


def _children() -> ScalarSelect[int]:
    """How many tickets are joined under the row's ticket: above none it is an incident."""
    child = aliased(Ticket)
    return (
        select(func.count())
        .select_from(child)
        .where(child.property_owner_id == Ticket.property_owner_id, child.parent_id == Ticket.id)
        .scalar_subquery()
    )


def line_of(row: Any) -> TicketLine:
    """A row of ``lines``; columns that were added to it are left out."""
    return TicketLine(**{name: row._mapping[name] for name in _COLUMNS})


_COLUMNS = tuple(each.name for each in fields(TicketLine))


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
        is_confirmed=row.is_confirmed,
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
