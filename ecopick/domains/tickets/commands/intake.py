"""A request comes in, is reviewed and edited."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.finding import as_id, missing
from ecopick.core.roles import TENANT_ROLES
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.property.models import Building, TenantCompany, Unit, UnitSection
from ecopick.domains.sla import commands as sla
from ecopick.domains.sla import targets
from ecopick.domains.sla.models import SLAEventType
from ecopick.domains.sla.queries import plan_of
from ecopick.domains.tickets.commands.engagement import renew_due
from ecopick.domains.tickets.commands.routing import auto_route
from ecopick.domains.tickets.events import TicketCreated, TicketStatusChanged, TicketUpdated
from ecopick.domains.tickets.inputs import CreateTicket, TriageTicket, UpdateTicket
from ecopick.domains.tickets.lifecycle import (
    TERMINAL,
    Action,
    TicketPriority,
    TicketStatus,
    advance,
)
from ecopick.domains.tickets.models import Ticket, TicketChannel, TicketCounter
from ecopick.domains.tickets.outside import is_unconfirmed
from ecopick.domains.tickets.queries.find import lock_ticket


def find_place(session: Session, actor: Actor, key: Any) -> Building | Unit:
    """The building or unit to report for, within the actor's scope. Raises NotFound."""
    place_id = as_id(key)
    place = session.get(Unit, place_id) or session.get(Building, place_id) if place_id else None
    if place is None:
        raise missing(actor, "Building", key)
    return place


def create_ticket(
    session: Session, actor: Actor, data: CreateTicket, *, channel: str = "web"
) -> Ticket:
    """Create a ticket for the unit, or the building where no unit is named.

    A building that cannot be seen is 422 under its field: it is part of the
    input, not the subject of the address.
    """
    building = session.scalars(
        select(Building).where(Building.id == data.building_id)
    ).one_or_none()
    if building is None:
        raise wrong_field("building_id", _("This building is not known here."))
    place: Building | Unit = building
    if data.unit_id is not None:
        place = _unit_of(session, data)
    ticket = _create(session, actor, place, data, building=building, channel=channel)
    if data.auto_route:
        auto_route(session, ticket)
    return ticket


def _unit_of(session: Session, data: CreateTicket) -> Unit:
    unit = session.scalars(
        select(Unit).where(Unit.id == data.unit_id, Unit.building_id == data.building_id)
    ).one_or_none()
    if unit is None:
        raise wrong_field("unit_id", _("This unit does not belong to the building."))
    return unit


@command("ticket:create", find=find_place, audit_as="TICKET_CREATED")
def _create(
    session: Session,
    actor: Actor,
    place: Building | Unit,
    data: CreateTicket,
    *,
    building: Building,
    channel: str,
) -> Ticket:
    _check_parts(session, actor, building, data)
    return new_ticket(
        session, actor, building, data, channel=TicketChannel(channel), reporter_id=actor.user_id
    )


def new_ticket(
    session: Session,
    actor: Actor,
    building: Building,
    data: CreateTicket,
    *,
    channel: TicketChannel,
    reporter_id: uuid.UUID,
    reporter_email: str | None = None,
) -> Ticket:
    """The stored ticket with its number and running clock; part of a command.

    The place was checked by the caller. ``reporter_email`` is an address that nobody has
    proved yet; the reporter is the system's user then.
    """
    now = clock.now()
    priority = data.priority or TicketPriority.MEDIUM
    due = targets.due_at(now, priority)
    plan = plan_of(session, building.property_owner_id)
    if data.priority is None and plan is not None:
        due = now + timedelta(minutes=plan.default_minutes)
    ticket = Ticket(
        id=new_id(),
        property_owner_id=building.property_owner_id,
        building_id=building.id,
        unit_id=data.unit_id,
        unit_section_id=data.unit_section_id,
        tenant_company_id=data.tenant_company_id,
        number=next_number(session, building.property_owner_id),
        title=data.title,
        description=data.description,
        category=data.category,
        priority=priority,
        status=TicketStatus.NEW,
        reporter_id=reporter_id,
        reporter_email=reporter_email,
        access_note=data.access_note,
        channel=channel,
        created_at=now,
        updated_at=now,
        sla_due_at=due,
        sla_warn_at=targets.warn_at(now, due),
        version=1,
        open_to_vendors=False,
    )
    session.add(ticket)
    session.flush()
    sla.mark(session, ticket.property_owner_id, ticket.id, SLAEventType.STARTED)
    emit(session, actor, TicketCreated(ticket.property_owner_id, ticket.id))
    return ticket


def next_number(session: Session, owner_id: uuid.UUID) -> int:
    """The owner's next ticket number, gap-free: the counter row is locked until commit."""
    statement = (
        insert(TicketCounter)
        .values(property_owner_id=owner_id, last_number=1)
        .on_conflict_do_update(
            index_elements=["property_owner_id"],
            set_={"last_number": TicketCounter.last_number + 1},
        )
        .returning(TicketCounter.last_number)
    )
    return int(session.execute(statement).scalar_one())


def _check_parts(session: Session, actor: Actor, building: Building, data: CreateTicket) -> None:
    """Section belongs to unit, company to the owner; else 422 under the field.

    Only the owner's staff and the company's own people name a company, since its
    staff see the request then.
    """
    if data.unit_section_id is not None:
        section = session.scalars(
            select(UnitSection.id).where(
                UnitSection.id == data.unit_section_id,
                UnitSection.unit_id == data.unit_id,
                UnitSection.is_active,
            )
        ).one_or_none()
        if section is None:
            raise wrong_field("unit_section_id", _("This section does not belong to the unit."))
    if data.tenant_company_id is not None:
        company = session.scalars(
            select(TenantCompany.id).where(
                TenantCompany.id == data.tenant_company_id,
                TenantCompany.property_owner_id == building.property_owner_id,
            )
        ).one_or_none()
        speaks = actor.is_operations(building.property_owner_id, building.id)
        if company is None or not (speaks or company in actor.tenant_company_ids(TENANT_ROLES)):
            raise wrong_field("tenant_company_id", _("This company is not known here."))


def triage_ticket(session: Session, actor: Actor, key: Any, data: TriageTicket) -> Ticket:
    """Mark a NEW ticket as reviewed, optionally with category and priority.

    What nobody stands for yet waited for this: it goes to whom the rules name.
    """
    ticket = _triage(session, actor, key, data)
    if is_unconfirmed(ticket):
        auto_route(session, ticket)
    return ticket


@command("ticket:triage", find=lock_ticket, audit_as="TRIAGED")
def _triage(session: Session, actor: Actor, ticket: Ticket, data: TriageTicket) -> Ticket:
    advance(ticket, Action.TRIAGE)
    ticket.triaged_at = clock.now()
    if data.category:
        ticket.category = data.category
    if data.priority:
        set_priority(session, ticket, data.priority)
    emit(
        session,
        actor,
        TicketStatusChanged(ticket.property_owner_id, ticket.id, "NEW", "TRIAGED"),
    )
    return ticket


@command("ticket:edit", find=lock_ticket, audit_as="TICKET_UPDATED")
def update_ticket(session: Session, actor: Actor, ticket: Ticket, data: UpdateTicket) -> Ticket:
    """Edit the fields that were sent. Terminal tickets and stale versions are refused."""
    if ticket.status in TERMINAL:
        raise Conflict(_("This request is closed and cannot be changed."), code="terminal")
    if data.version is not None and data.version != ticket.version:
        raise Conflict(
            _("Somebody else has changed this in the meantime. Reload to see the present state."),
            code="stale_version",
        )
    sent = data.model_dump(exclude_unset=True, exclude={"version"})
    for name, value in sent.items():
        if name in ("title", "category", "priority") and value is None:
            continue
        if name == "priority":
            set_priority(session, ticket, value)
        else:
            setattr(ticket, name, value)
    ticket.version += 1
    emit(session, actor, TicketUpdated(ticket.property_owner_id, ticket.id))
    return ticket


def set_priority(session: Session, ticket: Ticket, priority: TicketPriority) -> None:
    """Change the priority, and with it the due time of whatever is neither solved nor past due."""
    if priority == ticket.priority:
        return
    ticket.priority = priority
    renew_due(session, ticket)
