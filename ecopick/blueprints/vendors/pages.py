"""The vendor's inbox as a page."""

from typing import Any

from flask import Blueprint, url_for

from ecopick.core.errors import Conflict
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.dispatch import respond_dispatch
from ecopick.domains.tickets.commands.links import (
    link_token,
    own_token,
    take_own_link,
)
from ecopick.domains.tickets.inputs import RespondAssignment
from ecopick.domains.tickets.queries.detail import ticket_view
from ecopick.domains.tickets.queries.inbox import inbox
from ecopick.domains.tickets.queries.quotes import own_quotes
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say

pages = Blueprint("vendors", __name__)


@pages.get("/vendor/inbox")
def show_inbox() -> Any:
    """Jobs that wait for an answer, are accepted or applied for, and open ones."""
    session, actor = db_session(), current_actor()
    items = inbox(session, actor)
    quotes = own_quotes(session, actor, [item.ticket_id for item in items])
    return render("vendors/inbox.html", items=items, quotes=quotes)


@pages.get("/vendor/jobs/<ticket_id>")
def job(ticket_id: str) -> Any:
    """The page of an accepted or asked job: the same as behind one's own mailed link.

    Whoever has none, as they joined the vendor later, is led to the request.
    """
    token = own_token(db_session(), current_actor(), ticket_id)
    if token is None:
        return see_other(url_for("tickets.show", ticket_id=ticket_id))
    return see_other(url_for("vendor_link.show", token=token))


@pages.post("/vendor/jobs/<ticket_id>")
def open_job(ticket_id: str) -> Any:
    """The same page, with a link of one's own for whoever joined the vendor later."""
    session, actor = db_session(), current_actor()
    token = own_token(session, actor, ticket_id)
    if token is None:
        view = ticket_view(session, actor, ticket_id)
        if view.ticket.assignment is None:
            raise Conflict(_("This job is no longer yours, or its link has ended."))
        token = link_token(take_own_link(session, actor, view.ticket.assignment.id))
    return see_other(url_for("vendor_link.show", token=token))


@pages.post("/vendor/inbox/<ticket_id>")
def apply(ticket_id: str) -> Any:
    """Apply for an open job."""
    respond_dispatch(db_session(), current_actor(), ticket_id, RespondAssignment(accept=True))
    say(_("You applied for the job"))
    return see_other(url_for("vendors.show_inbox"))
