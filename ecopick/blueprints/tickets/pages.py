"""Pages of tickets."""

from typing import Any

from flask import Blueprint, jsonify, make_response, request

from ecopick.blueprints.attachments.pages import from_script
from ecopick.blueprints.tickets.intake import created, show_form, take_form
from ecopick.blueprints.tickets.listing import show_filters, show_list
from ecopick.blueprints.tickets.sections import show_ticket
from ecopick.core.errors import AppError
from ecopick.core.text import gettext as _
from ecopick.web.errors import refill
from ecopick.web.render import see_other
from ecopick.web.state import current_actor
from ecopick.web.toasts import say

pages = Blueprint("tickets", __name__)


@pages.get("/tickets")
def index() -> Any:
    """The list; every filter stands in the address."""
    return show_list()


@pages.get("/tickets/filters")
def filters() -> Any:
    """Every filter of the list as one form."""
    return show_filters()


@pages.get("/tickets/new")
def new() -> Any:
    """The form for a new ticket."""
    return show_form()


def _form_again(*, error: AppError) -> Any:
    return show_form(error)


@pages.post("/tickets/new")
@refill(_form_again)
def create() -> Any:
    """Create the ticket and show it."""
    ticket = take_form()
    say(_("Ticket created") if current_actor().is_staff else _("Request sent"))
    if from_script():
        return make_response(jsonify(id=str(ticket.id), url=created(ticket)), 201)
    return see_other(created(ticket))


@pages.get("/tickets/<ticket_id>")
def show(ticket_id: str) -> Any:
    """One ticket; ``section`` names the open section of the workspace."""
    return show_ticket(ticket_id, section=request.args.get("section"))
