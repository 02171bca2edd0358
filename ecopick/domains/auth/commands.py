"""Signing in and out.

Sessions, refresh tokens and counted attempts are bookkeeping: they are written
in short transactions of their own, so that a refusal is recorded although the
request that carried it fails.
"""

import secrets
import uuid
from datetime import timedelta

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from ecopick.core import audit, clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.context import origin
from ecopick.core.db import new_id
from ecopick.core.errors import AppError, Conflict, Invalid, Text, TooManyRequests
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.text import ngettext
from ecopick.core.uow import Database
from ecopick.domains.auth import passwords
from ecopick.domains.auth.inputs import ChooseOwner, NewAdministrator, SignIn
from ecopick.domains.auth.models import AuthRefreshToken, AuthSession
from ecopick.domains.auth.outputs import SignedIn
from ecopick.domains.auth.queries import Credentials, find_credentials, served_by
from ecopick.domains.people import commands as people
from ecopick.domains.people.inputs import AdministratorRow
from ecopick.domains.people.models import User
from ecopick.domains.security.commands import Allowance, Limit, count_attempt, take_back

SESSION_LIFETIME = timedelta(hours=12)
REMEMBERED_LIFETIME = timedelta(days=30)
REFRESH_LIFETIME = timedelta(days=30)

WINDOW = timedelta(minutes=15)
PER_EMAIL = Limit("email", 5, WINDOW)
# Whole offices share one address; this only slows a list of stolen passwords.
PER_ADDRESS = Limit("ip", 100, WINDOW)
SIGN_IN = "sign_in"


class WrongCredentials(AppError):
    """No such person, or not their password: never told apart."""

    status = 401
    code = "wrong_credentials"

    def __init__(self, message: Text) -> None:
        super().__init__(message, fields={"password": message})


def sign_in(database: Database, data: SignIn) -> SignedIn:
    """Check the password and open a session.

    Unknown people, people without a password and wrong passwords cost the same
    work and get the same answer: ``WrongCredentials``. After five failures for
    one address within 15 minutes: ``TooManyRequests``. Every outcome is
    recorded.
    """
    limits = {PER_EMAIL: data.email, PER_ADDRESS: origin().ip or ""}
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        person = find_credentials(session, data.email)
        allowance = count_attempt(session, SIGN_IN, limits)
        if allowance.wait:
            _record(session, "denied", person, data, "rate_limited")
    if allowance.wait:
        raise _too_many(allowance)
    stored = person.password_hash if person is not None else None
    if not passwords.matches(stored, data.password) or person is None:
        with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
            _record(session, "failure", person, data, _reason(person))
        raise _wrong(allowance)
    with database.transaction(Scope((PLATFORM_OWNER_ID,), person.user_id)) as session:
        take_back(session, SIGN_IN, allowance, {PER_EMAIL: data.email})
        signed_in = issue_session_bundle(
            session, person.user_id, remember_me=bool(data.remember_me), language=person.language
        )
        _record(session, "success", person, data, None)
    return signed_in


def _reason(person: Credentials | None) -> str:
    if person is None:
        return "unknown_email"
    return "no_password" if person.password_hash is None else "wrong_password"


def _record(
    session: Session, outcome: str, person: Credentials | None, data: SignIn, reason: str | None
) -> None:
    audit.login(
        session,
        SIGN_IN,
        outcome,
        user_id=person.user_id if person is not None else None,
        email=data.email,
        reason_code=reason,
    )


def _wrong(allowance: Allowance) -> WrongCredentials:
    minutes = int(WINDOW.total_seconds() // 60)
    if allowance.left:
        return WrongCredentials(
            ngettext(
                "That email and password do not match. "
                "%(num)s attempt left before a %(minutes)s-minute wait.",
                "That email and password do not match. "
                "%(num)s attempts left before a %(minutes)s-minute wait.",
                allowance.left,
                minutes=minutes,
            )
        )
    return WrongCredentials(
        _(
            "That email and password do not match. Please wait %(minutes)s minutes before "
            "you try again.",
            minutes=minutes,
        )
    )


def _too_many(allowance: Allowance) -> TooManyRequests:
    minutes = -(-allowance.wait // 60)
    return TooManyRequests(
        ngettext(
            "Too many attempts. Please wait %(num)s minute, then try again.",
            "Too many attempts. Please wait %(num)s minutes, then try again.",
            minutes,
        ),
        retry_after=allowance.wait,
    )


def issue_session_bundle(
    session: Session, user_id: uuid.UUID, *, remember_me: bool = False, language: str = "en"
) -> SignedIn:
    """A new session with its refresh token; the transaction's scope must be the person's.

    Of the refresh token only the hash is stored. A fresh session counts as a
    confirmation of identity.
    """
    at, moment = origin(), clock.now()
    lifetime = REMEMBERED_LIFETIME if remember_me else SESSION_LIFETIME
    token = secrets.token_urlsafe(32)
    session_id, family_id = new_id(), new_id()
    session.execute(
        insert(AuthSession).values(
            id=session_id,
            user_id=user_id,
            family_id=family_id,
            remember_me=remember_me,
            user_agent=at.user_agent,
            ip=at.ip,
            created_at=moment,
            last_seen_at=moment,
            step_up_at=moment,
            expires_at=moment + lifetime,
        )
    )
    session.execute(
        insert(AuthRefreshToken).values(
            id=new_id(),
            session_id=session_id,
            user_id=user_id,
            family_id=family_id,
            token_hash=crypto.token_hash(token).hex(),
            created_at=moment,
            expires_at=moment + REFRESH_LIFETIME,
        )
    )
    return SignedIn(session_id, user_id, token, remember_me, lifetime, language)


def open_session(
    database: Database, user_id: uuid.UUID, *, method: str, remember_me: bool = False
) -> SignedIn:
    """A session for somebody whose identity was proved by ``method`` instead of a password."""
    with database.transaction(Scope((PLATFORM_OWNER_ID,), user_id)) as session:
        signed_in = issue_session_bundle(session, user_id, remember_me=remember_me)
        audit.login(session, SIGN_IN, "success", user_id=user_id, meta={"method": method})
    return signed_in


def sign_out(database: Database, user_id: uuid.UUID, session_id: uuid.UUID) -> None:
    """End one session of the person, with its refresh token; ended ones stay ended."""
    moment = clock.now()
    with database.transaction(Scope((PLATFORM_OWNER_ID,), user_id)) as session:
        ended = session.execute(
            update(AuthSession)
            .where(
                AuthSession.id == session_id,
                AuthSession.user_id == user_id,
                AuthSession.revoked_at.is_(None),
            )
            .values(revoked_at=moment, expires_at=moment)
            .returning(AuthSession.id)
        ).scalar_one_or_none()
        if ended is None:
            return
        session.execute(
            update(AuthRefreshToken)
            .where(AuthRefreshToken.session_id == session_id, AuthRefreshToken.revoked_at.is_(None))
            .values(revoked_at=moment)
        )
        audit.login(session, "sign_out", "success", user_id=user_id)


def choose_owner(session: Session, actor: Actor, data: ChooseOwner) -> None:
    """Let the person's session act for another owner whose staff they are.

    ``Invalid`` for any other owner.
    """
    if data.property_owner_id not in served_by(actor):
        text = _("Please choose one of the options.")
        raise Invalid(text, fields={"property_owner_id": text})
    session.info["authorized"] = True
    session.execute(
        update(AuthSession)
        .where(AuthSession.id == actor.session_id, AuthSession.user_id == actor.user_id)
        .values(property_owner_id=data.property_owner_id)
    )


def create_administrator(database: Database, data: NewAdministrator) -> uuid.UUID:
    """The first account of an installation: an app administrator; answers their id.

    With ``owner_name`` also a new property owner, with them as PROPERTY_OWNER.
    ``Conflict`` where the address is taken.
    """
    user_id, owner_id = new_id(), new_id()
    with database.transaction(Scope((owner_id, PLATFORM_OWNER_ID), user_id)) as session:
        if find_credentials(session, data.email) is not None:
            raise Conflict(_("There is already an account with this email address."))
        people.create_administrator(
            session,
            Actor.system(owner_id if data.owner_name else PLATFORM_OWNER_ID, via="command_line"),
            None,
            AdministratorRow(
                email=data.email,
                name=data.name,
                language=data.language,
                owner_name=data.owner_name,
                password_hash=passwords.hash_password(data.password),
            ),
            User(id=user_id),
        )
        audit.login(session, "account_created", "success", user_id=user_id, email=data.email)
    return user_id
