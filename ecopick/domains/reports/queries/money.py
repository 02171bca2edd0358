"""Sums that wait: approvals to be decided, invoices past their due date."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Numeric,
    and_,
    cast,
    false,
    func,
    literal,
    null,
    select,
)
from sqlalchemy import Date as DateType
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.roles import MANAGEMENT_ROLES
from ecopick.domains.billing.lifecycle import InvoiceStatus
from ecopick.domains.billing.models import Invoice
from ecopick.domains.governance.models import AccessRequest
from ecopick.domains.governance.queries.approvals import waits_for
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import shown_name
from ecopick.domains.property.models import Building
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.vendors.models import VendorOrg

UNPAID = (InvoiceStatus.SUBMITTED, InvoiceStatus.APPROVED)


@dataclass(frozen=True)
class Sum:
    """An approval or an invoice; ``total`` is how many of its kind wait in all."""

    kind: Literal["approval", "invoice"]
    id: uuid.UUID
    title: str | None
    action: str | None
    amount: Decimal | None
    currency: str
    country: str | None
    who: str | None
    decide_by: datetime | None
    due_date: date | None
    ticket_id: uuid.UUID | None
    total: int


def sums(
    session: Session,
    actor: Actor,
    today: date,
    building_id: uuid.UUID | None = None,
    limit: int = 3,
) -> list[Sum]:
    """The approvals and the invoices that are due first, ``limit`` of each; management only.

    With ``building_id`` those of its tickets. One statement.
    """
    session.info["authorized"] = True
    about = AccessRequest.metadata_
    approvals = (
        select(
            literal("approval").label("kind"),
            AccessRequest.id.label("id"),
            func.coalesce(about["title"].astext, Ticket.title).label("title"),
            AccessRequest.action.label("action"),
            cast(about["amount"].astext, Numeric).label("amount"),
            func.coalesce(about["currency"].astext, "EUR").label("currency"),
            func.coalesce(about["country"].astext, Building.country).label("country"),
            shown_name.label("who"),
            AccessRequest.expires_at.label("decide_by"),
            cast(null(), DateType).label("due_date"),
            AccessRequest.ticket_id.label("ticket_id"),
            func.count().over().label("total"),
        )
        .join(User, User.id == AccessRequest.requested_by_id)
        .outerjoin(Ticket, _ticket_of(AccessRequest))
        .outerjoin(Building, _building_of_ticket())
        .where(waits_for(actor), *([Ticket.building_id == building_id] if building_id else []))
        .order_by(AccessRequest.expires_at.asc().nulls_last(), AccessRequest.id)
        .limit(limit)
        .subquery()
    )
    invoices = (
        select(
            literal("invoice").label("kind"),
            Invoice.id.label("id"),
            Invoice.invoice_number.label("title"),
            cast(null(), AccessRequest.action.type).label("action"),
            Invoice.total_amount.label("amount"),
            Invoice.currency.label("currency"),
            Building.country.label("country"),
            VendorOrg.name.label("who"),
            cast(null(), DateTime(timezone=True)).label("decide_by"),
            Invoice.due_date.label("due_date"),
            Invoice.ticket_id.label("ticket_id"),
            func.count().over().label("total"),
        )
        .join(VendorOrg, VendorOrg.id == Invoice.vendor_org_id)
        .outerjoin(Ticket, _ticket_of(Invoice))
        .outerjoin(Building, _building_of_ticket())
        .where(
            _of_management(actor),
            Invoice.status.in_(UNPAID),
            Invoice.due_date < today,
            *([Ticket.building_id == building_id] if building_id else []),
        )
        .order_by(Invoice.due_date, Invoice.id)
        .limit(limit)
        .subquery()
    )
    rows = session.execute(select(approvals).union_all(select(invoices)))
    return [Sum(**row._mapping) for row in rows]


def _ticket_of(model: type[AccessRequest] | type[Invoice]) -> ColumnElement[bool]:
    return and_(Ticket.property_owner_id == model.property_owner_id, Ticket.id == model.ticket_id)


def _building_of_ticket() -> ColumnElement[bool]:
    return and_(
        Building.property_owner_id == Ticket.property_owner_id,
        Building.id == Ticket.building_id,
    )


def _of_management(actor: Actor) -> ColumnElement[bool]:
    """Invoices of the owner; of their tickets only, where the role is narrowed to buildings."""
    if actor.owner_id is None:
        return false()
    buildings = actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES)
    everywhere = [] if buildings is None else [Ticket.building_id.in_(buildings)]
    return and_(Invoice.property_owner_id == actor.owner_id, *everywhere)
