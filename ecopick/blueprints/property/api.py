"""Buildings and units in the API."""

from typing import Any

from flask import Blueprint

from ecopick.core.permissions import authorize
from ecopick.domains.property import queries
from ecopick.web.state import current_actor, db_session

api = Blueprint("property_api", __name__)


@api.get("/buildings")
def list_buildings() -> Any:
    """Buildings that the person may see."""
    found = queries.buildings(db_session(), current_actor())
    return {"items": [line.model_dump(mode="json") for line in found], "next_cursor": None}


@api.get("/units/<unit_id>")
def show_unit(unit_id: str) -> Any:
    """One unit with its areas."""
    session, actor = db_session(), current_actor()
    unit = queries.find_unit(session, actor, unit_id)
    authorize(session, actor, "unit:view", unit)
    return queries.unit_detail(session, unit).model_dump(mode="json")


@api.get("/units/<unit_id>/sections")
def list_sections(unit_id: str) -> Any:
    """The areas of one unit."""
    session, actor = db_session(), current_actor()
    unit = queries.find_unit(session, actor, unit_id)
    authorize(session, actor, "unit:view", unit)
    lines = queries.sections_of(session, unit)
    return {"items": [line.model_dump(mode="json") for line in lines], "next_cursor": None}
