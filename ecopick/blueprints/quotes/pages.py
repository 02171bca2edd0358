"""Choosing prices on the desk, and the owner's limits for them."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from ecopick.blueprints.tickets.sections import section_href, show_ticket
from ecopick.core.categories import CATEGORIES
from ecopick.core.errors import AppError
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.quote_choices import accept_quote, keep_limits
from ecopick.domains.tickets.commands.quotes import refuse_quote
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.limits import find_owner
from ecopick.domains.tickets.queries.quotes import limits_of
from ecopick.domains.tickets.quote_inputs import QuoteLimits, RefuseQuote
from ecopick.domains.tickets.quote_lifecycle import QuoteState
from ecopick.web import labels
from ecopick.web.amounts import shown_number, typed_number
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say

pages = Blueprint("quotes", __name__)


def _again(ticket_id: str, quote_id: str, *, error: AppError) -> Response:
    return show_ticket(ticket_id, error=error, section="vendor")


def _back(ticket_id: str) -> Any:
    ticket = get_ticket(db_session(), current_actor(), ticket_id)
    return see_other(section_href(ticket.id, "vendor"))


@pages.post("/tickets/<ticket_id>/quotes/<quote_id>/accept")
@refill(_again)
def accept(ticket_id: str, quote_id: str) -> Any:
    """Take a price, or have it approved first where it is above the limit."""
    quote = accept_quote(db_session(), current_actor(), quote_id)
    waits = quote.state is QuoteState.WAITING
    say(_("Sent for approval") if waits else _("Quote accepted"))
    return _back(ticket_id)


@pages.post("/tickets/<ticket_id>/quotes/<quote_id>/refuse")
@refill(_again)
def refuse(ticket_id: str, quote_id: str) -> Any:
    """Refuse a price, perhaps with a reason."""
    refuse_quote(db_session(), current_actor(), quote_id, bind(RefuseQuote))
    say(_("Quote refused"))
    return _back(ticket_id)


@pages.get("/settings/quotes")
def show_limits() -> Response:
    """From which price on somebody else approves, and a vendor signs in."""
    return _limits()


def _limits(*, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    owner = find_owner(session, actor, actor.owner_id)
    authorize(session, actor, "quote:settings", owner)
    held = limits_of(session, owner.id)
    kept = {
        "approval_above": shown_number(held.approval_above, money=True),
        "sign_in_above": shown_number(held.sign_in_above, money=True),
        **{
            f"category-{name}": shown_number(limit, money=True)
            for name, limit in held.categories.items()
        },
    }
    return render(
        "quotes/limits.html",
        nav_current="vendors",
        currency=held.currency,
        categories=[(name, labels.label(name, "Category")) for name in CATEGORIES],
        own_limits=bool(held.categories),
        typed=kept if error is None else request.form,
        error=error,
        errors=dict(error.fields) if error is not None else {},
    )


@pages.post("/settings/quotes")
@refill(_limits)
def save_limits() -> Any:
    """Keep the limits."""
    session, actor = db_session(), current_actor()
    source = {
        "approval_above": _sum("approval_above"),
        "sign_in_above": _sum("sign_in_above"),
        "categories": {
            name: found for name in CATEGORIES if (found := _sum(f"category-{name}")) is not None
        },
    }
    keep_limits(session, actor, str(actor.owner_id), bind(QuoteLimits, source=source))
    say(_("Saved"))
    return see_other(url_for("quotes.show_limits"))


def _sum(name: str) -> Any:
    text = request.form.get(name, "").strip()
    return typed_number(text) if text else None
