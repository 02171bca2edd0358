"""Second factors and recovery codes: their pages, and the same for programs."""

from typing import Any

from flask import Response, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ecopick.blueprints.auth.blueprint import api, pages
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Conflict, Invalid, TooManyRequests
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.auth import recovery, totp
from ecopick.domains.auth.commands import factors, recovery_codes
from ecopick.domains.auth.factor_inputs import (
    DisableFactors,
    FactorCode,
    SecurityAction,
    SwitchMailedCodes,
)
from ecopick.domains.auth.queries.credentials import factors_of
from ecopick.domains.people.models import User
from ecopick.web import toasts
from ecopick.web.bind import bind
from ecopick.web.factor_gate import must_add_factor
from ecopick.web.idempotency import keep_no_answer
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, database, db_session
from ecopick.web.step_up import needs_step_up, require_step_up


@api.post("/security")
def change_security() -> Any:
    """200 with what changed; 403 ``step_up_required`` without a fresh proof of identity."""
    data, actor = bind(SecurityAction), current_actor()
    require_step_up()
    db_session().info["authorized"] = True  # The commands ask, in transactions of their own.
    if data.action == "totp_setup":
        keep_no_answer()
        setup = factors.set_up_app(database(), actor)
        return {
            "secret": setup.secret,
            "otpauth_uri": setup.address,
            "qr_svg": totp.picture(setup.address),
        }
    if data.action == "totp_enable":
        if data.code is None:
            raise wrong_field("code", _("This field is needed."))
        keep_no_answer()
        codes = factors.enable_app(database(), actor, data.code)
        return {"two_factor_enabled": True, "recovery_codes": codes}
    if data.action == "two_factor_disable":
        factors.switch_off(database(), actor, data.password, data.code)
        return {"two_factor_enabled": False}
    if data.enabled is None:
        raise wrong_field("enabled", _("This field is needed."))
    factors.set_mailed_codes(database(), actor, enabled=data.enabled)
    return {"email_otp_enabled": data.enabled}


@api.post("/2fa/recovery-codes")
def make_recovery_codes() -> Any:
    """201 with ten new codes, shown this once; all earlier ones are void."""
    require_step_up()
    db_session().info["authorized"] = True
    keep_no_answer()
    return {"recovery_codes": recovery_codes.make_new(database(), current_actor())}, 201


@pages.post("/account/security/add-app")
@needs_step_up
def begin_app() -> Any:
    """Make the secret of a new authenticator app and show it."""
    factors.set_up_app(database(), current_actor())
    return see_other(url_for("auth.add_app"))


@pages.get("/account/security/add-app")
@needs_step_up
def add_app() -> Any:
    """The secret as picture and text, until its first code has come."""
    return _app_page()


@pages.post("/account/security/add-app/confirm")
@needs_step_up
def confirm_app() -> Any:
    """The app's first code: from now on it is asked for."""
    try:
        codes = factors.enable_app(database(), current_actor(), bind(FactorCode).code)
    except Invalid as error:
        return _app_page(error)
    except Conflict as error:
        toasts.say(error.message, tone="error")
        return _back()
    if codes:
        return _codes_page(codes, _("Your authenticator app is set up."))
    toasts.say(_("Your authenticator app is set up."))
    return _back()


@pages.post("/account/security/mailed-codes")
@needs_step_up
def switch_mailed_codes() -> Any:
    """Mailed codes as a second step: on or off."""
    enabled = bind(SwitchMailedCodes).enabled
    factors.set_mailed_codes(database(), current_actor(), enabled=enabled)
    toasts.say(_("Codes by email are on.") if enabled else _("Codes by email are off."))
    return _back()


@pages.get("/account/security/two-factor-off")
@needs_step_up
def ask_to_disable() -> Any:
    """Ask for what switching the second step off needs."""
    return _off_page()


@pages.post("/account/security/two-factor-off")
@needs_step_up
def disable_two_factor() -> Any:
    """Switch the second step off."""
    try:
        data = bind(DisableFactors)
        factors.switch_off(database(), current_actor(), data.password, data.code)
    except (Invalid, TooManyRequests) as error:
        return _off_page(error)
    except Conflict as error:
        toasts.say(error.message, tone="error")
        return _back()
    toasts.say(_("The second step is switched off."))
    return _back()


@pages.post("/account/security/recovery-codes")
@needs_step_up
def renew_recovery_codes() -> Any:
    """Ten new recovery codes, shown this once."""
    try:
        codes = recovery_codes.make_new(database(), current_actor())
    except Conflict as error:
        toasts.say(error.message, tone="error")
        return _back()
    return _codes_page(codes)


def factors_card(session: Session, actor: Actor) -> dict[str, Any]:
    """What the card of the second factors shows."""
    found = factors_of(session, actor.user_id)
    since = session.scalar(select(User.two_factor_enabled_at).where(User.id == actor.user_id))
    return {
        "factors": found,
        "two_factor_since": since,
        "recovery_codes_total": recovery.COUNT,
        "must_add_factor": must_add_factor(actor),
    }


def no_more(session: Session, actor: Actor) -> dict[str, Any]:
    """A card that needs nothing but what another one read."""
    return {}


def _app_page(error: AppError | None = None) -> Response | BaseResponse:
    setup = factors.waiting_app(database(), current_actor())
    if setup is None:
        return _back()
    return _own_page(
        "auth/add_factor.html",
        error,
        picture=totp.picture(setup.address),
        secret=setup.secret,
        key=totp.in_groups(setup.secret),
    )


def _off_page(error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    found = factors_of(session, actor.user_id)
    return _own_page("auth/two_factor_off.html", error, factors=found)


def _codes_page(codes: list[str], done: Any = None) -> Response:
    return _own_page("auth/recovery_codes.html", None, codes=codes, done=done)


def _own_page(template: str, error: AppError | None, **values: Any) -> Response:
    """A page about the person's own account alone."""
    db_session().info["authorized"] = True
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


def _back() -> BaseResponse:
    return see_other(url_for("auth.account_security"))
