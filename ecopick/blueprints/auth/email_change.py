"""Changing one's email address: the new one, then the code that it received."""

import uuid
from typing import Any

from flask import Response, request, url_for

from ecopick.blueprints.auth.blueprint import api, pages
from ecopick.core.errors import AppError
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.commands.email_change import confirm_email_change, request_email_change
from ecopick.domains.auth.inputs import ChangeEmail, ConfirmEmail
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, database, db_session
from ecopick.web.step_up import needs_step_up
from ecopick.web.toasts import say


def _form(error: AppError | None = None) -> Response:
    return _page(error)


def _code_form(error: AppError | None = None) -> Response:
    return _page(error, request.form.get("proof_id"))


def _page(error: AppError | None = None, proof_id: uuid.UUID | str | None = None) -> Response:
    db_session().info["authorized"] = True  # The person's own address alone.
    return render(
        "auth/change_email.html",
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        proof_id=proof_id,
        new_email=request.form.get("new_email", ""),
    )


@pages.get("/account/security/email")
@needs_step_up
def email_form() -> Any:
    """The form for the new address, after a fresh confirmation of identity."""
    return _form()


@pages.post("/account/security/email")
@needs_step_up
@refill(_form)
def submit_email() -> Any:
    """Mail the code to the new address and ask for it."""
    proof_id = request_email_change(database(), current_actor(), bind(ChangeEmail))
    return _page(proof_id=proof_id)


@pages.post("/account/security/email/confirm")
@needs_step_up
@refill(_code_form)
def submit_email_code() -> Any:
    """Be reached by the new address from now on."""
    # The page carries the address along only to show it again.
    fields = {name: request.form.get(name, "") for name in ("proof_id", "code")}
    confirm_email_change(database(), current_actor(), bind(ConfirmEmail, source=fields))
    say(_("Your email address is changed."))
    return see_other(url_for("auth.account_security"))


@api.post("/email/change")
def change_email() -> Any:
    """202 with the id of the proof, taken addresses included; 403 asks for a step-up."""
    proof_id = request_email_change(database(), current_actor(), bind(ChangeEmail))
    return {"proof_id": str(proof_id)}, 202


@api.post("/email/change/confirm")
def confirm_email() -> Any:
    """200 with the new address; 422 for a wrong or spent code."""
    return {"email": confirm_email_change(database(), current_actor(), bind(ConfirmEmail))}
