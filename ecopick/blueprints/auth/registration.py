"""Opening an account in three steps: address, code, name and password.

The pages work without scripts. Which proof is at hand is kept in a cookie, so
that going back and forth loses nothing and starts nothing anew.
"""

from typing import Any

from flask import Response, make_response, request, url_for

from ecopick.blueprints.auth.blueprint import api, pages
from ecopick.blueprints.auth.finishing import go_on, onward
from ecopick.blueprints.auth.held_proof import REGISTRATION, held, hold, let_go
from ecopick.blueprints.auth.session_api import answer
from ecopick.core.errors import AppError, Conflict, Invalid, TooManyRequests
from ecopick.domains.auth.account_inputs import (
    AskForCode,
    AskIfKnown,
    EnterCode,
    NewAccount,
    Register,
    VerifyCode,
)
from ecopick.domains.auth.commands import proofs, registration
from ecopick.domains.auth.commands.admission import SourceBlocked
from ecopick.domains.auth.commands.proofs import CodeRefused, Proof
from ecopick.domains.auth.password_rules import ONLY_FACTOR_LENGTH
from ecopick.web.access import csrf_exempt, current_language, public
from ecopick.web.bind import bind
from ecopick.web.device import keep_device
from ecopick.web.navigation import LANGUAGE_NAMES
from ecopick.web.render import local_path, render, see_other
from ecopick.web.state import database, find_actor

HELD_SECONDS = 45 * 60
REFUSALS = (Invalid, TooManyRequests, SourceBlocked, Conflict)


@pages.get("/register")
@public
def register() -> Any:
    """Step 1: the address; whoever is signed in goes on."""
    actor = find_actor()
    return see_other(onward(actor)) if actor is not None else _first()


@pages.post("/register")
@public
@csrf_exempt
def submit_register() -> Any:
    """Mail a code; an address that already waits for its code is not mailed again."""
    try:
        data = bind(AskForCode)
        waiting = _held(is_verified=False)
        if waiting is None or waiting.email.lower() != data.email:
            return _send(data)
    except REFUSALS as error:
        return _first(error)
    return _to("auth.register_code")


@pages.post("/register/again")
@public
@csrf_exempt
def resend_register_code() -> Any:
    """Another code for the same address."""
    waiting = _held(is_verified=False)
    if waiting is None:
        return _to("auth.register")
    try:
        return _send(AskForCode(email=waiting.email), str(waiting.details.get("next") or ""))
    except REFUSALS as error:
        return _second(waiting, error)


def _send(data: AskForCode, next_path: str | None = None) -> Response:
    wanted = local_path(request.form.get("next"), "") if next_path is None else next_path
    proof_id = registration.send_code(database(), data, wanted)
    response = _to("auth.register_code")
    hold(response, REGISTRATION, proof_id, HELD_SECONDS)
    return response


@pages.get("/register/code")
@public
def register_code() -> Any:
    """Step 2: the code."""
    waiting = _held(is_verified=False)
    return _second(waiting) if waiting is not None else _to("auth.register")


@pages.post("/register/code")
@public
@csrf_exempt
def submit_register_code() -> Any:
    """Check the code."""
    waiting = _held(is_verified=False)
    if waiting is None:
        return _to("auth.register")
    try:
        registration.verify_code(database(), waiting.id, bind(EnterCode).code)
    except REFUSALS as error:
        return _second(waiting, error)
    return _to("auth.register_details")


@pages.get("/register/details")
@public
def register_details() -> Any:
    """Step 3: name, password, language."""
    proof = _held()
    return _third(proof) if proof is not None else _to("auth.register_code")


@pages.post("/register/details")
@public
@csrf_exempt
def submit_register_details() -> Any:
    """Open the account and sign in."""
    proof = _held()
    if proof is None:
        return _to("auth.register_code")
    try:
        data = bind(NewAccount)
        outcome = registration.register(
            database(), Register(proof_id=proof.id, **data.model_dump())
        )
    except CodeRefused:
        return _to("auth.register")
    except REFUSALS as error:
        return _third(proof, error)
    response = go_on(outcome, str(proof.details.get("next") or ""))
    let_go(response, REGISTRATION)
    return response


def _held(*, is_verified: bool = True) -> Proof | None:
    """The proof that this browser holds, while it counts."""
    proof_id = held(REGISTRATION)
    if proof_id is None:
        return None
    return proofs.find_proof(database(), proof_id, registration.PURPOSE, is_verified=is_verified)


def _to(endpoint: str) -> Response:
    return make_response(see_other(url_for(endpoint)))


def _first(error: AppError | None = None) -> Response:
    waiting = _held(is_verified=False)
    return _page(
        "auth/register.html",
        error,
        email=request.form.get("email") or (waiting.email if waiting is not None else ""),
        next=local_path(request.values.get("next"), ""),
    )


def _second(waiting: Proof, error: AppError | None = None) -> Response:
    return _page("auth/register_code.html", error, proof=waiting)


def _third(proof: Proof, error: AppError | None = None) -> Response:
    return _page(
        "auth/register_details.html",
        error,
        proof=proof,
        name=request.form.get("name", ""),
        least=ONLY_FACTOR_LENGTH,
        language=request.form.get("language") or current_language(),
        names=list(LANGUAGE_NAMES.items()),
        is_taken=isinstance(error, registration.AddressTaken),
    )


def _page(template: str, error: AppError | None, **values: Any) -> Response:
    """A step; the browser may keep it, so that going back brings back what was typed."""
    response = render(
        template,
        status=error.status if error is not None else 200,
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        **values,
    )
    response.headers["Cache-Control"] = "private, no-cache"
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@api.post("/register/send-code")
@public
@csrf_exempt
def send_register_code() -> Any:
    """202 with the proof's id, the same for every address; 429 after too many."""
    proof_id = registration.send_code(database(), bind(AskForCode))
    response = make_response(asked(proof_id, registration.LIFETIME.seconds), 202)
    keep_device(response)
    return response


def asked(proof_id: object, seconds: int) -> dict[str, Any]:
    """What a program learns of a mail that it asked for."""
    return {
        "proof_id": str(proof_id),
        "expires_in": seconds,
        "resend_after": proofs.RESEND_AFTER.seconds,
    }


@api.post("/register/verify-code")
@public
@csrf_exempt
def verify_register_code() -> Any:
    """200 once the code is right; 422 for a wrong, spent or foreign one."""
    data = bind(VerifyCode)
    registration.verify_code(database(), data.proof_id, data.code)
    return {"status": "verified"}


@api.post("/register")
@public
@csrf_exempt
def create_account() -> Any:
    """201 with the person and the cookies; 422 without a verified code, 409 for a taken address."""
    response = answer(registration.register(database(), bind(Register)))
    response.status_code = 201
    return response


@api.get("/email/exists")
@public
def email_exists() -> Any:
    """``exists`` is true or false for whoever just proved the address, else null."""
    return {"exists": registration.address_exists(database(), bind(AskIfKnown))}
