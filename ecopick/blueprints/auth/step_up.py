"""Confirming one's identity: a page of its own, and the same for programs."""

from typing import Any

from flask import request

from ecopick.blueprints.auth.blueprint import api, pages
from ecopick.blueprints.auth.finishing import home_of
from ecopick.core.errors import Invalid, StepUpRequired, TooManyRequests
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.auth.commands import step_up
from ecopick.domains.auth.commands.step_up import WrongProof
from ecopick.domains.auth.inputs import ConfirmIdentity
from ecopick.web.bind import bind
from ecopick.web.render import local_path, see_other
from ecopick.web.renewal import adopt, session_clock
from ecopick.web.state import current_actor, database
from ecopick.web.step_up import confirmation, take_proof


@pages.get("/account/confirm")
def confirm() -> Any:
    """Ask for a proof; whoever gave one within five minutes goes on."""
    if step_up.is_confirmed(current_actor()):
        return see_other(_onward())
    return confirmation(None, onward=_onward())


@pages.post("/account/confirm")
def submit_confirmation() -> Any:
    """Check the proof and go on to the page that asked for it."""
    try:
        take_proof()
    except StepUpRequired:
        sentence = _("This field is needed.")
        return confirmation(Invalid(sentence, fields={"password": sentence}), onward=_onward())
    except (WrongProof, TooManyRequests) as error:
        return confirmation(error, onward=_onward())
    return see_other(_onward())


def _onward() -> str:
    return local_path(request.values.get("next"), "") or home_of(current_actor())


@api.post("/verify-access-password")
def verify_access() -> Any:
    """200 and a new session that may do sensitive things for five minutes.

    422 for a wrong proof, 429 after too many.
    """
    proof, typed = bind(ConfirmIdentity).proof()
    if proof not in step_up.proofs():
        raise wrong_field(proof, _("This field is not accepted."))
    adopt(step_up.verify(database(), current_actor(), proof, typed))
    return {"confirmed": True, **session_clock()}
