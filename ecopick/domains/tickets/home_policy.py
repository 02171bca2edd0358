"""What people of a home may do with the requests about it."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.domains.tickets.models import Ticket, TicketStakeholder
from ecopick.domains.tickets.outside import reports_by_link
from ecopick.domains.tickets.policy import lives_there, may_see


@policy("ticket:share_at_home", "ticket:rate", name="reporter")
def reporter_decides(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whoever reported it."""
    return ticket.reporter_id == actor.user_id


@policy("ticket:rate", name="request_link")
def link_rates(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whoever holds the private link of the report."""
    return reports_by_link(actor, ticket)


@policy("ticket:follow", "ticket:unfollow", name="household")
def household(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """People of the unit, as long as whoever reported it shares it with them."""
    return (
        ticket.reporter_id != actor.user_id
        and lives_there(actor, ticket)
        and may_see(session, actor, ticket)
    )


@policy("ticket:unfollow", name="household_follower")
def household_follower(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whoever follows it as somebody of the home, also after they moved out."""
    return follows_at_home(session, actor, ticket.id)


def follows_at_home(session: Session, actor: Actor, ticket_id: uuid.UUID) -> bool:
    """Whether the actor follows a ticket as somebody of the home, the present one or a past one."""
    row = select(TicketStakeholder.id).where(
        TicketStakeholder.ticket_id == ticket_id,
        TicketStakeholder.user_id == actor.user_id,
        TicketStakeholder.removed_at.is_(None),
        TicketStakeholder.of_household,
    )
    return session.scalar(row) is not None
