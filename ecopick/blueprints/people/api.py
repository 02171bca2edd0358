"""People in the API: own units and roles."""

from typing import Any

from flask import Blueprint

from ecopick.domains.people.inputs import ListMyUnits
from ecopick.domains.people.queries import my_units
from ecopick.web.bind import bind
from ecopick.web.own_roles import own_memberships
from ecopick.web.state import current_actor, db_session

api = Blueprint("people_api", __name__)


@api.get("/users/me/units")
def list_my_units() -> Any:
    """Units of the signed-in person; ``context=report`` adds all they may report for."""
    units = my_units(db_session(), current_actor(), bind(ListMyUnits))
    return {"items": [unit.model_dump(mode="json") for unit in units], "next_cursor": None}


@api.get("/memberships")
def list_memberships() -> Any:
    """Own roles in force."""
    return {
        "items": [line.model_dump(mode="json") for line in own_memberships(current_actor())],
        "next_cursor": None,
    }
