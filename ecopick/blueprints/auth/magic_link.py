"""Signing in by mail: asking for the link, and what is behind it.

Behind the link stands a page with one button: looking at it (GET, HEAD)
changes nothing, and in any browser but the one that asked the button needs the
code from the mail.
"""

from typing import Any, TypeVar

from flask import Response, make_response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ecopick.blueprints.auth.blueprint import api, pages
from ecopick.blueprints.auth.finishing import go_on
from ecopick.blueprints.auth.held_proof import LINK, held, hold, let_go
from ecopick.blueprints.auth.registration import asked
from ecopick.blueprints.auth.session_api import answer
from ecopick.core.errors import AppError, Invalid, TooManyRequests
from ecopick.domains.auth.account_inputs import AskForLink, EnterByMail, EnterCode, FollowLink
from ecopick.domains.auth.commands import magic_links, proofs
from ecopick.domains.auth.commands.admission import SourceBlocked
from ecopick.domains.auth.commands.magic_links import Entry, LinkIsNotEnough
from ecopick.domains.auth.commands.proofs import CodeRefused, LinkRefused, Proof
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.device import keep_device
from ecopick.web.render import local_path, render, see_other
from ecopick.web.state import database

R = TypeVar("R", bound=BaseResponse)
REFUSALS = (Invalid, TooManyRequests, SourceBlocked, LinkRefused, LinkIsNotEnough)


@pages.get("/login/link")
@public
def magic_link() -> Any:
    """The form that asks for the address."""
    return _ask()


@pages.post("/login/link")
@public
@csrf_exempt
def submit_magic_link() -> Any:
    """Mail a link; the same answer for every address."""
    try:
        data = bind(AskForLink)
        next_path = local_path(request.form.get("next"), "")
        proof_id = magic_links.ask_for_link(database(), data, next_path)
    except REFUSALS as error:
        return _ask(error)
    response = make_response(see_other(url_for("auth.magic_link_sent")))
    hold(response, LINK, proof_id, magic_links.LIFETIME.seconds)
    keep_device(response)
    return response


@pages.get("/login/link/sent")
@public
def magic_link_sent() -> Any:
    """What to do now; the code from the mail can be entered here."""
    return _sent()


@pages.post("/login/link/code")
@public
@csrf_exempt
def submit_magic_code() -> Any:
    """Sign in by the mailed code, in the browser that asked."""
    proof_id = held(LINK)
    if proof_id is None:
        return see_other(url_for("auth.magic_link"))
    try:
        return _in(magic_links.enter_by_code(database(), proof_id, bind(EnterCode).code))
    except REFUSALS as error:
        return _sent(error)


@pages.get("/login/link/<token>")
@public
def open_magic_link(token: str) -> Any:
    """One button, and outside of the browser that asked a field for the code."""
    return _open(token)


@pages.post("/login/link/<token>")
@public
@csrf_exempt
def follow_magic_link(token: str) -> Any:
    """Sign in."""
    try:
        data = bind(FollowLink, token=token)
        return _private(_in(magic_links.enter_by_link(database(), data.token, data.code)))
    except REFUSALS as error:
        return _open(token, error)


def _in(entry: Entry) -> Response:
    response = go_on(entry.outcome, entry.next_path)
    let_go(response, LINK)
    return response


def _ask(error: AppError | None = None) -> Response:
    return _page(
        "auth/magic.html",
        error,
        email=request.form.get("email", ""),
        remember_me=bool(request.form.get("remember_me")),
        next=local_path(request.values.get("next"), ""),
    )


def _sent(error: AppError | None = None) -> Response:
    proof_id = held(LINK)
    waiting = (
        proofs.find_proof(database(), proof_id, magic_links.PURPOSE, is_verified=False)
        if proof_id is not None
        else None
    )
    return _page("auth/magic_sent.html", error, proof=waiting)


def _open(token: str, error: AppError | None = None) -> Response:
    proof: Proof | None = None
    try:
        proof = magic_links.read_link(database(), token)
    except LinkRefused as refused:
        error = refused
    is_own = proof is not None and magic_links.is_own_browser(proof)
    return _private(
        _page("auth/magic_link.html", error, token=token, proof=proof, needs_code=not is_own)
    )


def _page(template: str, error: AppError | None, **values: Any) -> Response:
    response = render(
        template,
        status=error.status if error is not None else 200,
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        **values,
    )
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _private(response: R) -> R:
    """The address of the page is a secret: it goes to no other site and no search engine."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "no-store"
    return response


@api.post("/magic-link")
@public
@csrf_exempt
def ask_for_magic_link() -> Any:
    """202 with the proof's id, the same for every address; 429 after too many."""
    proof_id = magic_links.ask_for_link(database(), bind(AskForLink))
    response = make_response(asked(proof_id, magic_links.LIFETIME.seconds), 202)
    keep_device(response)
    return response


@api.post("/magic-link/verify")
@public
@csrf_exempt
def verify_magic_link() -> Any:
    """200 as after a password; 410 for a dead link, 422 for a wrong or missing code."""
    data = bind(EnterByMail)
    if data.token is not None:
        return answer(magic_links.enter_by_link(database(), data.token, data.code).outcome)
    if data.proof_id is None:
        raise CodeRefused
    entry = magic_links.enter_by_code(database(), data.proof_id, data.code or "")
    return answer(entry.outcome)
