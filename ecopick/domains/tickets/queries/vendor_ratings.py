"""What was said of a vendor's work on one ticket: by management and by whoever reported it."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.domains.people.models import User
from ecopick.domains.people.queries import shown_name
from ecopick.domains.tickets.lifecycle import Rating
from ecopick.domains.tickets.models import TicketRating
from ecopick.domains.vendors.models import VendorPerformance


class OfVendor(Protocol):
    """A ticket with its vendor."""

    @property
    def id(self) -> UUID: ...
    @property
    def property_owner_id(self) -> UUID: ...
    @property
    def vendor_org_id(self) -> UUID | None: ...


@dataclass(frozen=True)
class Verdicts:
    """Both ratings of a vendor's work; None where nobody gave one."""

    stars: int | None
    comment: str | None
    rated_by: str | None
    tenant: Rating | None


def performance_on(session: Session, ticket: OfVendor) -> VendorPerformance | None:
    """The figures of the ticket's vendor on it; None where none were taken."""
    return session.scalars(
        select(VendorPerformance).where(
            VendorPerformance.property_owner_id == ticket.property_owner_id,
            VendorPerformance.vendor_org_id == ticket.vendor_org_id,
            VendorPerformance.ticket_id == ticket.id,
        )
    ).one_or_none()


def verdicts_on(session: Session, ticket: OfVendor) -> Verdicts:
    """Both ratings of the ticket's vendor on a ticket that the reader was found to see."""
    given = performance_on(session, ticket)
    who = given.rated_by_id if given is not None else None
    name = session.scalar(select(shown_name).where(User.id == who)) if who else None
    tenant = session.scalar(
        select(TicketRating.rating).where(
            TicketRating.property_owner_id == ticket.property_owner_id,
            TicketRating.ticket_id == ticket.id,
            TicketRating.vendor_org_id == ticket.vendor_org_id,
        )
    )
    return Verdicts(
        given.rating if given is not None else None,
        given.rating_comment if given is not None else None,
        name,
        tenant,
    )
