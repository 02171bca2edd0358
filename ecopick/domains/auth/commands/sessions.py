"""Sessions: opening, ending, and for whom they act.

Sessions and refresh tokens are bookkeeping: they are written in short
transactions of their own, so that what happened is kept although the request
that caused it may fail.
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
from ecopick.core.errors import Invalid
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth.inputs import ChooseOwner
from ecopick.domains.auth.models import AuthRefreshToken, AuthSession
from ecopick.domains.auth.outputs import SignedIn
from ecopick.domains.auth.queries.actors import served_by

SESSION_LIFETIME = timedelta(hours=12)
REMEMBERED_LIFETIME = timedelta(days=30)
REFRESH_LIFETIME = timedelta(days=30)
SIGN_IN = "sign_in"


def issue_session_bundle(
    session: Session,
    user_id: uuid.UUID,
    *,
    method: str,
    remember_me: bool = False,
    language: str = "en",
) -> SignedIn:
    """A new session with its refresh token; the transaction's scope must be the person's.

    ``method`` names what proved the identity (``password+totp``, ``passkey``).
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
            method=method,
            device_fingerprint=at.device_fingerprint,
            persistent_device_id=at.device_id,
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
            device_fingerprint=at.device_fingerprint,
            persistent_device_id=at.device_id,
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
        signed_in = issue_session_bundle(session, user_id, method=method, remember_me=remember_me)
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
