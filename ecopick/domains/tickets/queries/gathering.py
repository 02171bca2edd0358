"""All that hangs on one ticket, in one statement whatever there is of it.

Rows come as JSON arrays beside the place of the ticket. They become plain copies of
their models, for reading only: no session knows them.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, ScalarSelect, and_, func, inspect, literal, select
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, aggregate_order_by
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import DateTime, LargeBinary, Uuid

from ecopick.core.actor import Actor
from ecopick.core.db import Base, EnumText
from ecopick.domains.governance.queries.grants import holds_any
from ecopick.domains.property.models import Building, PropertyOwner, Unit, UnitSection
from ecopick.domains.sla.models import SLAEvent
from ecopick.domains.tickets.models import (
    Assignment,
    Attachment,
    Message,
    MessageMention,
    Ticket,
    TicketStakeholder,
)
from ecopick.domains.tickets.policy import stands_in
from ecopick.domains.tickets.queries.following import followers, takes_part
from ecopick.domains.tickets.queries.quotes import price_waits

M = TypeVar("M", bound=Base)
MAX_UNITS = 160


@dataclass(frozen=True)
class Gathered:
    """The place of a ticket and the rows that hang on it, each kind in its order.

    ``units`` are the units of the building, for its façade; empty unless asked for.
    ``holds_rights``: whether the reader holds any explicit right on the ticket or what
    it stands in. ``price_waits``: whether the work rests until a quote is approved.
    """

    building: Building
    unit: Unit | None
    section: UnitSection | None
    prefix: str
    assignments: list[Assignment]
    messages: list[Message]
    mentions: list[MessageMention]
    attachments: list[Attachment]
    stakeholders: list[TicketStakeholder]
    sla_events: list[SLAEvent]
    holds_rights: bool
    followers: int
    price_waits: bool
    units: list[Unit] = field(default_factory=list)


def gather(session: Session, actor: Actor, ticket: Ticket, *, with_units: bool) -> Gathered:
    """What hangs on a ticket that the actor was found to see."""
    owner = ticket.property_owner_id
    row = session.execute(
        select(
            Building,
            Unit,
            UnitSection,
            PropertyOwner.ticket_prefix,
            _listed(Assignment, ticket, Assignment.created_at).label("assignments"),
            _listed(Message, ticket, Message.created_at).label("messages"),
            _listed(MessageMention, ticket, MessageMention.created_at).label("mentions"),
            _listed(Attachment, ticket, Attachment.created_at).label("attachments"),
            _listed(TicketStakeholder, ticket, TicketStakeholder.added_at, takes_part()).label(
                "stakeholders"
            ),
            _listed(SLAEvent, ticket, SLAEvent.occurred_at).label("sla_events"),
            (_units(ticket) if with_units else literal([], JSONB)).label("units"),
            holds_any(actor, stands_in(ticket)).label("holds_rights"),
            followers(ticket).label("followers"),
            price_waits(ticket.id).label("price_waits"),
        )
        .join(PropertyOwner, PropertyOwner.id == Building.property_owner_id)
        .outerjoin(Unit, and_(Unit.property_owner_id == owner, Unit.id == ticket.unit_id))
        .outerjoin(
            UnitSection,
            and_(UnitSection.property_owner_id == owner, UnitSection.id == ticket.unit_section_id),
        )
        .where(Building.property_owner_id == owner, Building.id == ticket.building_id)
    ).one()
    return Gathered(
        building=row.Building,
        unit=row.Unit,
        section=row.UnitSection,
        prefix=row.ticket_prefix,
        assignments=_copies(Assignment, row.assignments),
        messages=_copies(Message, row.messages),
        mentions=_copies(MessageMention, row.mentions),
        attachments=_copies(Attachment, row.attachments),
        stakeholders=_copies(TicketStakeholder, row.stakeholders),
        sla_events=_copies(SLAEvent, row.sla_events),
        holds_rights=row.holds_rights,
        followers=row.followers,
        price_waits=row.price_waits,
        units=[
            Unit(id=uuid.UUID(key), label=label, floor=floor) for key, label, floor in row.units
        ],
    )


def _listed(
    model: Any, ticket: Ticket, order: Any, *conditions: ColumnElement[bool]
) -> ScalarSelect[Any]:
    """Rows of the ticket as one array of arrays, oldest first."""
    row = func.jsonb_build_array(*(column for _name, column in _columns(model)))
    return _as_array(
        row,
        [order, model.id],
        model.property_owner_id == ticket.property_owner_id,
        model.ticket_id == ticket.id,
        *conditions,
    )


def _units(ticket: Ticket) -> ScalarSelect[Any]:
    """The first units of the building by label."""
    all_units = aliased(Unit)
    first = (
        select(all_units.id, all_units.label, all_units.floor)
        .where(
            all_units.property_owner_id == ticket.property_owner_id,
            all_units.building_id == ticket.building_id,
        )
        .order_by(all_units.label, all_units.id)
        .limit(MAX_UNITS)
        .subquery()
    )
    row = func.jsonb_build_array(first.c.id, first.c.label, first.c.floor)
    return _as_array(row, [first.c.label, first.c.id])


def _as_array(
    row: ColumnElement[Any], order: list[Any], *conditions: ColumnElement[bool]
) -> ScalarSelect[Any]:
    rows = func.jsonb_agg(aggregate_order_by(row, *order))
    return (
        select(func.coalesce(rows, literal([], JSONB), type_=JSONB))
        .where(*conditions)
        .scalar_subquery()
    )


def _columns(model: type[Base]) -> Iterator[tuple[str, Column[Any]]]:
    """What can be carried as JSON: everything but bytes and search vectors."""
    for attribute in inspect(model).column_attrs:
        column = attribute.columns[0]
        if isinstance(column, Column) and not isinstance(column.type, (LargeBinary, TSVECTOR)):
            yield attribute.key, column


def _copies(model: type[M], rows: list[list[Any]]) -> list[M]:
    columns = list(_columns(model))
    return [
        model(
            **{
                name: _plain(column, value)
                for (name, column), value in zip(columns, row, strict=True)
            }
        )
        for row in rows
    ]


def _plain(column: Column[Any], value: Any) -> Any:
    """A value of JSON as the model holds it."""
    if value is None:
        return None
    match column.type:
        case EnumText(values=values):
            return values(value)
        case Uuid():
            return uuid.UUID(value)
        case DateTime():
            return datetime.fromisoformat(value)
        case _:
            return value
