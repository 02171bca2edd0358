"""The sign-in page."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, g, request, url_for

from ecopick.blueprints.auth.blueprint import pages
from ecopick.blueprints.auth.finishing import end_session, go_on, onward
from ecopick.core.context import origin
from ecopick.core.errors import AppError, Invalid, TooManyRequests
from ecopick.core.places import locate
from ecopick.domains.auth.commands.admission import SourceBlocked
from ecopick.domains.auth.commands.sign_in import WrongCredentials
from ecopick.domains.auth.commands.sign_in import sign_in as check_password
from ecopick.domains.auth.devices import browser_of, system_of
from ecopick.domains.auth.inputs import SignIn
from ecopick.web.access import csrf_exempt, current_language, public
from ecopick.web.bind import bind
from ecopick.web.navigation import page_exists
from ecopick.web.render import local_path, render, see_other
from ecopick.web.state import database, find_actor


@pages.get("/login")
@public
def sign_in() -> Any:
    """The sign-in form; whoever is signed in already goes on."""
    actor = find_actor()
    if actor is not None:
        return see_other(onward(actor))
    return show_form()


@pages.post("/login")
@public
@csrf_exempt
def submit_sign_in() -> Any:
    """Check the password; refused, the form comes back with the address as typed."""
    try:
        outcome = check_password(database(), bind(SignIn))
    except (Invalid, TooManyRequests, WrongCredentials, SourceBlocked) as error:
        return show_form(error)
    return go_on(outcome)


@pages.post("/logout")
def sign_out() -> Any:
    """End the session."""
    return end_session(see_other(url_for("auth.sign_in")))


def show_form(error: AppError | None = None, next_path: str | None = None) -> Response:
    """The page, with what was typed and why it came back.

    ``next_path`` is where to go on; the request's own field by default.
    """
    wanted = request.values.get("next") if next_path is None else next_path
    response = render(
        "auth/sign_in.html",
        status=error.status if error is not None else 200,
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        email=request.form.get("email", ""),
        remember_me=bool(request.form.get("remember_me")),
        next=local_path(wanted, ""),
        choices=_choices(),
        links=_links(),
        device=_new_device(),
    )
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _choices() -> list[dict[str, str]]:
    """The identity providers that are set up here."""
    from ecopick.blueprints.auth.providers import sign_in_choices  # It shows this page itself.

    return sign_in_choices()


def _links() -> dict[str, str]:
    """Other ways in and on, as far as this installation has them."""
    wanted = local_path(request.values.get("next"), "")
    query = f"?{urlencode({'next': wanted})}" if wanted else ""
    paths = {
        "forgot": f"/{current_language()}/forgot-password",
        "mail": f"/{current_language()}/login/link",
        "register": f"/{current_language()}/register",
    }
    return {
        name: path + (query if name == "mail" else "")
        for name, path in paths.items()
        if page_exists(path)
    }


def _new_device() -> dict[str, str | None] | None:
    """What this browser calls itself, where nobody signed in with it before."""
    if not g.get("device_is_new", False):
        return None
    at = origin()
    place = locate(at.ip)
    return {
        "browser": browser_of(at.user_agent),
        "system": system_of(at.user_agent),
        "place": place.words if place is not None else None,
    }
