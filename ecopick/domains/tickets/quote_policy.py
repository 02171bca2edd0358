"""Who offers quotes, sees them and decides on them."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.core.roles import MANAGEMENT_ROLES
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.models import Assignment, Quote, Ticket
from ecopick.domains.tickets.policy import in_buildings_of


@dataclass(frozen=True)
class QuoteDesk:
    """Where a quote is offered: on a job that the vendor was asked to do or applied for, or,
    without ``assignment``, on one that is open to vendors. The ticket is locked."""

    ticket: Ticket
    vendor_org_id: uuid.UUID
    assignment: Assignment | None

    @property
    def property_owner_id(self) -> uuid.UUID:
        """Whose job it is."""
        return self.ticket.property_owner_id


def quotes_visible_to(actor: Actor) -> ColumnElement[bool]:
    """In SQL: quotes of one's vendor; to management those for its buildings."""
    if actor.kind == "system":
        return Quote.property_owner_id.in_(actor.owner_ids)
    own = Quote.vendor_org_id.in_(actor.vendor_org_ids)
    if actor.kind != "user" or actor.owner_id is None:
        return own
    managed = select(Ticket.id).where(in_buildings_of(actor, MANAGEMENT_ROLES))
    return or_(own, and_(Quote.property_owner_id == actor.owner_id, Quote.ticket_id.in_(managed)))


@policy("quote:offer", "quote:withdraw", name="vendor")
def of_vendor(session: Session, actor: Actor, subject: QuoteDesk | Quote) -> bool:
    """People of the vendor that offers it."""
    return subject.vendor_org_id in actor.vendor_org_ids


def building_of(session: Session, subject: Any) -> uuid.UUID | None:
    """The building of what a quote is for, or of a thing that names one itself."""
    if not isinstance(subject, Quote):
        found: uuid.UUID | None = subject.building_id
        return found
    return session.scalar(select(Ticket.building_id).where(Ticket.id == subject.ticket_id))


@policy("quote:decide", name="management")
def management_decides(session: Session, actor: Actor, quote: Any) -> bool:
    """Management of the building, but for people of the vendor itself."""
    return (
        actor.kind == "user"
        and actor.is_management(quote.property_owner_id, building_of(session, quote))
        and quote.vendor_org_id not in actor.vendor_org_ids
    )


@policy("quote:settings", name="management")
def keeps_limits(session: Session, actor: Actor, owner: PropertyOwner) -> bool:
    """Management of all of the owner's buildings."""
    return actor.kind == "user" and actor.is_management(owner.id)
