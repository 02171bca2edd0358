"""Pages of signing in and out."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, make_response, request, url_for

from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Invalid, TooManyRequests
from ecopick.core.text import LANGUAGES
from ecopick.domains.auth import commands
from ecopick.domains.auth.inputs import ChooseOwner, SignIn
from ecopick.domains.auth.queries import load_actor
from ecopick.domains.people.commands import choose_language
from ecopick.domains.people.inputs import ChooseLanguage
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.navigation import page_exists
from ecopick.web.render import local_path, render, see_other
from ecopick.web.session_cookies import clear_session, renew_csrf, set_session
from ecopick.web.state import act_as, current_actor, database, db_session, find_actor

pages = Blueprint("auth", __name__)


@pages.get("/login")
@public
def sign_in() -> Any:
    """The sign-in form; whoever is signed in already goes on."""
    actor = find_actor()
    if actor is not None:
        return see_other(_onward(actor))
    return _form()


@pages.post("/login")
@public
@csrf_exempt
def submit_sign_in() -> Any:
    """Check the password; refused, the form comes back with the address as typed."""
    try:
        signed_in = start_session(bind(SignIn))
    except (Invalid, TooManyRequests, commands.WrongCredentials) as error:
        return _form(error)
    response = make_response(see_other(_onward(current_actor())))
    set_session(response, signed_in)
    return response


@pages.post("/logout")
def sign_out() -> Any:
    """End the session."""
    response = make_response(see_other(url_for("auth.sign_in")))
    end_session(response)
    return response


@pages.post("/account/owner")
def choose_owner() -> Any:
    """Act for another owner from now on."""
    actor = current_actor()
    commands.choose_owner(db_session(), actor, bind(ChooseOwner))
    return see_other(home_of(actor))


@pages.post("/account/language")
def set_language() -> Any:
    """Remember the language and show the same page in it."""
    data = bind(ChooseLanguage)
    choose_language(db_session(), current_actor(), None, data)
    came_from = request.form.get("next") or urlsplit(request.referrer or "").path
    return see_other(in_language(local_path(came_from), data.language))


@pages.after_app_request
def keep_csrf_cookie(response: Response) -> Response:
    """Renew the readable token where it is lost or was made with an older key."""
    actor = find_actor()
    if actor is not None and actor.session_id is not None and response.mimetype == "text/html":
        if not any("csrf=" in cookie for cookie in response.headers.getlist("Set-Cookie")):
            renew_csrf(request, response, actor.session_id)
    return response


def _form(error: AppError | None = None) -> Response:
    response = render(
        "auth/sign_in.html",
        status=error.status if error is not None else 200,
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        email=request.form.get("email", ""),
        remember_me=bool(request.form.get("remember_me")),
        next=local_path(request.values.get("next"), ""),
    )
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _onward(actor: Actor) -> str:
    return local_path(request.values.get("next"), "") or home_of(actor)


def home_of(actor: Actor) -> str:
    """The first page of a person, in their language."""
    only_vendor = bool(actor.vendor_org_ids) and not (actor.is_staff or actor.user_units)
    inbox = f"/{actor.language}/vendor/inbox"
    return inbox if only_vendor and page_exists(inbox) else f"/{actor.language}/tickets"


def in_language(path: str, language: str) -> str:
    """The address of the same page in another language."""
    first, _, rest = path.lstrip("/").partition("/")
    return f"/{language}/{rest}" if first in LANGUAGES else f"/{language}/"


def start_session(data: SignIn) -> Any:
    """Sign in, end the session that this browser held, and let the person act from here on."""
    before = find_actor()
    signed_in = commands.sign_in(database(), data)
    if before is not None and before.session_id is not None:
        commands.sign_out(database(), before.user_id, before.session_id)
    actor = load_actor(database(), signed_in.session_id)
    if actor is not None:
        g.session_id = signed_in.session_id
        act_as(actor)
    return signed_in


def end_session(response: Response) -> None:
    """End the session of this request and take its cookies back."""
    actor = current_actor()
    if actor.session_id is not None:
        commands.sign_out(database(), actor.user_id, actor.session_id)
    g.actor = None
    clear_session(response)
