"""Renewing a session while a page is asked for, and its cookies in the answer.

Only a person who opens a page is renewed on the way. What a page asks for by
itself gets 401; its script refreshes once for all windows, then asks again.
"""

from datetime import timedelta
from typing import Any

from flask import Response, g, make_response, render_template, request

from ecopick.core import clock
from ecopick.core.actor import Actor, LiveSession
from ecopick.domains.auth.commands.refresh import (
    AlreadyRefreshed,
    SessionOver,
    refresh_session,
)
from ecopick.domains.auth.outputs import SignedIn
from ecopick.domains.auth.queries.actors import load_actor
from ecopick.web.render import wants_json
from ecopick.web.session_cookies import (
    clear_session,
    read_refresh_token,
    renew_signatures,
    set_session,
)
from ecopick.web.state import act_as, database, find_actor

# A remembered session gets a new id as often as any other would end.
RENEW_AFTER = timedelta(hours=12)
COME_AGAIN_SECONDS = "1"


def renew_for_page() -> None:
    """Go on with the refresh token where the session ended, or is remembered and old.

    A race that another window won is noted for ``come_again``.
    """
    actor, token = find_actor(), read_refresh_token(request)
    if token is None or not _is_navigation():
        return
    if actor is not None and not _is_old(actor.session):
        return
    try:
        adopt(refresh_session(database(), token))
    except AlreadyRefreshed:
        g.renewed_elsewhere = True
    except SessionOver:
        g.session_is_over = actor is None


def _is_old(live: LiveSession | None) -> bool:
    return live is not None and live.remember_me and clock.now() - live.created_at > RENEW_AFTER


def _is_navigation() -> bool:
    """Whether a person opens a page, as far as the browser tells."""
    headers = request.headers
    return (
        request.method == "GET"
        and not wants_json()
        and not any(name in headers for name in ("HX-Request", "X-Background", "Sec-Purpose"))
        and headers.get("X-Requested-With") is None
        and headers.get("Sec-Fetch-Dest", "document") == "document"
    )


def session_clock() -> dict[str, Any]:
    """How many seconds the session has left, for the page's script; empty without one.

    Seconds instead of moments: the clock of a browser need not be right.
    """
    actor = find_actor()
    live = actor.session if actor is not None else None
    if actor is None or live is None:
        return {}
    moment = clock.now()
    idle = live.idle_ends_at
    return {
        "user": str(actor.user_id),
        "ends_seconds": max(0, int((live.expires_at - moment).total_seconds())),
        "idle_seconds": max(0, int((idle - moment).total_seconds())) if idle else None,
    }


def adopt(signed_in: SignedIn, *, active: bool = True) -> Actor:
    """Let the person act through this session from here on; its cookies go with the answer.

    ``active`` is False where a page renews by itself: that keeps nothing alive.
    """
    actor = load_actor(database(), signed_in.session_id, active=active)
    if actor is None:
        raise RuntimeError("a session that was just opened is not there")
    g.session_id = signed_in.session_id
    act_as(actor)
    g.adopted = signed_in
    return actor


def come_again() -> Response:
    """Another window renewed the session a moment ago: ask again with its cookies."""
    page = render_template("errors/page.html", error=AlreadyRefreshed(), reference=None, actor=None)
    response = make_response(page, AlreadyRefreshed.status)
    response.headers["Refresh"] = COME_AGAIN_SECONDS
    return response


def keep_cookies(response: Response) -> Response:
    """Set the cookies of an adopted session, take those of an ended one, renew signatures."""
    signed_in: SignedIn | None = g.pop("adopted", None)
    if signed_in is not None:
        set_session(response, signed_in)
        return response
    actor = find_actor()
    sets_its_own = any("ecopick_session=" in c for c in response.headers.getlist("Set-Cookie"))
    if g.pop("session_is_over", False) and not sets_its_own:
        clear_session(response)
    if actor is None or actor.session is None or sets_its_own:
        return response
    if response.mimetype == "text/html":
        renew_signatures(request, response, actor.session)
    return response
