"""What people of a home do with the requests about it: share, follow, rate."""

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.tenancy import NOBODY_ID
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.events import StakeholderAdded, StakeholderRemoved, TicketUpdated
from ecopick.domains.tickets.home_inputs import RateOutcome, ShareAtHome
from ecopick.domains.tickets.lifecycle import TERMINAL, TicketStatus
from ecopick.domains.tickets.models import (
    StakeholderRole,
    Ticket,
    TicketRating,
    TicketStakeholder,
)
from ecopick.domains.tickets.queries.find import lock_ticket
from ecopick.domains.tickets.queries.household import (
    household_followers,
    lock_followed,
    participation,
    rating_row,
)

RATED = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})


@command("ticket:share_at_home", find=lock_ticket, audit_as="TICKET_UPDATED")
def share_at_home(session: Session, actor: Actor, ticket: Ticket, data: ShareAtHome) -> Ticket:
    """Show the request to the people of the same home, or to them no longer.

    Those of them who follow it stop doing so when it is not shared any more.
    """
    ticket.shared_at_home = data.shared
    if not data.shared:
        for row in household_followers(session, ticket):
            row.removed_at = clock.now()
    emit(session, actor, TicketUpdated(ticket.property_owner_id, ticket.id))
    return ticket


@command("ticket:follow", find=lock_ticket, audit_as="STAKEHOLDER_ADDED")
def follow_ticket(session: Session, actor: Actor, ticket: Ticket) -> TicketStakeholder:
    """Hear of what happens with a request about one's own home. Closed ones are refused."""
    if ticket.status in TERMINAL:
        raise Conflict(_("This request is closed; nothing can be added."), code="terminal")
    row = participation(session, actor, ticket)
    if row is None:
        row = TicketStakeholder(
            id=new_id(),
            property_owner_id=ticket.property_owner_id,
            ticket_id=ticket.id,
            user_id=actor.user_id,
            role=StakeholderRole.OBSERVER,
            of_household=True,
            added_by_id=actor.user_id,
            added_at=clock.now(),
        )
        session.add(row)
    elif row.removed_at is None:
        return row
    else:
        row.role, row.added_by_id = StakeholderRole.OBSERVER, actor.user_id
        row.of_household = True
        row.can_view, row.can_comment, row.can_edit, row.can_resolve = True, True, False, False
        row.added_at, row.removed_at = clock.now(), None
    note(session, user_id=actor.user_id, role=row.role)
    emit(session, actor, StakeholderAdded(ticket.property_owner_id, ticket.id, actor.user_id))
    return row


@command("ticket:unfollow", find=lock_followed, audit_as="STAKEHOLDER_REMOVED")
def unfollow_ticket(session: Session, actor: Actor, ticket: Ticket) -> Ticket:
    """Hear of it no longer, also after moving out; what somebody else gave them stays."""
    row = participation(session, actor, ticket)
    if row is not None and row.removed_at is None and row.of_household:
        row.removed_at = clock.now()
        note(session, user_id=actor.user_id)
        gone = StakeholderRemoved(ticket.property_owner_id, ticket.id, actor.user_id)
        emit(session, actor, gone)
    return ticket


@command("ticket:rate", find=lock_ticket, audit_as="TICKET_UPDATED")
def rate_outcome(session: Session, actor: Actor, ticket: Ticket, data: RateOutcome) -> TicketRating:
    """Say how the outcome is; a second rating replaces the first. Open requests are refused."""
    if ticket.status not in RATED:
        raise Conflict(_("This can be rated once the work is done."), code="not_done")
    row = rating_row(session, ticket)
    if row is None:
        row = TicketRating(
            id=new_id(),
            property_owner_id=ticket.property_owner_id,
            ticket_id=ticket.id,
            rating=data.rating,
        )
        session.add(row)
    row.rating = data.rating
    row.user_id = actor.user_id if actor.user_id != NOBODY_ID else None
    row.vendor_org_id = ticket.vendor_org_id
    emit(session, actor, TicketUpdated(ticket.property_owner_id, ticket.id))
    return row
