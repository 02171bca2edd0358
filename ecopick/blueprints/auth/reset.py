"""A forgotten password: asking for the link, and setting a new one behind it."""

from typing import Any, TypeVar

from flask import Response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ecopick.blueprints.auth.blueprint import api, pages
from ecopick.core.errors import AppError, Invalid, TooManyRequests
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.commands.proofs import LinkRefused
from ecopick.domains.auth.commands.reset import confirm_reset, read_link, request_reset
from ecopick.domains.auth.inputs import ConfirmReset, RequestReset
from ecopick.domains.auth.password_rules import ONLY_FACTOR_LENGTH, WITH_FACTOR_LENGTH
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.render import render, see_other
from ecopick.web.state import database
from ecopick.web.toasts import say

R = TypeVar("R", bound=BaseResponse)


@pages.get("/forgot-password")
@public
def forgot_password() -> Any:
    """The form that asks for the address."""
    return _ask()


@pages.post("/forgot-password")
@public
@csrf_exempt
def submit_forgot_password() -> Any:
    """Mail the link; the page says the same whether or not there is an account."""
    try:
        data = bind(RequestReset)
        request_reset(database(), data)
    except (Invalid, TooManyRequests) as error:
        return _ask(error)
    return _ask(sent_to=data.email)


def _ask(error: AppError | None = None, sent_to: str | None = None) -> Response:
    response = render(
        "auth/forgot.html",
        status=error.status if error is not None else 200,
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        email=request.form.get("email", ""),
        sent_to=sent_to,
    )
    return _waiting(response, error)


def _waiting(response: Response, error: AppError | None) -> Response:
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@pages.get("/reset-password/<token>")
@public
def reset_password(token: str) -> Any:
    """The form for the new password; looking at it changes nothing."""
    return _set(token)


@pages.post("/reset-password/<token>")
@public
@csrf_exempt
def submit_reset_password(token: str) -> Any:
    """Set the new password, then sign in with it."""
    try:
        confirm_reset(database(), bind(ConfirmReset, token=token))
    except (Invalid, TooManyRequests, LinkRefused) as error:
        return _set(token, error)
    say(_("Your new password is saved. Please sign in with it."))
    return _private(see_other(url_for("auth.sign_in")))


def _set(token: str, error: AppError | None = None) -> Response:
    least = ONLY_FACTOR_LENGTH
    is_dead = isinstance(error, LinkRefused)
    if not is_dead:
        try:
            _proof, facts, _user_id = read_link(database(), token)
            least = WITH_FACTOR_LENGTH if facts.has_second_factor else ONLY_FACTOR_LENGTH
        except LinkRefused as refused:
            is_dead, error = True, refused
    response = render(
        "auth/reset.html",
        status=error.status if error is not None else 200,
        token=token,
        is_dead=is_dead,
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        least=least,
    )
    return _private(_waiting(response, error))


def _private(response: R) -> R:
    """The address of the page is a secret: it goes to no other site and no search engine."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "no-store"
    return response


@api.post("/password-reset/request")
@public
@csrf_exempt
def request_password_reset() -> Any:
    """Always 200 for an address; 429 after too many."""
    request_reset(database(), bind(RequestReset))
    return {"status": "accepted"}


@api.post("/password-reset/confirm")
@public
@csrf_exempt
def confirm_password_reset() -> Any:
    """200 once the password is set, 410 for a link that no longer counts, 422 for a weak one."""
    confirm_reset(database(), bind(ConfirmReset))
    return {"status": "password_set"}
