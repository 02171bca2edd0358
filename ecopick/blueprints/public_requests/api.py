"""The public form for programs, the page's own script among them."""

from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from ecopick.blueprints.public_requests.forms import tile_word
from ecopick.blueprints.public_requests.pace import check_pace
from ecopick.blueprints.public_requests.taking import (
    opened,
    sent_photos,
    slow_down,
    status_path,
    take,
    taken_before,
)
from ecopick.core.errors import Conflict, Invalid, TooLarge, TooManyRequests
from ecopick.domains.property.outputs import BuildingLine
from ecopick.domains.tickets.models import RequestLink
from ecopick.domains.tickets.public_inputs import MAX_PHOTOS, SubmitRequest
from ecopick.domains.tickets.queries.public_requests import PublicForm, reference_of
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.device import keep_device
from ecopick.web.state import close_session, db_session, settings

api = Blueprint("public_requests_api", __name__)
REFUSALS = (Invalid, Conflict, TooLarge, TooManyRequests)


@api.get("/public/buildings/<building_id>/requests")
@public
def form(building_id: str) -> Any:
    """What a form needs: the building, the place of ``?code=``, categories, emergency number."""
    slow_down()
    found = opened(building_id, request.args.get("code"))
    building = BuildingLine.model_validate(found.building)
    return {
        "building": {"id": str(building.id), "name": building.name, "address": building.address},
        "place": _place(found),
        "categories": [{"value": name, "label": tile_word(name)} for name in found.tiles],
        "category": found.category,
        "emergency_phone": building.emergency_phone,
        "max_photos": MAX_PHOTOS,
        "privacy_url": settings().public_base_url
        + url_for("public_requests.privacy", owner_id=found.owner.id),
    }


def _place(found: PublicForm) -> dict[str, str | None] | None:
    if found.unit is None:
        return None
    section = found.section.name if found.section is not None else None
    return {"unit": found.unit.label, "floor": found.unit.floor, "section": section}


@api.post("/public/buildings/<building_id>/requests")
@public
@csrf_exempt
def submit(building_id: str) -> Any:
    """201 with the reference and the private address; the same key again, the same answer."""
    try:
        link = _taken(building_id)
    except REFUSALS:
        close_session()
        slow_down()
        raise
    body = {
        "reference": reference_of(db_session(), link.ticket_id),
        "status_url": settings().public_base_url + status_path(link),
    }
    response: Response = jsonify(body)
    response.status_code = 201
    keep_device(response)
    return response


def _taken(building_id: str) -> RequestLink:
    data = bind(SubmitRequest)
    found = opened(building_id, data.code or request.args.get("code"))
    check_pace(data, needed=False)
    photos = sent_photos()
    return taken_before(found, data, photos) or take(found, data, photos)
