"""What a person changes of their second factors: the authenticator app, mailed codes.

Each change is recorded, told by mail, and ends the person's other sessions.
Whoever calls asks for a fresh confirmation of identity before.
"""

import uuid
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.context import origin
from ecopick.core.errors import Conflict
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.core.validation import wrong_field
from ecopick.domains.auth import passwords, sealing, totp
from ecopick.domains.auth.codes import digits_of
from ecopick.domains.auth.commands import recovery_codes
from ecopick.domains.auth.commands.attempts import WINDOW, count
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.commands.sessions import end_all_sessions
from ecopick.domains.auth.commands.step_up import proved_by
from ecopick.domains.auth.models import MailKind, WebAuthnCredential
from ecopick.domains.auth.queries.credentials import factors_of
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import find_self
from ecopick.domains.security.commands.limits import Limit, take_back

KIND = "factor_change"
GUESSES = Limit("person", 5, WINDOW)
# How long a secret that was shown waits for its first code.
SETUP_LIFETIME = timedelta(minutes=30)


@dataclass(frozen=True)
class Setup:
    """What an app needs: the secret, and the address that its camera reads."""

    secret: str
    address: str


def set_up_app(database: Database, actor: Actor) -> Setup:
    """A fresh secret for an authenticator app; nothing changes until its first code came."""
    secret = totp.new_secret()
    with _own(database, actor) as session:
        _keep_pending(session, actor, None, secret)
        _record(session, actor, "success", "app_setup_begun")
    return Setup(secret, totp.address(secret, actor.email))


def waiting_app(database: Database, actor: Actor) -> Setup | None:
    """The secret that still waits for its first code."""
    with _own(database, actor) as session:
        stored = session.scalar(select(User.totp_pending_enc).where(User.id == actor.user_id))
    secret = _pending_secret(stored, actor.user_id)
    return Setup(secret, totp.address(secret, actor.email)) if secret else None


def enable_app(database: Database, actor: Actor, typed: str) -> list[str]:
    """Ask for the app's codes from now on; ``typed`` proves that it has the secret.

    Answers ten recovery codes where the person had none left, else an empty
    list. ``Invalid`` for a wrong code, ``Conflict`` without a waiting secret.
    """
    with _own(database, actor) as session:
        reason = _enable_app(session, actor, None, digits_of(typed) or "")
        if reason is None:
            _changed(session, actor, MailKind.FACTOR_ADDED, "totp", "app_added")
            needs_codes = recovery_codes.left(session, actor.user_id) == 0
        else:
            _record(session, actor, "failure", reason)
    if reason == "no_setup":
        raise Conflict(_("This setup is no longer open. Please begin again."), code="no_setup")
    if reason is not None:
        raise wrong_field("code", _("That code is not right. Please enter the newest one."))
    return recovery_codes.make_new(database, actor) if needs_codes else []


def set_mailed_codes(database: Database, actor: Actor, *, enabled: bool) -> None:
    """Let a mailed code be the second step, or no longer."""
    with _own(database, actor) as session:
        if not _set_mailed_codes(session, actor, None, enabled):
            return
        kind = MailKind.FACTOR_ADDED if enabled else MailKind.FACTOR_REMOVED
        reason = "mailed_codes_on" if enabled else "mailed_codes_off"
        _changed(session, actor, kind, "email_code", reason)


def switch_off(database: Database, actor: Actor, password: str | None, typed: str | None) -> None:
    """Sign in without a second step from now on: app, mailed codes and recovery codes go.

    Asks for the password, where there is one, and with an app for one of its
    codes or a recovery code. ``Invalid`` under the field that is wrong,
    ``Conflict`` where there is nothing to switch off or the person's role needs it.
    """
    with _own(database, actor) as session:
        must_keep = factors_of(session, actor.user_id).must_keep_second_step
        stored = session.execute(
            select(User.password_hash, User.totp_secret_enc, User.two_factor_enabled).where(
                User.id == actor.user_id
            )
        ).one()
    if must_keep:
        _refuse(database, actor, "second_step_needed")
        raise Conflict(
            _(
                "Your role needs the second step, so it stays on. You can set up another "
                "authenticator app, and add or remove passkeys."
            ),
            code="second_step_needed",
        )
    if not stored.two_factor_enabled and stored.totp_secret_enc is None:
        raise Conflict(_("The second step is already switched off."), code="already_off")
    if stored.password_hash is not None and not password:
        raise wrong_field("password", _("This field is needed."))
    if stored.totp_secret_enc is not None and not typed:
        raise wrong_field("code", _("This field is needed."))
    person = {GUESSES: str(actor.user_id)}
    allowance = count(database, KIND, person, user_id=actor.user_id, email=actor.email)
    if stored.password_hash is not None and not passwords.matches(
        stored.password_hash, password or ""
    ):
        _refuse(database, actor, "wrong_password")
        raise wrong_field("password", _("That password is not right."))
    needs_code = stored.totp_secret_enc is not None
    digest = recovery_codes.hash_typed(database, actor.user_id, typed or "") if needs_code else ""
    with _own(database, actor) as session:
        reason = prove(session, actor, typed or "", digest) if needs_code else None
        if reason is None:
            take_back(session, KIND, allowance, person)
            _switch_off(session, actor, None)
            recovery_codes.void_all(session, actor, None)
            _changed(session, actor, MailKind.FACTOR_REMOVED, "all", "second_step_off")
        else:
            _record(session, actor, "failure", reason)
    if reason is not None:
        raise wrong_field("code", _("That code is not right. Please enter the newest one."))


@proved_by("code", _("That code is not right. Please enter the newest one."))
def is_own_code(database: Database, actor: Actor, typed: str) -> bool:
    """Whether it is a code of the person's app or a recovery code; it is used up."""
    is_short = digits_of(typed) is not None
    digest = "" if is_short else recovery_codes.hash_typed(database, actor.user_id, typed)
    with _own(database, actor) as session:
        return prove(session, actor, typed, digest) is None


def prove(session: Session, actor: Actor, typed: str, digest: str) -> str | None:
    """Use up an app's code or a recovery code (``digest``: its hash); why not, if it fails.

    The transaction's scope must be the person's.
    """
    code = digits_of(typed)
    if code is not None:
        return use_app_code(session, actor, None, code)
    used = recovery_codes.use(session, actor, None, digest)
    return None if used else "wrong_recovery_code"


@command("profile:edit", find=find_self, audit_as=None)
def use_app_code(session: Session, actor: Actor, user: User, code: str) -> str | None:
    """Use up the step of an app's code; None exactly once for a step, else why not.

    Steps only go up: a code of a used step, or of one before it, is refused.
    """
    secret = sealing.unseal(user.totp_secret_enc, user.id)
    step = totp.matching_step(secret, code, clock.now()) if secret is not None else None
    if step is None:
        return "no_app" if user.totp_secret_enc is None else "wrong_code"
    moved = session.scalar(
        update(User)
        .where(User.id == user.id, or_(User.totp_last_step.is_(None), User.totp_last_step < step))
        .values(totp_last_step=step)
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    return None if moved is not None else "replayed_code"


@command("profile:edit", find=find_self, audit_as=None)
def _keep_pending(session: Session, actor: Actor, user: User, secret: str) -> None:
    expires = int((clock.now() + SETUP_LIFETIME).timestamp())
    user.totp_pending_enc = sealing.seal(f"{secret}.{expires}", user.id)


def _pending_secret(stored: str | None, user_id: uuid.UUID) -> str | None:
    secret, _dot, expires = (sealing.unseal(stored, user_id) or "").partition(".")
    return secret if secret and int(expires) > clock.now().timestamp() else None


@command("profile:edit", find=find_self, audit_as=None)
def _enable_app(session: Session, actor: Actor, user: User, code: str) -> str | None:
    secret = _pending_secret(user.totp_pending_enc, user.id)
    if secret is None:
        return "no_setup"
    step = totp.matching_step(secret, code, clock.now())
    if step is None:
        return "wrong_code"
    user.totp_secret_enc = sealing.seal(secret, user.id)
    user.totp_pending_enc = None
    user.totp_last_step = step
    _switch_on(user)
    return None


@command("profile:edit", find=find_self, audit_as=None)
def _set_mailed_codes(session: Session, actor: Actor, user: User, enabled: bool) -> bool:
    """Whether anything changed."""
    if user.email_otp_enabled == enabled:
        return False
    user.email_otp_enabled = enabled
    if enabled:
        _switch_on(user)
    elif user.totp_secret_enc is None and not _has_passkey(session, user.id):
        user.two_factor_enabled = False
        user.two_factor_enabled_at = None
    return True


def _switch_on(user: User) -> None:
    if not user.two_factor_enabled:
        user.two_factor_enabled = True
        user.two_factor_enabled_at = clock.now()


def _has_passkey(session: Session, user_id: uuid.UUID) -> bool:
    query = select(func.count()).where(WebAuthnCredential.user_id == user_id)
    return bool(session.scalar(query))


@command("profile:edit", find=find_self, audit_as=None)
def _switch_off(session: Session, actor: Actor, user: User) -> None:
    user.totp_secret_enc = None
    user.totp_pending_enc = None
    user.totp_last_step = None
    user.email_otp_enabled = False
    user.two_factor_enabled = False
    user.two_factor_enabled_at = None


def _own(database: Database, actor: Actor) -> AbstractContextManager[Session]:
    """A transaction of the person's own."""
    return database.transaction(Scope((PLATFORM_OWNER_ID,), actor.user_id))


def _changed(session: Session, actor: Actor, kind: MailKind, factor: str, reason: str) -> None:
    """Record a change of factors, tell the person, end their other sessions."""
    _record(session, actor, "success", reason)
    ask_for_mail(
        session,
        kind,
        actor.email,
        language=actor.language,
        user_id=actor.user_id,
        facts={"factor": factor},
    )
    end_all_sessions(session, actor.user_id, keep=actor.session_id, reason="factor_changed")


def _refuse(database: Database, actor: Actor, reason: str) -> None:
    with _own(database, actor) as session:
        _record(session, actor, "failure", reason)


def _record(session: Session, actor: Actor, outcome: str, reason: str) -> None:
    audit.login(
        session,
        KIND,
        outcome,
        user_id=actor.user_id,
        email=actor.email,
        reason_code=reason,
        device_fingerprint=origin().device_fingerprint,
    )
