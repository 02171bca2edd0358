"""Quotes that end with something else: the job went to others, or was given up."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.events import emit
from ecopick.domains.governance.commands.approvals import cancel_approval
from ecopick.domains.governance.lifecycle import UNDECIDED
from ecopick.domains.governance.models import AccessRequest
from ecopick.domains.tickets.events import QuoteRefused, QuoteWithdrawn
from ecopick.domains.tickets.models import Quote, Ticket
from ecopick.domains.tickets.quote_lifecycle import (
    LIVE_QUOTE,
    UNDECIDED_QUOTE,
    QuoteState,
    settle_quote,
)


def end_quotes(
    session: Session, ticket: Ticket, vendor_org_id: uuid.UUID | None, *, by_vendor: bool = False
) -> None:
    """End what a vendor offered, accepted or not, as its job ends; part of a command."""
    if vendor_org_id is None:
        return
    for quote in session.scalars(
        select(Quote).where(
            Quote.ticket_id == ticket.id,
            Quote.vendor_org_id == vendor_org_id,
            Quote.state.in_(LIVE_QUOTE),
        )
    ):
        end_quote(session, quote, QuoteState.WITHDRAWN if by_vendor else QuoteState.REFUSED)


def close_offers(session: Session, ticket: Ticket, keep: uuid.UUID | None = None) -> None:
    """Refuse every undecided quote but those of the vendor that has the job; part of a command."""
    for quote in session.scalars(
        select(Quote).where(Quote.ticket_id == ticket.id, Quote.state.in_(UNDECIDED_QUOTE))
    ):
        if quote.vendor_org_id != keep:
            end_quote(session, quote, QuoteState.REFUSED)


def end_quote(
    session: Session,
    quote: Quote,
    state: QuoteState,
    reason: str | None = None,
    actor: Actor | None = None,
) -> None:
    """Refuse or withdraw one quote, its approval with it, and tell the other side."""
    system = Actor.system(quote.property_owner_id)
    before = quote.state
    settle_quote(quote, state)
    quote.decided_at = clock.now()
    quote.decided_by_id = actor.audit_user_id if actor is not None else None
    quote.reason = reason
    # The row must no longer wait when the approval's end is told.
    session.flush()
    if before is QuoteState.WAITING:
        cancel_waiting(session, system, quote)
    event = QuoteWithdrawn if state is QuoteState.WITHDRAWN else QuoteRefused
    emit(
        session,
        actor or system,
        event(quote.property_owner_id, quote.ticket_id, quote.id, before.value),
    )


def cancel_waiting(session: Session, system: Actor, quote: Quote) -> None:
    """Take back the approval that a quote waited for, unless it was decided."""
    status = session.scalar(
        select(AccessRequest.status).where(AccessRequest.id == quote.approval_id)
    )
    if status in UNDECIDED:
        cancel_approval(session, system, quote.approval_id)
