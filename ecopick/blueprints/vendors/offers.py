"""One job of a vendor with its price, for people with an account."""

import uuid
from typing import Any

from flask import Response, request, url_for

from ecopick.blueprints.vendors.pages import pages
from ecopick.core.errors import AppError, NotFound
from ecopick.core.finding import as_id
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.dispatch import respond_dispatch
from ecopick.domains.tickets.commands.quotes import offer_quote, withdraw_quote
from ecopick.domains.tickets.inputs import RespondAssignment
from ecopick.domains.tickets.link_inputs import LinkDecline
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.inbox import note_own_view
from ecopick.domains.tickets.queries.opportunity_links import Standing, standing
from ecopick.domains.tickets.quote_inputs import RefuseQuote
from ecopick.domains.vendors.queries import vendor_names
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.formats import csrf_token, zone_of
from ecopick.web.quote_forms import has_price, quote_page, typed_quote, typed_window
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say


def _standing(ticket_id: str) -> Standing:
    session, actor = db_session(), current_actor()
    found = as_id(ticket_id)
    stand = standing(session, actor, found) if found is not None else None
    if stand is None:
        get_ticket(session, actor, ticket_id)
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return stand


def _page(ticket_id: str, *, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    stand = _standing(ticket_id)
    if stand.item.kind == "open":
        note_own_view(session, actor, stand.item.ticket_id)
    mine: set[uuid.UUID] = set(actor.vendor_org_ids)
    names = vendor_names(session, {stand.item.vendor_org_id} if stand.item.vendor_org_id else mine)
    return render(
        "quotes/job.html",
        here=url_for("vendors.show_offer", ticket_id=stand.item.ticket_id),
        proof=("csrf_token", csrf_token()),
        vendor_name=next(iter(sorted(names.values())), ""),
        back=url_for("vendors.show_inbox"),
        link=False,
        error=error,
        errors=dict(error.fields) if error is not None else {},
        step=request.path.rpartition("/")[2],
        **quote_page(stand, request.form),
    )


@pages.get("/vendor/offers/<ticket_id>")
def show_offer(ticket_id: str) -> Response:
    """The job, and the form for its price."""
    return _page(ticket_id)


@pages.post("/vendor/offers/<ticket_id>/apply")
@refill(_page)
def apply_with_time(ticket_id: str) -> Any:
    """Apply for an open job, with the time and perhaps a price."""
    session, actor = db_session(), current_actor()
    stand = _standing(ticket_id)
    if has_price():
        offer_quote(session, actor, ticket_id, typed_quote(stand.item.time_zone))
    else:
        when = typed_window(zone_of(stand.item.time_zone))
        respond_dispatch(session, actor, ticket_id, RespondAssignment(accept=True, **when))
    say(_("You applied for the job"))
    return see_other(url_for("vendors.show_inbox"))


@pages.post("/vendor/offers/<ticket_id>/quote")
@refill(_page)
def send_offer(ticket_id: str) -> Any:
    """Offer a price."""
    session, actor = db_session(), current_actor()
    stand = _standing(ticket_id)
    offer_quote(session, actor, ticket_id, typed_quote(stand.item.time_zone))
    say(_("Quote sent"))
    return see_other(url_for("vendors.show_offer", ticket_id=ticket_id))


@pages.post("/vendor/offers/<ticket_id>/withdraw")
@refill(_page)
def withdraw_offer(ticket_id: str) -> Any:
    """Take the price back, with a reason."""
    session, actor = db_session(), current_actor()
    stand = _standing(ticket_id)
    reason = bind(LinkDecline).reason
    if stand.quote is not None:
        withdraw_quote(session, actor, stand.quote.id, RefuseQuote(reason=reason))
    say(_("Quote taken back"))
    return see_other(url_for("vendors.show_offer", ticket_id=ticket_id))
