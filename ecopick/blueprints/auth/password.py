"""Changing one's password, or setting a first one."""

from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.auth.blueprint import api, pages
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.commands import password
from ecopick.domains.auth.commands.password import PasswordFacts, password_facts
from ecopick.domains.auth.inputs import ChangePassword
from ecopick.domains.auth.password_rules import ONLY_FACTOR_LENGTH, WITH_FACTOR_LENGTH
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.renewal import adopt
from ecopick.web.session_cookies import csrf_token_for
from ecopick.web.state import current_actor, database, db_session
from ecopick.web.step_up import confirmation_first
from ecopick.web.toasts import say


def card(session: Session, actor: Actor) -> dict[str, Any]:
    """What the card of the security page shows."""
    return {"password": password_facts(session, actor.user_id)}


@pages.get("/account/security/password")
def password_form() -> Any:
    """The form; somebody without a password confirms their identity first."""
    return _asked_first() or _form()


def _asked_first() -> Any:
    """Who has no password to prove confirms their identity in another way."""
    return confirmation_first() if _own_facts().stored is None else None


def _own_facts() -> PasswordFacts:
    session = db_session()
    session.info["authorized"] = True  # The person's own row alone.
    return password_facts(session, current_actor().user_id)


def _form(error: AppError | None = None) -> Response:
    facts = _own_facts()
    return render(
        "auth/change_password.html",
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        has_password=facts.stored is not None,
        least=WITH_FACTOR_LENGTH if facts.has_second_factor else ONLY_FACTOR_LENGTH,
    )


@pages.post("/account/security/password")
@refill(_form)
def submit_password() -> Any:
    """Change it; all other devices are signed out."""
    asked = _asked_first()
    if asked is not None:
        return asked
    signed_in = password.change_password(database(), current_actor(), bind(ChangePassword))
    adopt(signed_in)
    say(_("Password saved. All other devices were signed out."))
    return see_other(url_for("auth.account_security"))


@api.post("/password/change")
def change_password() -> Any:
    """200 with the new session's CSRF token; 422 names the field, 403 asks for a step-up."""
    signed_in = password.change_password(database(), current_actor(), bind(ChangePassword))
    adopt(signed_in)
    return {"csrf_token": csrf_token_for(signed_in.family_id)}
