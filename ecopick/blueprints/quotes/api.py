"""Prices of vendors over the API; sums are strings."""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import authorize
from ecopick.domains.tickets.commands.quote_choices import accept_quote, keep_limits
from ecopick.domains.tickets.commands.quotes import offer_quote, refuse_quote, withdraw_quote
from ecopick.domains.tickets.models import Quote, Ticket
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.limits import find_owner
from ecopick.domains.tickets.queries.opportunity_links import standing
from ecopick.domains.tickets.queries.quotes import (
    Limits,
    limits_of,
    quote_json,
    quotes_on,
    ticket_of_quote,
)
from ecopick.domains.tickets.quote_inputs import OfferQuote, QuoteLimits, RefuseQuote
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session

api = Blueprint("quotes_api", __name__)


@api.get("/tickets/<ticket_id>/quotes")
def index(ticket_id: str) -> Response:
    """Prices on a ticket: all for management, a vendor's own for its people."""
    session, actor = db_session(), current_actor()
    found = as_id(ticket_id)
    stand = standing(session, actor, found) if found is not None else None
    # An open job is not the vendor's to see but for what the inbox shows of it.
    ticket = (
        get_ticket(session, actor, ticket_id)
        if stand is None or stand.item.kind != "open"
        else session.get_one(Ticket, stand.item.ticket_id)
    )
    offers = [quote_json(offer) for offer in quotes_on(session, actor, ticket)]
    return jsonify(items=offers, next_cursor=None)


@api.post("/tickets/<ticket_id>/quotes")
def offer(ticket_id: str) -> Response:
    """201 with the price that was offered."""
    session, actor = db_session(), current_actor()
    quote = offer_quote(session, actor, ticket_id, bind(OfferQuote))
    return _one(session, actor, quote, 201)


@api.post("/quotes/<quote_id>/accept")
def accept(quote_id: str) -> Response:
    """Take a price; its state is WAITING where it has to be approved first."""
    session, actor = db_session(), current_actor()
    return _one(session, actor, accept_quote(session, actor, quote_id))


@api.post("/quotes/<quote_id>/refuse")
def refuse(quote_id: str) -> Response:
    """Refuse a price."""
    session, actor = db_session(), current_actor()
    return _one(session, actor, refuse_quote(session, actor, quote_id, bind(RefuseQuote)))


@api.post("/quotes/<quote_id>/withdraw")
def withdraw(quote_id: str) -> Response:
    """Take a price back."""
    session, actor = db_session(), current_actor()
    return _one(session, actor, withdraw_quote(session, actor, quote_id, bind(RefuseQuote)))


def _one(session: Session, actor: Actor, quote: Quote, status: int = 200) -> Response:
    offers = quotes_on(session, actor, ticket_of_quote(session, quote))
    shown = next((quote_json(each) for each in offers if each.row.id == quote.id), None)
    if shown is None:
        raise missing(actor, "Quote", quote.id)
    return make_response(jsonify(shown), status)


@api.get("/settings/quotes")
def read_limits() -> Response:
    """The owner's limits for prices."""
    session, actor = db_session(), current_actor()
    owner = find_owner(session, actor, actor.owner_id)
    authorize(session, actor, "quote:settings", owner)
    return _limits(limits_of(session, owner.id))


@api.put("/settings/quotes")
def save_limits() -> Response:
    """Keep the limits; null means never."""
    session, actor = db_session(), current_actor()
    owner = keep_limits(session, actor, str(actor.owner_id), bind(QuoteLimits))
    session.flush()
    return _limits(limits_of(session, owner.id))


def _limits(held: Limits) -> Response:
    def said(value: Any) -> str | None:
        return None if value is None else str(value)

    return jsonify(
        currency=held.currency,
        approval_above=said(held.approval_above),
        sign_in_above=said(held.sign_in_above),
        categories={name: str(limit) for name, limit in held.categories.items()},
    )
