"""Before something sensitive: a proof of identity that is at most five minutes old.

A page that needs it sends its reader to the confirmation and back. A form that
needs it comes back as a page that asks for the proof and carries what was typed
along; sent again, it does both at once. Programs get 403 ``step_up_required``.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Response, make_response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, StepUpRequired, TooManyRequests
from ecopick.core.tenancy import Scope
from ecopick.domains.auth.commands import step_up
from ecopick.domains.auth.commands.step_up import (
    ASKED,
    WrongProof,
    is_confirmed,
    require_confirmed,
)
from ecopick.domains.auth.queries.credentials import Factors, factors_of
from ecopick.web.errors import answer
from ecopick.web.render import local_path, render, see_other, wants_fragment, wants_json
from ecopick.web.renewal import adopt
from ecopick.web.state import close_session, current_actor, database

P = ParamSpec("P")
# A form that asks for a proof on the way to something else names it like this.
PREFIX = "access_"
# Never sent back to the browser, not even hidden.
SECRET_WORDS = ("password", "secret", "token", PREFIX)
SECRET_FIELDS = frozenset({"code", "recovery_code"})
# Ways to confirm that are more than a field, as templates: a passkey.
WAYS: list[str] = []


def require_step_up() -> None:
    """``StepUpRequired`` unless the person proved their identity within five minutes."""
    require_confirmed(current_actor())


def needs_step_up(view: Callable[P, Any]) -> Callable[P, Any]:
    """Let a view run only for a person who just proved their identity."""

    @wraps(view)
    def run(*args: P.args, **kwargs: P.kwargs) -> Any:
        asked = confirmation_first()
        if asked is not None:
            return asked
        try:
            return view(*args, **kwargs)
        except StepUpRequired as error:
            return _ask(error)

    return run


def confirmation_first() -> Response | BaseResponse | None:
    """What a view that decides by itself answers first; None once the person is confirmed."""
    try:
        if not is_confirmed(current_actor()):
            take_proof()
    except StepUpRequired as error:
        return _ask(error)
    except (WrongProof, TooManyRequests) as error:
        return confirmation(error, carried=True)
    return None


def take_proof() -> None:
    """Check the proof that the form carries; ``StepUpRequired`` where it carries none.

    ``WrongProof`` or ``TooManyRequests`` as ``step_up.verify`` says.
    """
    for proof in step_up.proofs():
        typed = request.form.get(PREFIX + proof)
        if typed:
            adopt(step_up.verify(database(), current_actor(), proof, typed))
            return
    raise StepUpRequired(ASKED)


def _ask(error: StepUpRequired) -> Response | BaseResponse:
    close_session()
    if wants_json():
        raise error
    if wants_fragment():
        response: Response = answer(error)
        response.headers["HX-Redirect"] = _address(request.headers.get("HX-Current-URL", ""))
        return response
    if request.method == "GET":
        return see_other(_address(request.full_path.rstrip("?")))
    return confirmation(None, carried=True)


def _address(back: str) -> str:
    path = "/" + back.split("/", 3)[-1] if "://" in back else back
    return url_for("auth.confirm", next=local_path(path, "") or None)


def confirmation(error: AppError | None, *, carried: bool = False, onward: str = "") -> Response:
    """The page that asks for a proof; with ``carried`` it sends the present form again."""
    close_session()
    factors = _factors(current_actor())
    status = error.status if error is not None else 403 if carried else 200
    response = render(
        "auth/step_up.html",
        status=status,
        action=request.full_path.rstrip("?") if carried else url_for("auth.confirm"),
        carried=carried_fields() if carried else [],
        next=onward,
        has_password=factors.has_password,
        has_code=factors.totp and "code" in step_up.proofs(),
        has_passkeys=factors.passkeys > 0,
        ways=WAYS,
        errors={PREFIX + name: text for name, text in error.fields.items()} if error else {},
        message=error.message if error is not None and not error.fields else None,
    )
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return make_response(response)


def _factors(actor: Actor) -> Factors:
    with database().transaction(Scope((), actor.user_id)) as session:
        return factors_of(session, actor.user_id)


def carried_fields() -> list[tuple[str, str]]:
    """What was typed, but for secrets, files and the token of the form."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in SECRET_FIELDS and not any(word in name.lower() for word in SECRET_WORDS)
    ]
