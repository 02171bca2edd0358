"""From a proved identity to the browser: cookies, the second step, where to go on.

Every way of signing in ends in ``go_on`` (pages) or ``answer`` (programs).
"""

import base64
import binascii
import uuid
from typing import Any

from flask import Response, g, make_response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ecopick.core import crypto
from ecopick.core.actor import Actor
from ecopick.domains.auth.commands import sessions
from ecopick.domains.auth.outputs import Outcome, SecondStep, SignedIn
from ecopick.domains.auth.queries.actors import load_actor
from ecopick.web.cookies import cookie_name, drop_cookie, set_cookie
from ecopick.web.device import keep_device
from ecopick.web.render import local_path, see_other
from ecopick.web.session_cookies import clear_session, set_session
from ecopick.web.state import act_as, current_actor, database, find_actor

PENDING = "ecopick_pending"
PENDING_SECONDS = 600


def go_on(outcome: Outcome, next_path: str | None = None) -> Response:
    """The page after a proved first factor: onward, or the second step.

    ``next_path`` (the field ``next`` by default) survives the second step.
    """
    wanted = local_path(request.values.get("next") if next_path is None else next_path, "")
    if isinstance(outcome, SecondStep):
        target = url_for("auth.second_step", next=wanted or None)
        response = make_response(see_other(target))
        hold_pending(response, outcome.pending_login_id)
        keep_device(response)
        return response
    become(outcome)
    response = make_response(see_other(wanted or home_of(current_actor())))
    return finish(response, outcome)


def become(signed_in: SignedIn) -> Actor:
    """Let the person act from here on; the session that this browser held ends.

    One that was renewed into this one has ended already.
    """
    before = find_actor()
    if (
        before is not None
        and before.session is not None
        and before.session.family_id != signed_in.family_id
    ):
        sessions.sign_out(database(), before.session_user_id, before.session.id)
    actor = load_actor(database(), signed_in.session_id)
    if actor is None:
        raise RuntimeError("a session that was just opened is not there")
    g.session_id = signed_in.session_id
    act_as(actor)
    return actor


def finish(response: Response, signed_in: SignedIn) -> Response:
    """Set the cookies of a fresh session; the second step is over."""
    set_session(response, signed_in)
    if request.cookies.get(cookie_name(PENDING)):
        drop_cookie(response, PENDING)
    return response


def second_step_json(step: SecondStep) -> dict[str, Any]:
    """What a program is told of the second step."""
    return {
        "two_factor_required": True,
        "pending_login_id": str(step.pending_login_id),
        "methods": list(step.methods),
        "email": step.masked_email,
        "recovery_codes_left": step.recovery_codes_left,
    }


def hold_pending(response: Response, pending_id: uuid.UUID) -> None:
    """Let this browser, and no other, take the second step on pages."""
    signature = base64.urlsafe_b64encode(crypto.sign("pending", pending_id)).decode()
    set_cookie(response, PENDING, f"{pending_id}.{signature.rstrip('=')}", PENDING_SECONDS)


def held_pending() -> uuid.UUID | None:
    """The second step that this browser is about to take."""
    text, _dot, signature = request.cookies.get(cookie_name(PENDING), "").partition(".")
    try:
        pending_id = uuid.UUID(text)
        given = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except (ValueError, binascii.Error):
        return None
    return pending_id if crypto.verify(given, "pending", pending_id) else None


def onward(actor: Actor) -> str:
    """Where somebody who is signed in goes on."""
    return local_path(request.values.get("next"), "") or home_of(actor)


def home_of(actor: Actor) -> str:
    """The first page of a person, in their language."""
    return f"/{actor.language}/"


def end_session(response: BaseResponse) -> Response:
    """End the session of this request and take its cookies back."""
    actor = current_actor()
    if actor.session_id is not None:
        sessions.sign_out(database(), actor.session_user_id, actor.session_id)
    g.actor = None
    made = make_response(response)
    clear_session(made)
    return made
