"""What people without an account may do: report, follow, and tend their own report."""

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.domains.property.models import Building, PropertyOwner
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import RequestLink, Ticket
from ecopick.domains.tickets.outside import FOLLOWER_LINK, FORM, MAIL, reports_by_link


@policy("request:submit", name="public_form")
def public_form(session: Session, actor: Actor, building: Building) -> bool:
    """Anybody, at the public form of a building, whose owner has not switched it off, or by
    mail to the building's address."""
    return (
        actor.kind == "public"
        and actor.via in (FORM, MAIL)
        and building.property_owner_id == actor.owner_id
    )


@policy("request:follow", name="public_form")
def follows_neighbour(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Anybody, at the public form of the building that the request is about."""
    return (
        actor.kind == "public" and actor.via == FORM and ticket.property_owner_id == actor.owner_id
    )


@policy("request:leave", name="follower_link")
def follower_link(session: Session, actor: Actor, link: RequestLink) -> bool:
    """A neighbour who follows by a private link."""
    return (
        actor.kind == "public" and actor.via == FOLLOWER_LINK and actor.ticket_id == link.ticket_id
    )


@policy(
    "ticket:comment",
    "ticket:attach",
    "ticket:close",
    "ticket:reopen",
    name="request_link",
)
def request_link(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whoever holds the private link of the report."""
    return reports_by_link(actor, ticket)


@policy("ticket:cancel", name="request_link_early")
def request_link_early(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whoever holds the private link of the report, while it is new or triaged."""
    early = ticket.status in (TicketStatus.NEW, TicketStatus.TRIAGED)
    return early and reports_by_link(actor, ticket)


@policy("request_form:manage", name="owner_management")
def owner_management(session: Session, actor: Actor, owner: PropertyOwner) -> bool:
    """Management roles for the whole owner: the form is that of all its buildings."""
    return actor.owner_id == owner.id and actor.is_management(owner.id)
