"""Open jobs: published to vendors, withdrawn, given to whoever applied."""

import uuid
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.tickets.commands import claims
from ecopick.domains.tickets.commands.claims import claim, refuse_claim
from ecopick.domains.tickets.commands.engagement import disengage, move, triage_implicitly
from ecopick.domains.tickets.commands.quote_choices import accept_quote
from ecopick.domains.tickets.commands.quote_ends import close_offers
from ecopick.domains.tickets.events import OpportunityPublished, QuotesDue
from ecopick.domains.tickets.inputs import PublishOpportunity
from ecopick.domains.tickets.lifecycle import (
    Action,
    AssignmentState,
    TicketStatus,
    illegal_transition,
)
from ecopick.domains.tickets.models import Assignment, Quote, Ticket
from ecopick.domains.tickets.policy import open_assignment
from ecopick.domains.tickets.queries.find import fresh_assignment, lock_ticket
from ecopick.domains.tickets.queries.quotes import undecided_of
from ecopick.domains.tickets.quote_lifecycle import UNDECIDED_QUOTE


def publish_opportunity(
    session: Session, actor: Actor, key: Any, data: PublishOpportunity
) -> Ticket:
    """Open the job to vendors until a deadline, or withdraw it.

    With ``collect_quotes`` they offer prices to be compared; else the first one who applies
    is proposed.
    """
    ticket = lock_ticket(session, actor, getattr(key, "id", key))
    if not data.open:
        return withdraw(session, actor, ticket)
    return _publish(session, actor, ticket, data)


@command("ticket:publish_opportunity", find=lock_ticket, audit_as="STATUS_CHANGED")
def _publish(session: Session, actor: Actor, ticket: Ticket, data: PublishOpportunity) -> Ticket:
    deadline = data.vendor_deadline
    if deadline is not None and (deadline.tzinfo is None or deadline <= clock.now()):
        raise wrong_field("vendor_deadline", _("The deadline must lie in the future."))
    assignment = open_assignment(session, ticket)
    if assignment is not None and assignment.state == AssignmentState.ACCEPTED:
        raise illegal_transition()
    triage_implicitly(session, actor, ticket, source="publish")
    disengage(session, ticket, AssignmentState.CANCELLED)
    move(session, actor, ticket, Action.PUBLISH)
    ticket.open_to_vendors = True
    ticket.vendor_deadline = deadline
    ticket.collects_quotes = data.collect_quotes
    ticket.quotes_told_at = None
    emit(session, actor, OpportunityPublished(ticket.property_owner_id, ticket.id))
    return ticket


@command("ticket:publish_opportunity", find=lock_ticket, audit_as="STATUS_CHANGED")
def withdraw(session: Session, actor: Actor, ticket: Ticket) -> Ticket:
    """Close the open job again; the ticket returns to TRIAGED, and no price is taken."""
    move(session, actor, ticket, Action.WITHDRAW)
    ticket.open_to_vendors = False
    ticket.vendor_deadline = None
    close_offers(session, ticket)
    return ticket


def withdraw_lapsed(session: Session, actor: Actor, ticket_id: uuid.UUID) -> bool:
    """What the deadline of an open job brings; False if nothing is to do.

    Without an application it is withdrawn. Where there are prices to compare management is
    told once that their time is over, and chooses.
    """
    ticket = lock_ticket(session, actor, ticket_id)
    lapsed = ticket.vendor_deadline is not None and ticket.vendor_deadline <= clock.now()
    if ticket.status != TicketStatus.VENDOR_OPPORTUNITY or not lapsed:
        return False
    if not _has_offers(session, ticket):
        withdraw(session, actor, ticket)
        return True
    if ticket.quotes_told_at is not None:
        return False
    _tell_due(session, actor, ticket)
    return True


def _has_offers(session: Session, ticket: Ticket) -> bool:
    offered = exists().where(Quote.ticket_id == ticket.id, Quote.state.in_(UNDECIDED_QUOTE))
    return bool(session.scalar(select(offered)))


@command("ticket:publish_opportunity", find=lock_ticket)
def _tell_due(session: Session, actor: Actor, ticket: Ticket) -> None:
    ticket.quotes_told_at = clock.now()
    emit(session, actor, QuotesDue(ticket.property_owner_id, ticket.id))


def confirm_claim(session: Session, actor: Actor, key: Any) -> Assignment:
    """Give the job to the vendor that applied for it; the work begins.

    Where it named a price this is accepted with it, and above the owner's limit the job
    waits for an approval instead: the assignment is still PENDING then.
    """
    ticket = lock_ticket(session, actor, getattr(key, "id", key))
    assignment = claims.claimed(session, ticket)
    offered = (
        undecided_of(session, ticket.id, assignment.vendor_org_id)
        if assignment.vendor_org_id is not None
        else None
    )
    if offered is None:
        return claims.confirm(session, actor, ticket)
    accept_quote(session, actor, offered)
    return fresh_assignment(session, ticket.id, assignment.id)


__all__ = [
    "claim",
    "confirm_claim",
    "publish_opportunity",
    "refuse_claim",
    "withdraw",
    "withdraw_lapsed",
]
