"""The account page: one's own roles."""

from typing import Any

from flask import Blueprint

from ecopick.web.own_roles import own_memberships
from ecopick.domains.people.queries import my_units
from ecopick.web.render import render
from ecopick.web.state import current_actor, db_session

pages = Blueprint("people", __name__)


@pages.get("/account")
@pages.get("/account/memberships")
def account_memberships() -> Any:
    """Roles and units of the signed-in person."""
    actor = current_actor()
    return render(
        "people/memberships.html",
        memberships=own_memberships(actor),
        units=my_units(db_session(), actor),
    )
