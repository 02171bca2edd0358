"""Residents over the API."""

from typing import Any

from flask import Blueprint, Response, jsonify

from ecopick.blueprints.residents.homes import homes
from ecopick.domains.tickets.commands import household
from ecopick.domains.tickets.home_inputs import RateOutcome, ShareAtHome
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session

api = Blueprint("residents_api", __name__)


@api.get("/homes")
def list_homes() -> Any:
    """The person's own units, with the people in them and how many requests are under way."""
    found = homes(db_session(), current_actor())
    return jsonify(homes=[home.model_dump(mode="json") for home in found])


@api.put("/tickets/<ticket_id>/sharing")
def share(ticket_id: str) -> Any:
    """Show one's own request to the people of the same home, or not."""
    row = household.share_at_home(db_session(), current_actor(), ticket_id, bind(ShareAtHome))
    return jsonify(shared=row.shared_at_home)


@api.put("/tickets/<ticket_id>/following")
def follow(ticket_id: str) -> Any:
    """Hear of a request about one's own home."""
    household.follow_ticket(db_session(), current_actor(), ticket_id)
    return jsonify(follows=True)


@api.delete("/tickets/<ticket_id>/following")
def unfollow(ticket_id: str) -> Any:
    """Hear of it no longer."""
    household.unfollow_ticket(db_session(), current_actor(), ticket_id)
    return Response(status=204)


@api.put("/tickets/<ticket_id>/rating")
def rate(ticket_id: str) -> Any:
    """Say how the outcome is; a second rating replaces the first."""
    row = household.rate_outcome(db_session(), current_actor(), ticket_id, bind(RateOutcome))
    return jsonify(rating=row.rating)
