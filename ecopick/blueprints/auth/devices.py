"""Where a person is signed in: the list, ending one, ending all; and recent activity."""

from dataclasses import asdict
from typing import Any

from flask import Response, make_response, request, url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.auth.activity_words import told
from ecopick.blueprints.auth.blueprint import api, pages
from ecopick.blueprints.auth.finishing import end_session
from ecopick.core.actor import Actor
from ecopick.core.changes import plain
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.commands import sessions
from ecopick.domains.auth.inputs import EndSessions
from ecopick.domains.auth.queries.sessions import (
    OpenSession,
    open_sessions,
    own_session,
    recent_activity,
)
from ecopick.web import toasts
from ecopick.web.bind import bind
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, database, db_session

SHOWN_ON_CARD = 5


def devices_card(session: Session, actor: Actor) -> dict[str, Any]:
    """What the card about devices shows."""
    return {"devices": open_sessions(session, actor)}


def activity_card(session: Session, actor: Actor) -> dict[str, Any]:
    """What the card about recent activity shows."""
    return {"activity": recent_activity(session, actor, limit=SHOWN_ON_CARD), "told": told}


@api.get("/sessions")
def list_sessions() -> Any:
    """The person's own sessions, this one marked and first."""
    return {"items": [plain(asdict(line)) for line in open_sessions(db_session(), current_actor())]}


@api.delete("/sessions/<session_id>")
def end_one(session_id: str) -> Any:
    """204, and that device is signed out; foreign and missing ids are 404."""
    return _end(own_session(db_session(), current_actor(), session_id), Response(status=204))


@api.post("/logout-everywhere")
def sign_out_everywhere() -> Any:
    """204; with ``keep_current`` all other devices, else this one too."""
    keeps = bind(EndSessions).keep_current
    sessions.sign_out_everywhere(database(), current_actor(), keep_current=keeps)
    response = Response(status=204)
    return response if keeps else end_session(response)


@pages.post("/account/sessions/<session_id>/end")
def end_device(session_id: str) -> Any:
    """Sign one device out."""
    line = own_session(db_session(), current_actor(), session_id)
    if line.current:
        return _end(line, see_other(url_for("auth.sign_in")))
    toasts.say(_("That device was signed out."))
    return _end(line, see_other(url_for("auth.account_security")))


@pages.post("/account/sessions/end-others")
def end_other_devices() -> Any:
    """Sign all other devices out."""
    sessions.sign_out_everywhere(database(), current_actor(), keep_current=True)
    toasts.say(_("All other devices were signed out."))
    return see_other(url_for("auth.account_security"))


@pages.post("/account/sessions/end-all")
def end_all_devices() -> Any:
    """Sign every device out, this one too."""
    sessions.sign_out_everywhere(database(), current_actor())
    return end_session(see_other(url_for("auth.sign_in")))


def _end(line: OpenSession, answer: Any) -> Response:
    if line.current:
        return end_session(answer)
    sessions.sign_out(database(), current_actor().user_id, line.id, action="session_ended")
    return make_response(answer)


@pages.get("/account/activity")
def account_activity() -> Any:
    """Everything that happened to the person's account, page by page."""
    activity = recent_activity(db_session(), current_actor(), request.args.get("cursor"))
    return render("auth/activity.html", activity=activity, told=told)
