"""The event stream of one owner, or of all in the reader's scope."""

import uuid
from typing import Any

from flask import Blueprint, Response, current_app, g, request

from ecopick.blueprints.events.hub import Hub
from ecopick.blueprints.events.stream import Reader, follow, start_positions
from ecopick.core.actor import Actor
from ecopick.core.errors import Unavailable
from ecopick.core.finding import as_id, missing
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.queries.actors import load_actor
from ecopick.web.access import background
from ecopick.web.errors import problem
from ecopick.web.state import current_actor, database, db_session

api = Blueprint("events", __name__)
COME_AGAIN_SECONDS = 15


@api.record
def _make_hub(state: Any) -> None:
    state.app.extensions["events"] = Hub(state.app.extensions["settings"].redis_url)


@api.get("/events")
@background
def follow_scope() -> Any:
    """Everything in the reader's scope, for pages."""
    actor = current_actor()
    return _stream(actor, tuple(sorted(actor.owner_ids)))


@api.get("/events/<property_owner_id>")
@background
def follow_owner(property_owner_id: str) -> Any:
    """One owner's events; 404 where the owner is not in the reader's scope."""
    actor = current_actor()
    owner_id = as_id(property_owner_id)
    if owner_id is None or owner_id not in actor.owner_ids:
        raise missing(actor, "PropertyOwner", owner_id)
    return _stream(actor, (owner_id,))


def _stream(actor: Actor, owner_ids: tuple[uuid.UUID, ...]) -> Response:
    db_session().info["authorized"] = True
    hub: Hub = current_app.extensions["events"]
    listener = hub.join(owner_ids, actor.user_id)
    if listener is None:
        full = problem(Unavailable(_("Too many pages are open at once. Please try again.")))
        full.headers["Retry-After"] = str(COME_AGAIN_SECONDS)
        return full
    found, session_id, chosen = database(), g.session_id, actor.owner_id
    reader = Reader(found, owner_ids, lambda: load_actor(found, session_id, chosen, active=False))
    try:
        positions = start_positions(found, actor, owner_ids, _last_event())
    except BaseException:
        listener.close()
        raise
    response = Response(follow(reader, actor, listener, positions), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    # A reader who leaves before the first line must give the place back too.
    response.call_on_close(listener.close)
    return response


def _last_event() -> str | None:
    return request.headers.get("Last-Event-ID") or request.args.get("last_event_id")
