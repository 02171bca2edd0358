"""Passkeys: what the pages' script asks and sends, and the card under account security."""

from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ecopick.blueprints.auth.blueprint import api, pages
from ecopick.blueprints.auth.session_api import answer
from ecopick.core.actor import Actor
from ecopick.core.errors import Conflict, Invalid
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.assertions import RelyingParty
from ecopick.domains.auth.commands import own_passkeys, passkeys
from ecopick.domains.auth.commands.attempts import check_rate
from ecopick.domains.auth.passkey_inputs import (
    AddPasskey,
    AskPasskey,
    ConfirmWithPasskey,
    RenamePasskey,
    SignInWithPasskey,
)
from ecopick.domains.auth.queries.passkeys import Passkey, passkeys_of
from ecopick.web import toasts
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.idempotency import keep_no_answer
from ecopick.web.render import see_other
from ecopick.web.renewal import adopt, session_clock
from ecopick.web.state import current_actor, database, db_session, settings
from ecopick.web.step_up import WAYS, needs_step_up

WAYS.append("auth/_step_up_passkey.html")


@api.post("/passkeys/login/options")
@public
@csrf_exempt
def ask_to_sign_in() -> Any:
    """200 with what the browser needs; 401 for a second step that is not open."""
    data = bind(AskPasskey)
    check_rate(database(), "account")
    if data.pending_login_id is not None:
        return passkeys.ask_second_step(database(), _party(), data.pending_login_id)
    return passkeys.ask(database(), _party())


@api.post("/passkeys/login/verify")
@public
@csrf_exempt
def sign_in_by_passkey() -> Any:
    """200 with the person and the cookies; 401 for whatever is wrong, 403 for blocked sources."""
    data = bind(SignInWithPasskey)
    check_rate(database(), "account")
    keep_no_answer()
    if data.pending_login_id is not None:
        return answer(
            passkeys.take_second_step(database(), _party(), data.credential, data.pending_login_id)
        )
    remember_me = bool(data.remember_me)
    return answer(passkeys.sign_in(database(), _party(), data.credential, remember_me=remember_me))


@api.post("/passkeys/confirm/options")
def ask_to_confirm() -> Any:
    """200 with what the browser needs to confirm the identity of who is signed in."""
    return passkeys.ask_confirmation(database(), _party(), current_actor())


@api.post("/passkeys/confirm/verify")
def confirm_by_passkey() -> Any:
    """200 and a new session that may do sensitive things for five minutes; 422 else."""
    data = bind(ConfirmWithPasskey)
    keep_no_answer()
    adopt(passkeys.confirm(database(), _party(), current_actor(), data.credential))
    return {"confirmed": True, **session_clock()}


@api.post("/passkeys/register/options")
def ask_to_add() -> Any:
    """200 with what the browser needs; 403 ``step_up_required``, 409 for the 21st."""
    return own_passkeys.ask_new(database(), _party(), current_actor())


@api.post("/passkeys/register/verify")
def add_passkey() -> Any:
    """201 with the passkey; 422 for whatever is wrong, 403 ``step_up_required``."""
    data = bind(AddPasskey)
    found = own_passkeys.add(database(), _party(), current_actor(), data.credential, data.name)
    return _told(found), 201


@api.get("/passkeys/available")
def list_passkeys() -> Any:
    """The person's own passkeys, oldest first."""
    session, actor = db_session(), current_actor()
    session.info["authorized"] = True  # The person's own rows alone.
    return {"passkeys": [_told(found) for found in passkeys_of(session, actor.user_id)]}


@api.put("/passkeys/<passkey_id>")
def rename_passkey(passkey_id: str) -> Any:
    """204; 404 for any but the person's own."""
    own_passkeys.rename(database(), current_actor(), passkey_id, bind(RenamePasskey).name)
    return Response(status=204)


@api.delete("/passkeys/<passkey_id>")
def remove_passkey(passkey_id: str) -> Any:
    """204; 403 ``step_up_required``, 404 for any but the person's own, 409 where it is needed."""
    own_passkeys.remove(database(), current_actor(), passkey_id)
    return Response(status=204)


@pages.get("/account/security/passkeys/add")
@needs_step_up
def begin_passkey() -> Any:
    """Once the person is confirmed, back to the card, whose button can now add one."""
    return _back()


@pages.post("/account/security/passkeys/<passkey_id>/name")
def name_passkey(passkey_id: str) -> Any:
    """Rename a passkey."""
    try:
        own_passkeys.rename(database(), current_actor(), passkey_id, bind(RenamePasskey).name)
    except Invalid as error:
        toasts.say(next(iter(error.fields.values()), error.message), tone="error")
    return _back()


@pages.post("/account/security/passkeys/<passkey_id>/remove")
@needs_step_up
def drop_passkey(passkey_id: str) -> Any:
    """Remove a passkey; a sentence says why where it is needed."""
    try:
        own_passkeys.remove(database(), current_actor(), passkey_id)
        toasts.say(_("The passkey is removed. Please delete it on your device as well."))
    except Conflict as error:
        toasts.say(error.message, tone="error")
    return _back()


def passkeys_card(session: Session, actor: Actor) -> dict[str, Any]:
    """What the card of the passkeys shows."""
    return {"passkeys": passkeys_of(session, actor.user_id), "most_passkeys": own_passkeys.MOST}


def _told(found: Passkey) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "name": found.name,
        "created_at": found.created_at.isoformat(),
        "last_used_at": found.last_used_at.isoformat() if found.last_used_at else None,
        "backed_up": found.backed_up,
    }


def _party() -> RelyingParty:
    return RelyingParty(settings().webauthn_rp_id, settings().webauthn_origin)


def _back() -> BaseResponse:
    return see_other(url_for("auth.account_security", _anchor="passkeys"))
