"""Choosing a quote: at once up to the owner's limit, above it once somebody else approved."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.governance.lifecycle import AccessRequestStatus
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.commands import claims
from ecopick.domains.tickets.commands.engagement import move
from ecopick.domains.tickets.commands.quote_approvals import ask
from ecopick.domains.tickets.commands.quote_ends import close_offers, end_quote
from ecopick.domains.tickets.commands.quotes import let_go
from ecopick.domains.tickets.commands.visits import begin_visit
from ecopick.domains.tickets.events import AssignmentAccepted, QuoteAccepted
from ecopick.domains.tickets.lifecycle import (
    WAITING,
    Action,
    AssignmentState,
    TicketStatus,
    illegal_transition,
    settle,
)
from ecopick.domains.tickets.models import Assignment, Quote, Ticket
from ecopick.domains.tickets.policy import open_assignment
from ecopick.domains.tickets.queries.find import fresh_assignment
from ecopick.domains.tickets.queries.limits import lock_owner_limits
from ecopick.domains.tickets.queries.quotes import (
    SETTINGS,
    has_lapsed,
    lock_quote,
    over_limit,
    quote_of,
    ticket_of_quote,
)
from ecopick.domains.tickets.queries.visits import open_visit
from ecopick.domains.tickets.quote_inputs import QuoteLimits
from ecopick.domains.tickets.quote_lifecycle import (
    QuoteState,
    quote_moved_on,
    settle_quote,
    waits_for_approval,
)


def accept_quote(session: Session, actor: Actor, key: Any) -> Quote:
    """Take a price. Above the owner's limit it waits for somebody else's approval first.

    Raises Conflict where the quote was decided, no longer holds, or the job went elsewhere.
    """
    quote = lock_quote(session, actor, getattr(key, "id", key))
    if quote.state is QuoteState.WAITING:
        raise waits_for_approval()
    if over_limit(session, ticket_of_quote(session, quote), quote):
        chosen: Quote = _choose(session, actor, quote)
        return chosen
    taken: Quote = _accept(session, actor, quote)
    return taken


@command("quote:decide", find=lock_quote, audit_as="ENTITY_STATUS_CHANGED")
def _choose(session: Session, actor: Actor, quote: Quote) -> Quote:
    """Ask for the approval; a job that compares prices waits for it with this vendor."""
    ticket = ticket_of_quote(session, quote)
    if _job_of(session, ticket, quote) is None:
        claims.place_claim(session, actor, ticket, quote.vendor_org_id, announce=False)
    ask(session, actor, quote)
    return quote


@command("quote:decide", find=lock_quote, audit_as="ENTITY_STATUS_CHANGED")
def _accept(session: Session, actor: Actor, quote: Quote) -> Quote:
    quote.accepted_by_id = actor.audit_user_id
    _take(session, actor, quote)
    return quote


def _job_of(session: Session, ticket: Ticket, quote: Quote) -> Assignment | None:
    """The job of the quote's vendor; None for an open one. Raises Conflict for any other."""
    if quote.state not in (QuoteState.OFFERED, QuoteState.WAITING):
        raise quote_moved_on()
    if has_lapsed(quote):
        raise Conflict(
            _("This quote no longer holds. Please ask for a new one."), code="quote_lapsed"
        )
    assignment = open_assignment(session, ticket)
    if assignment is None and ticket.status is TicketStatus.VENDOR_OPPORTUNITY:
        return None
    if assignment is None or assignment.vendor_org_id != quote.vendor_org_id:
        raise illegal_transition()
    return fresh_assignment(session, ticket.id, assignment.id)


def _take(session: Session, actor: Actor, quote: Quote) -> None:
    """The price holds from now on and the vendor has the job; part of a command."""
    ticket = ticket_of_quote(session, quote)
    assignment = _job_of(session, ticket, quote)
    agreed = quote_of(session, quote.property_owner_id, ticket.id, quote.vendor_org_id)
    if agreed is not None and agreed.state is QuoteState.ACCEPTED:
        settle_quote(agreed, QuoteState.WITHDRAWN)
        session.flush()
    settle_quote(quote, QuoteState.ACCEPTED)
    quote.decided_at = clock.now()
    quote.decided_by_id = actor.audit_user_id
    session.flush()
    if assignment is None:
        assignment = claims.place_claim(session, actor, ticket, quote.vendor_org_id, announce=False)
    in_time = quote.arrival_until is not None and quote.arrival_until > clock.now()
    # Where times are being arranged already, those count and not the quote's.
    if assignment.arrival_from is None and in_time and not open_visit(session, assignment.id):
        assignment.arrival_from = quote.arrival_from
        assignment.arrival_until = quote.arrival_until
    if claims.is_pending_claim(assignment):
        claims.confirm(session, actor, ticket)
    elif assignment.state == AssignmentState.PENDING:
        _begin(session, actor, ticket, assignment, quote)
    elif not open_visit(session, assignment.id):
        begin_visit(session, actor, assignment, told=False)
    close_offers(session, ticket, keep=quote.vendor_org_id)
    emit(session, actor, QuoteAccepted(quote.property_owner_id, ticket.id, quote.id))


def _begin(
    session: Session, actor: Actor, ticket: Ticket, assignment: Assignment, quote: Quote
) -> None:
    """Who was sent a job and answered with a price has taken it once the price is accepted."""
    settle(assignment, AssignmentState.ACCEPTED)
    assignment.responded_at = clock.now()
    assignment.responded_by_id = quote.offered_by_id
    claims.engage_people(session, actor, ticket, assignment)
    begin_visit(session, actor, assignment)
    if ticket.status in WAITING:
        ticket.resume_status = TicketStatus.IN_PROGRESS
        ticket.version += 1
    else:
        move(session, actor, ticket, Action.ACCEPT)
    ticket.open_to_vendors = False
    emit(session, actor, AssignmentAccepted(ticket.property_owner_id, ticket.id, assignment.id))


@command("system:quotes", find=lock_quote, audit_as="ENTITY_STATUS_CHANGED")
def settle_approval(
    session: Session,
    system: Actor,
    quote: Quote,
    status: AccessRequestStatus,
    decided_by_id: uuid.UUID | None,
    reason: str | None,
) -> bool:
    """What the end of an approval means for its quote; False where it no longer waits.

    Approved: it is accepted. Rejected: refused with the reason. Lapsed or taken back: it is
    on the table as before, and a job that compared prices is open again.
    """
    if quote.state is not QuoteState.WAITING:
        return False
    note(session, approval_id=quote.approval_id, approval=status)
    if status is AccessRequestStatus.APPROVED and not has_lapsed(quote):
        _take(session, system, quote)
        quote.decided_by_id = decided_by_id
    elif status is AccessRequestStatus.REJECTED:
        end_quote(session, quote, QuoteState.REFUSED, reason)
        quote.decided_by_id = decided_by_id
        let_go(session, system, quote)
    else:
        settle_quote(quote, QuoteState.OFFERED)
        session.flush()
        let_go(session, system, quote)
    return True


@command("quote:settings", find=lock_owner_limits, audit_as="ENTITY_UPDATED")
def keep_limits(
    session: Session, actor: Actor, owner: PropertyOwner, data: QuoteLimits
) -> PropertyOwner:
    """Keep the owner's limits for quotes."""
    mine: dict[str, Any] = {
        "approval_above": _text(data.approval_above),
        "sign_in_above": _text(data.sign_in_above),
        "categories": {name: str(limit) for name, limit in sorted(data.categories.items())},
    }
    owner.settings = {**owner.settings, SETTINGS: mine}
    return owner


def _text(value: object) -> str | None:
    return None if value is None else str(value)
