"""The second step of a sign-in, as a page and for programs."""

from typing import Any

from flask import Response, make_response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ecopick.blueprints.auth.blueprint import api, pages
from ecopick.blueprints.auth.finishing import PENDING, become, finish, go_on, held_pending
from ecopick.blueprints.auth.session_api import about
from ecopick.core.errors import AppError, Invalid, TooManyRequests
from ecopick.core.text import ngettext
from ecopick.domains.auth.commands import second_step as commands
from ecopick.domains.auth.commands.admission import SourceBlocked
from ecopick.domains.auth.commands.second_step import SignInOver, Verified, Waiting, WrongCode
from ecopick.domains.auth.factor_inputs import (
    ChosenWay,
    StartSecondStep,
    TypedCode,
    VerifySecondStep,
)
from ecopick.web import toasts
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.cookies import drop_cookie
from ecopick.web.render import local_path, render, see_other
from ecopick.web.state import database

RECOVERY = "recovery_code"


@pages.get("/login/second-step")
@public
def second_step() -> Any:
    """Ask for the code; whoever waits for no second step signs in from the beginning."""
    try:
        return _page(commands.waiting(database(), held_pending()))
    except SignInOver as error:
        return _again(error)


@pages.post("/login/second-step")
@public
@csrf_exempt
def submit_second_step() -> Any:
    """Check the code and go on; refused, the page says what is left."""
    try:
        data = bind(TypedCode)
        verified = commands.verify(
            database(), held_pending(), code=data.code, recovery_code=data.recovery_code
        )
    except SignInOver as error:
        return _again(error)
    except (Invalid, TooManyRequests, WrongCode, SourceBlocked) as error:
        return _refused(error)
    _tell_what_is_left(verified)
    return go_on(verified.signed_in)


@pages.post("/login/second-step/way")
@public
@csrf_exempt
def choose_way() -> Any:
    """Take the second step another way; a code is mailed where that is the way."""
    try:
        commands.start(database(), held_pending(), bind(ChosenWay).method)
    except SignInOver as error:
        return _again(error)
    except (Invalid, TooManyRequests, SourceBlocked) as error:
        return _refused(error)
    return see_other(url_for("auth.second_step", next=_next() or None))


@api.post("/2fa/start")
@public
@csrf_exempt
def start_second_step() -> Any:
    """200 with the way taken; 401 for a sign-in that is not open, 429 within a minute."""
    data = bind(StartSecondStep)
    waiting = commands.start(database(), data.pending_login_id, data.method)
    return {
        "method": waiting.method,
        "email": waiting.step.masked_email,
        "resend_in": waiting.resend_in,
        "expires_at": waiting.expires_at.isoformat(),
    }


@api.post("/2fa/verify")
@public
@csrf_exempt
def verify_second_step() -> Any:
    """200 with the person and the cookies; 401 for a wrong code or a sign-in that is not open."""
    data = bind(VerifySecondStep)
    verified = commands.verify(
        database(), data.pending_login_id, code=data.code, recovery_code=data.recovery_code
    )
    body = about(become(verified.signed_in))
    if verified.recovery_codes_left is not None:
        body["recovery_codes_left"] = verified.recovery_codes_left
    return finish(make_response(body), verified.signed_in)


def _tell_what_is_left(verified: Verified) -> None:
    left = verified.recovery_codes_left
    if left is not None:
        toasts.say(
            ngettext("%(num)s recovery code is left.", "%(num)s recovery codes are left.", left)
        )


def _again(error: SignInOver) -> BaseResponse:
    """Back to the beginning, with the reason."""
    toasts.say(error.message, tone="error")
    response = make_response(see_other(url_for("auth.sign_in", next=_next() or None)))
    drop_cookie(response, PENDING)
    return response


def _refused(error: AppError) -> BaseResponse:
    try:
        waiting = commands.waiting(database(), held_pending())
    except SignInOver as over:
        return _again(over)
    return _page(waiting, error)


def _page(waiting: Waiting, error: AppError | None = None) -> Response:
    response = render(
        "auth/second_step.html",
        status=error.status if error is not None else 200,
        way=_way(waiting),
        waiting=waiting,
        others=_others(waiting),
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        next=_next(),
    )
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _way(waiting: Waiting) -> str:
    """What the page asks for: what was chosen, else the person's strongest way."""
    asked = request.args.get("way") == RECOVERY or RECOVERY in request.form
    if asked and waiting.step.recovery_codes_left:
        return RECOVERY
    return str(waiting.method or waiting.step.methods[0])


def _others(waiting: Waiting) -> list[str]:
    """The ways that the page offers beside the one it shows."""
    ways = [str(method) for method in waiting.step.methods]
    if waiting.step.recovery_codes_left:
        ways.append(RECOVERY)
    shown = _way(waiting)
    return [way for way in ways if way != shown]


def _next() -> str:
    return local_path(request.values.get("next"), "")
