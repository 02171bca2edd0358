"""``/api/admin/support`` for programs."""

from typing import Any

from flask import Blueprint, Response

from ecopick.core.changes import plain
from ecopick.core.permissions import authorize
from ecopick.domains.auth.commands.support import end_support, start_support
from ecopick.domains.auth.inputs import StartSupport
from ecopick.domains.auth.models import SupportAccess
from ecopick.domains.auth.queries.support import own_accesses
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, database, db_session
from ecopick.web.step_up import needs_step_up

api = Blueprint("support_api", __name__)


@api.get("/admin/support")
def accesses() -> Any:
    """What the administrator did for owners, newest first."""
    session, actor = db_session(), current_actor()
    if actor.support is None:
        authorize(session, actor, "support:start", None)
    return {"items": [_out(each) for each in own_accesses(session, actor)], "next_cursor": None}


@api.post("/admin/support")
@needs_step_up
def start() -> Any:
    """201: from the next request on the session works for the owner."""
    return _out(start_support(database(), current_actor(), bind(StartSupport))), 201


@api.delete("/admin/support")
def end() -> Any:
    """204: the session is the administrator's own again."""
    db_session().info["authorized"] = True
    end_support(database(), current_actor())
    return Response(status=204)


def _out(access: SupportAccess) -> dict[str, Any]:
    names = ("id", "property_owner_id", "subject_id", "reason", "created_at", "ends_at", "ended_at")
    return {name: plain(getattr(access, name)) for name in names}
