"""People in the API: own units and roles."""

from typing import Any

from flask import Blueprint

from ecopick.core.actor import Actor
from ecopick.domains.auth.queries.actors import owner_choices
from ecopick.domains.people.inputs import ListMyUnits
from ecopick.domains.people.outputs import MembershipLine
from ecopick.domains.people.queries import memberships, my_units
from ecopick.domains.vendors.queries import vendor_names
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, database, db_session

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


def own_memberships(actor: Actor) -> list[MembershipLine]:
    """Own roles with the names of all their organisations."""
    lines = memberships(db_session(), actor)
    owners = dict(owner_choices(database(), actor))
    vendors = vendor_names(db_session(), [line.vendor_org_id for line in lines])
    for line in lines:
        if line.property_owner_name is None and line.property_owner_id is not None:
            line.property_owner_name = owners.get(line.property_owner_id)
        if line.vendor_org_id is not None:
            line.vendor_org_name = vendors.get(line.vendor_org_id)
    return lines
