"""Management says how a vendor's work on a closed request was."""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, url_for

from ecopick.blueprints.tickets.sections import show_ticket
from ecopick.core.errors import AppError
from ecopick.core.text import gettext as _
from ecopick.domains.tickets.commands import vendor_ratings
from ecopick.domains.vendors.inputs import RateVendor
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.render import see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say


def _again(ticket_id: str, *, error: AppError) -> Response:
    return show_ticket(ticket_id, section="vendor", error=error)


@refill(_again)
def rate_vendor(ticket_id: str) -> Any:
    """One to five, and why; a second rating replaces the first."""
    data = bind(RateVendor)
    vendor_ratings.rate_vendor(db_session(), current_actor(), ticket_id, data)
    say(_("Thank you for your rating"))
    return see_other(url_for("tickets.show", ticket_id=ticket_id, section="vendor"))


def rate_over_api(ticket_id: str) -> Response:
    """The same; 201 with what is kept."""
    data = bind(RateVendor)
    row = vendor_ratings.rate_vendor(db_session(), current_actor(), ticket_id, data)
    kept = {
        "vendor_org_id": str(row.vendor_org_id),
        "rating": row.rating,
        "comment": row.rating_comment,
    }
    return make_response(jsonify(kept), 201)


def add_vendor_ratings(pages: Blueprint, api: Blueprint) -> None:
    """Mount both ways to rate."""
    pages.post("/tickets/<ticket_id>/vendor-rating")(rate_vendor)
    api.add_url_rule("/tickets/<ticket_id>/rating", "rate_vendor", rate_over_api, methods=["POST"])
