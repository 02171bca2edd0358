"""Who reads, writes, approves and pays invoices, and who keeps rates."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.core.roles import MANAGEMENT_ROLES, MembershipRole
from ecopick.domains.billing.lifecycle import PRIVATE, InvoiceSource
from ecopick.domains.billing.models import BillingRate, Invoice
from ecopick.domains.tickets.models import Ticket

PAYERS = frozenset({MembershipRole.PROPERTY_OWNER, MembershipRole.BUILDING_MANAGER})
SETTINGS = "billing"


@dataclass(frozen=True)
class InvoiceDesk:
    """Where an invoice is written: by which vendor, to which owner, about which ticket."""

    property_owner_id: uuid.UUID
    vendor_org_id: uuid.UUID
    ticket_id: uuid.UUID | None = None
    building_id: uuid.UUID | None = None


@dataclass(frozen=True)
class RateDesk:
    """For whom a rate is kept: a vendor, and with an owner as agreed with it."""

    vendor_org_id: uuid.UUID
    property_owner_id: uuid.UUID | None


def building_of(session: Session, subject: Any) -> uuid.UUID | None:
    """The building that an invoice, or a ticket, is about; None for the owner as a whole."""
    if not isinstance(subject, Invoice):
        found: uuid.UUID | None = subject.building_id
        return found
    if subject.ticket_id is None:
        return None
    return session.scalar(
        select(Ticket.building_id).where(
            Ticket.property_owner_id == subject.property_owner_id, Ticket.id == subject.ticket_id
        )
    )


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Invoices of one's vendor; to management those of its buildings, once they are sent."""
    if actor.kind == "system":
        return Invoice.property_owner_id.in_(actor.owner_ids)
    own = Invoice.vendor_org_id.in_(actor.vendor_org_ids)
    if actor.owner_id is None or actor.kind == "link":
        return own
    buildings = actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES)
    if buildings == frozenset():
        return own
    reach = and_(
        Invoice.property_owner_id == actor.owner_id,
        or_(Invoice.status.not_in(PRIVATE), Invoice.source == InvoiceSource.RECEIVED),
    )
    if buildings is not None:
        of_buildings = select(Ticket.id).where(
            Ticket.property_owner_id == actor.owner_id, Ticket.building_id.in_(buildings)
        )
        reach = and_(reach, Invoice.ticket_id.in_(of_buildings))
    return or_(own, reach)


def rates_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Rates of one's vendor; to management of the owner also those of all its vendors."""
    own = BillingRate.vendor_org_id.in_(actor.vendor_org_ids)
    if actor.owner_id is None or not manages_anything(actor):
        return own
    agreed = BillingRate.property_owner_id == actor.owner_id
    return or_(own, BillingRate.property_owner_id.is_(None), agreed)


def manages_anything(actor: Actor) -> bool:
    """Whether the actor holds a management role of the owner being acted for."""
    return actor.owner_id is not None and (
        actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES) != frozenset()
    )


def limit_of(settings: Mapping[str, Any]) -> str | None:
    """Above which total two people approve, as an owner's settings say; None for never."""
    found = (settings.get(SETTINGS) or {}).get("two_approvals_above", "1000.00")
    return None if found is None else str(found)


def is_private(invoice: Invoice) -> bool:
    """Whether it is still the vendor's own business."""
    return invoice.status in PRIVATE and invoice.source is not InvoiceSource.RECEIVED


@policy("billing:view", "billing:dispute", name="management")
def management(session: Session, actor: Actor, subject: Any) -> bool:
    """Management roles that count for the ticket's building, for invoices that were sent."""
    if isinstance(subject, Invoice) and is_private(subject):
        return False
    return actor.kind == "user" and actor.is_management(
        subject.property_owner_id, building_of(session, subject)
    )


@policy("billing:view", "billing:submit", name="vendor")
def of_vendor(session: Session, actor: Actor, subject: Any) -> bool:
    """People of the vendor that bills."""
    if not isinstance(subject, (Invoice, InvoiceDesk)):
        return False
    return subject.vendor_org_id in actor.vendor_org_ids


@policy("billing:submit", name="received")
def took_in(session: Session, actor: Actor, subject: Any) -> bool:
    """Management, while what it took in is a draft."""
    taken = isinstance(subject, Invoice) and subject.source is InvoiceSource.RECEIVED
    return taken and subject.status in PRIVATE and receives(session, actor, subject)


@policy("billing:approve", name="management")
def approves(session: Session, actor: Actor, subject: Any) -> bool:
    """Management of the building, but for people of the vendor and whoever sent it in."""
    if not management(session, actor, subject):
        return False
    if getattr(subject, "submitted_by_id", None) == actor.user_id:
        return False
    return getattr(subject, "vendor_org_id", None) not in actor.vendor_org_ids


@policy("billing:pay", name="payer")
def pays(session: Session, actor: Actor, subject: Any) -> bool:
    """PROPERTY_OWNER or BUILDING_MANAGER of the building, who is not of the vendor."""
    held = actor.staff_roles(subject.property_owner_id, building_of(session, subject))
    foreign = getattr(subject, "vendor_org_id", None) not in actor.vendor_org_ids
    return actor.kind == "user" and foreign and bool(held & PAYERS)


@policy("billing:receive", name="management")
def receives(session: Session, actor: Actor, subject: Any) -> bool:
    """Management that takes in what came by other ways: it counts as sent by the vendor."""
    return actor.kind == "user" and actor.is_management(
        subject.property_owner_id, building_of(session, subject)
    )


@policy("billing:rates", name="own")
def keeps_own_rates(session: Session, actor: Actor, subject: RateDesk | BillingRate) -> bool:
    """VENDOR_ADMIN, for the vendor's own prices."""
    return subject.property_owner_id is None and any(
        m.role is MembershipRole.VENDOR_ADMIN and m.vendor_org_id == subject.vendor_org_id
        for m in actor.memberships
    )


@policy("billing:rates", name="agreed")
def keeps_agreed_rates(session: Session, actor: Actor, subject: RateDesk | BillingRate) -> bool:
    """Management of the whole owner, for what it agreed with a vendor."""
    owner_id = subject.property_owner_id
    return owner_id is not None and actor.kind == "user" and actor.is_management(owner_id)


@policy("billing:settings", name="management")
def keeps_settings(session: Session, actor: Actor, subject: Any) -> bool:
    """PROPERTY_OWNER or BUILDING_MANAGER of the whole owner."""
    return actor.kind == "user" and bool(actor.staff_roles(subject.id) & PAYERS)


@policy("billing:details", name="vendor")
def keeps_details(session: Session, actor: Actor, subject: Any) -> bool:
    """People of the vendor, for what its invoices say of it."""
    return subject.id in actor.vendor_org_ids


@policy("billing:list", name="reader")
def lists(session: Session, actor: Actor, subject: Any) -> bool:
    """Management and people of vendors; a list holds only what each may see."""
    return bool(actor.vendor_org_ids) or manages_anything(actor)
