"""``GET /api/search``: what the palette finds, for programs."""

from flask import Blueprint, Response, jsonify

from ecopick.blueprints.search.hits import Hit
from ecopick.blueprints.search.inputs import Find
from ecopick.blueprints.search.looking import look
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session

api = Blueprint("search_api", __name__)


@api.get("/search")
def index() -> Response:
    """Tickets, buildings, units, people and vendors that fit ``q``, best first of each kind."""
    answer = look(db_session(), current_actor(), bind(Find))
    found = [_item(hit) for hit in answer if hit.id is not None]
    return jsonify(items=found, next_cursor=None)


def _item(hit: Hit) -> dict[str, str | None]:
    return {
        "type": hit.kind,
        "id": str(hit.id),
        "name": hit.title,
        "detail": hit.detail,
        "href": hit.href,
    }
