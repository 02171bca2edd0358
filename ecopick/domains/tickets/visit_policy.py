"""Who arranges visits, and who works on them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.lifecycle import AssignmentState
from ecopick.domains.tickets.models import Assignment, Ticket, VendorLink
from ecopick.domains.tickets.outside import reports_by_link
from ecopick.domains.tickets.policy import is_assignee

# How a technician with a narrower link comes in; kept in the audit log.
SUBLINK = "vendor_sublink"


def _ticket(session: Session, assignment: Assignment) -> Ticket:
    return session.scalars(select(Ticket).where(Ticket.id == assignment.ticket_id)).one()


@policy("visit:arrange", "visit:work", name="accepted_vendor")
def accepted_vendor(session: Session, actor: Actor, assignment: Assignment) -> bool:
    """People of the vendor that has accepted the job."""
    return (
        assignment.vendor_org_id is not None
        and assignment.state is AssignmentState.ACCEPTED
        and is_assignee(actor, assignment)
    )


@policy("visit:answer", name="reporter")
def reporter(session: Session, actor: Actor, assignment: Assignment) -> bool:
    """Whoever reported the request."""
    return _ticket(session, assignment).reporter_id == actor.user_id


@policy("visit:answer", name="request_link")
def request_link(session: Session, actor: Actor, assignment: Assignment) -> bool:
    """Whoever holds the private link of the report."""
    return reports_by_link(actor, _ticket(session, assignment))


@policy("visit:answer", name="management")
def management(session: Session, actor: Actor, assignment: Assignment) -> bool:
    """Management of the building, for somebody who phoned."""
    ticket = _ticket(session, assignment)
    return actor.is_management(ticket.property_owner_id, ticket.building_id)


@policy("visit:give_link", "visit:renew_link", name="link_holder")
def link_holder(session: Session, actor: Actor, link: VendorLink) -> bool:
    """The recipient of the mailed link, not a technician whom they sent."""
    return actor.via != SUBLINK and actor.user_id == link.recipient_id


@policy("visit:checklists", name="management")
def keeps_checklists(session: Session, actor: Actor, owner: PropertyOwner) -> bool:
    """Management of the whole owner."""
    return actor.kind == "user" and actor.is_management(owner.id)
