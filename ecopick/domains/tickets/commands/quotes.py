"""Quotes: offered by vendors, chosen by management, approved where they cost more than a limit."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.property.queries import home_of
from ecopick.domains.tickets.commands.claims import claim, drop_claim, is_pending_claim
from ecopick.domains.tickets.commands.engagement import set_arrival
from ecopick.domains.tickets.commands.quote_approvals import ask_automatically
from ecopick.domains.tickets.commands.quote_ends import end_quote
from ecopick.domains.tickets.events import QuoteOffered
from ecopick.domains.tickets.inputs import RespondAssignment
from ecopick.domains.tickets.lifecycle import (
    RESPOND_WITHIN,
    AssignmentState,
)
from ecopick.domains.tickets.models import Assignment, Quote, Ticket, VendorLink
from ecopick.domains.tickets.policy import open_assignment
from ecopick.domains.tickets.queries.quotes import (
    limits_of,
    lock_desk,
    lock_quote,
    over_limit,
    ticket_of_quote,
    undecided_of,
)
from ecopick.domains.tickets.quote_inputs import OfferQuote, RefuseQuote
from ecopick.domains.tickets.quote_lifecycle import UNDECIDED_QUOTE, QuoteState, quote_moved_on
from ecopick.domains.tickets.quote_policy import QuoteDesk
from ecopick.domains.vendors.queries import is_blocked

# How long a mailed link stays good while management thinks about a price.
THINK_WITHIN = timedelta(days=30)


def offer_quote(session: Session, actor: Actor, ticket_key: Any, data: OfferQuote) -> Quote:
    """Offer a price for a job that the vendor was asked to do, has, or may apply for.

    On an open job where the first one wins this is the application; where management
    compares, one of several. The vendor's earlier undecided quote is replaced. Above the
    owner's limit an approval is asked for at once, unless prices are still compared.
    Raises Conflict ``sign_in_needed`` for the holder of a mailed link above the limit for that.
    """
    desk = lock_desk(session, actor, ticket_key)
    _require_account(session, actor, desk, data)
    if desk.assignment is None and not desk.ticket.collects_quotes:
        window = RespondAssignment(
            accept=True, arrival_from=data.arrival_from, arrival_until=data.arrival_until
        )
        desk = replace(
            desk, assignment=claim(session, actor, desk.ticket, desk.vendor_org_id, window)
        )
    quote: Quote = _offer(session, actor, desk, data)
    if desk.assignment is not None and over_limit(session, desk.ticket, quote):
        ask_automatically(session, Actor.system(quote.property_owner_id, via="quote"), quote)
    return quote


def _require_account(session: Session, actor: Actor, desk: QuoteDesk, data: OfferQuote) -> None:
    """A forwarded link must not be enough to bind a vendor to a large price."""
    if actor.kind != "link":
        return
    limits = limits_of(session, desk.property_owner_id)
    currency = home_of(session, desk.property_owner_id, desk.ticket.building_id).currency
    if limits.needs_sign_in(data.sums().net, currency):
        raise Conflict(
            _("This price is so high that you have to sign in to offer it."),
            code="sign_in_needed",
        )


@command("quote:offer", find=lock_desk, audit_as="ENTITY_CREATED")
def _offer(session: Session, actor: Actor, desk: QuoteDesk, data: OfferQuote) -> Quote:
    ticket = desk.ticket
    if is_blocked(session, ticket.property_owner_id, desk.vendor_org_id):
        raise Conflict(_("This vendor gets no new jobs from this owner."), code="vendor_blocked")
    sums = data.sums()
    if data.valid_until is not None and data.valid_until < clock.now().date():
        raise wrong_field("valid_until", _("Please choose a day in the future."))
    earlier = undecided_of(session, ticket.id, desk.vendor_org_id)
    if earlier is not None:
        end_quote(session, earlier, QuoteState.WITHDRAWN, actor=actor)
    quote = Quote(
        id=new_id(),
        property_owner_id=ticket.property_owner_id,
        ticket_id=ticket.id,
        vendor_org_id=desk.vendor_org_id,
        state=QuoteState.OFFERED,
        currency=home_of(session, ticket.property_owner_id, ticket.building_id).currency,
        net_amount=sums.net,
        tax_rate=data.tax_rate,
        tax_amount=sums.tax,
        total_amount=sums.total,
        line_items=data.stored_lines(),
        valid_until=data.valid_until,
        note=data.note,
        offered_by_id=actor.user_id,
        version=1,
    )
    set_arrival(quote, data)
    session.add(quote)
    session.flush()
    if desk.assignment is not None:
        _hold(session, desk.assignment)
    emit(session, actor, QuoteOffered(quote.property_owner_id, ticket.id, quote.id))
    return quote


def _hold(session: Session, assignment: Assignment) -> None:
    """A price is an answer: the job does not lapse while management thinks about it."""
    if assignment.state != AssignmentState.PENDING or assignment.is_claim:
        return
    assignment.respond_by = None
    _extend(session, assignment, THINK_WITHIN)


def resume_answer(session: Session, ticket: Ticket, assignment: Assignment | None) -> None:
    """The price is off the table: the vendor has to answer the job as before."""
    if assignment is None or assignment.is_claim or assignment.respond_by is not None:
        return
    if assignment.state == AssignmentState.PENDING:
        assignment.respond_by = clock.now() + RESPOND_WITHIN[ticket.priority]
        _extend(session, assignment, RESPOND_WITHIN[ticket.priority])


def _extend(session: Session, assignment: Assignment, left: timedelta) -> None:
    session.execute(
        update(VendorLink)
        .where(VendorLink.assignment_id == assignment.id, VendorLink.revoked_at.is_(None))
        .values(expires_at=clock.now() + left)
        .execution_options(synchronize_session="fetch")
    )


@command("quote:withdraw", find=lock_quote, audit_as="ENTITY_STATUS_CHANGED")
def withdraw_quote(session: Session, actor: Actor, quote: Quote, data: RefuseQuote) -> Quote:
    """Take an undecided quote back. Raises Conflict once it was decided."""
    if quote.state not in UNDECIDED_QUOTE:
        raise quote_moved_on()
    end_quote(session, quote, QuoteState.WITHDRAWN, data.reason, actor)
    let_go(session, actor, quote)
    return quote


@command("quote:decide", find=lock_quote, audit_as="ENTITY_STATUS_CHANGED")
def refuse_quote(session: Session, actor: Actor, quote: Quote, data: RefuseQuote) -> Quote:
    """Refuse an undecided quote, its approval with it. Raises Conflict once it was decided."""
    if quote.state not in UNDECIDED_QUOTE:
        raise quote_moved_on()
    end_quote(session, quote, QuoteState.REFUSED, data.reason, actor)
    let_go(session, actor, quote)
    return quote


def let_go(session: Session, actor: Actor, quote: Quote) -> None:
    """What hung on a quote that is off the table; part of a command.

    A job that was chosen out of several quotes is open again; a job that the vendor was sent
    waits for its answer again. An application of its own stays.
    """
    ticket = ticket_of_quote(session, quote)
    assignment = open_assignment(session, ticket)
    if assignment is None or assignment.vendor_org_id != quote.vendor_org_id:
        return
    if is_pending_claim(assignment) and ticket.collects_quotes:
        drop_claim(session, actor, ticket, assignment)
    else:
        resume_answer(session, ticket, assignment)
