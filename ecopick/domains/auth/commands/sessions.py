"""Sessions: opening, renewing, ending, and for whom they act.

Sessions and refresh tokens are bookkeeping: they are written in short
transactions of their own, so that what happened is kept although the request
that caused it may fail. A session and those that it was renewed into share one
family; whatever ends one of them ends the family.
"""

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, text, update
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
from ecopick.domains.auth.models import AuthPendingLogin, AuthRefreshToken, AuthSession
from ecopick.domains.auth.outputs import SignedIn
from ecopick.domains.auth.queries.actors import served_by
from ecopick.domains.people.models import User

SESSION_LIFETIME = timedelta(hours=12)
REMEMBERED_LIFETIME = timedelta(days=30)
REFRESH_LIFETIME = timedelta(days=30)
SIGN_IN = "sign_in"
EVERYWHERE = "signed_out_everywhere"


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
    moment, session_id = clock.now(), new_id()
    lifetime = REMEMBERED_LIFETIME if remember_me else SESSION_LIFETIME
    opened = _Opened(
        id=session_id,
        family_id=session_id,
        user_id=user_id,
        remember_me=remember_me,
        method=method,
        created_at=moment,
        last_seen_at=moment,
        step_up_at=moment,
        expires_at=moment + lifetime,
        refresh_ends_at=moment + REFRESH_LIFETIME,
    )
    return _store(session, opened, language)


def renew_session(
    session: Session,
    old: AuthSession,
    refresh_ends_at: datetime,
    *,
    confirmed: bool = False,
) -> SignedIn:
    """Replace a session by a new one of its family; the earlier id is dead at once.

    Neither the end of the family nor, unless its person is remembered or just
    ``confirmed`` their identity, the time without activity starts anew. The
    caller holds ``lock_sessions``.
    """
    moment = clock.now()
    ends_at = refresh_ends_at if old.remember_me else old.expires_at
    _revoke(session, AuthSession.id == old.id, rotated=True)
    opened = _Opened(
        id=new_id(),
        family_id=old.family_id,
        user_id=old.user_id,
        remember_me=old.remember_me,
        method=old.method,
        created_at=moment,
        last_seen_at=moment if confirmed or old.remember_me else old.last_seen_at,
        step_up_at=moment if confirmed else old.step_up_at,
        expires_at=ends_at,
        refresh_ends_at=refresh_ends_at,
        property_owner_id=old.property_owner_id,
        location=old.location,
    )
    language = session.scalars(select(User.language).where(User.id == old.user_id)).one()
    return _store(session, opened, language)


@dataclass(frozen=True)
class _Opened:
    id: uuid.UUID
    family_id: uuid.UUID
    user_id: uuid.UUID
    remember_me: bool
    method: str
    created_at: datetime
    last_seen_at: datetime
    step_up_at: datetime | None
    expires_at: datetime
    refresh_ends_at: datetime
    property_owner_id: uuid.UUID | None = None
    location: str | None = None


def _store(session: Session, opened: _Opened, language: str) -> SignedIn:
    at, moment, token = origin(), opened.created_at, secrets.token_urlsafe(32)
    device: dict[str, Any] = {
        "device_fingerprint": at.device_fingerprint,
        "persistent_device_id": at.device_id,
        "created_at": moment,
    }
    session.execute(
        insert(AuthSession).values(
            id=opened.id,
            user_id=opened.user_id,
            property_owner_id=opened.property_owner_id,
            family_id=opened.family_id,
            remember_me=opened.remember_me,
            method=opened.method,
            user_agent=at.user_agent,
            ip=at.ip,
            location=opened.location,
            last_seen_at=opened.last_seen_at,
            step_up_at=opened.step_up_at,
            expires_at=opened.expires_at,
            **device,
        )
    )
    session.execute(
        insert(AuthRefreshToken).values(
            id=new_id(),
            session_id=opened.id,
            user_id=opened.user_id,
            family_id=opened.family_id,
            token_hash=crypto.token_hash(token).hex(),
            expires_at=opened.refresh_ends_at,
            **device,
        )
    )
    return SignedIn(
        session_id=opened.id,
        family_id=opened.family_id,
        user_id=opened.user_id,
        refresh_token=token,
        remember_me=opened.remember_me,
        lifetime=opened.expires_at - moment,
        language=language,
    )


def open_session(
    database: Database, user_id: uuid.UUID, *, method: str, remember_me: bool = False
) -> SignedIn:
    """A session for somebody whose identity was proved by ``method`` instead of a password."""
    with database.transaction(Scope((PLATFORM_OWNER_ID,), user_id)) as session:
        signed_in = issue_session_bundle(session, user_id, method=method, remember_me=remember_me)
        audit.login(session, SIGN_IN, "success", user_id=user_id, meta={"method": method})
    return signed_in


def lock_sessions(session: Session, user_id: uuid.UUID) -> None:
    """Let nobody else renew or end sessions of this person until the transaction ends.

    Without it a session could be renewed while all of them are being ended, and
    its successor would live on.
    """
    mark = f"sessions:{user_id}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(mark, 0))))


def _revoke(session: Session, which: ColumnElement[bool], *, rotated: bool = False) -> int:
    """End sessions with their refresh tokens; how many.

    Only tokens that were ``rotated`` have been used: presenting one of them
    again means that two parties hold it.
    """
    moment = clock.now()
    ended = session.scalars(
        update(AuthSession)
        .where(which, AuthSession.revoked_at.is_(None))
        .values(
            revoked_at=moment,
            expires_at=func.least(AuthSession.expires_at, moment),
        )
        .returning(AuthSession.id)
        .execution_options(synchronize_session=False)
    ).all()
    values: dict[str, Any] = {"revoked_at": moment}
    if rotated:
        values["last_used_at"] = moment
    session.execute(
        update(AuthRefreshToken)
        .where(AuthRefreshToken.session_id.in_(ended), AuthRefreshToken.revoked_at.is_(None))
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return len(ended)


def end_family(session: Session, user_id: uuid.UUID, family_id: uuid.UUID) -> int:
    """End the sessions of one sign-in, with their tokens; how many still lived."""
    lock_sessions(session, user_id)
    return _revoke(session, (AuthSession.user_id == user_id) & (AuthSession.family_id == family_id))


def sign_out(
    database: Database, user_id: uuid.UUID, session_id: uuid.UUID, *, action: str = "sign_out"
) -> bool:
    """End the sign-in that a session belongs to; False where nothing was left to end.

    A session that is being renewed at this moment ends with its successor.
    """
    with database.transaction(Scope((PLATFORM_OWNER_ID,), user_id)) as session:
        family_id = session.scalars(
            select(AuthSession.family_id).where(
                AuthSession.id == session_id, AuthSession.user_id == user_id
            )
        ).one_or_none()
        if family_id is None or not end_family(session, user_id, family_id):
            return False
        audit.login(session, action, "success", user_id=user_id)
    return True


def end_all_sessions(
    session: Session, user_id: uuid.UUID, *, keep: uuid.UUID | None = None, reason: str
) -> int:
    """End every session of a person, but for the sign-in of session ``keep``; how many.

    Works in the caller's transaction, whoever the caller is, so that it happens
    together with its ``reason`` (``password_changed``, ``password_reset``,
    ``factor_changed``, ``blocked``, ``signed_out_everywhere``). Sign-ins that
    wait for their second step end too: they began with what no longer counts.
    """
    with _as_person(session, user_id):
        lock_sessions(session, user_id)
        _end_waiting(session, user_id)
        which = AuthSession.user_id == user_id
        if keep is not None:
            kept = select(AuthSession.family_id).where(AuthSession.id == keep).scalar_subquery()
            which = which & AuthSession.family_id.is_distinct_from(kept)
        ended = _revoke(session, which)
        if ended:
            audit.login(
                session,
                "sessions_ended",
                "success",
                user_id=user_id,
                reason_code=reason,
                meta={"count": ended},
            )
    return ended


def _end_waiting(session: Session, user_id: uuid.UUID) -> None:
    session.execute(
        update(AuthPendingLogin)
        .where(AuthPendingLogin.user_id == user_id, AuthPendingLogin.consumed_at.is_(None))
        .values(consumed_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def sign_out_everywhere(database: Database, actor: Actor, *, keep_current: bool = False) -> int:
    """End the person's sessions on every device, this one too unless it is kept; how many."""
    with database.transaction(Scope((PLATFORM_OWNER_ID,), actor.user_id)) as session:
        keep = actor.session_id if keep_current else None
        return end_all_sessions(session, actor.user_id, keep=keep, reason=EVERYWHERE)


@contextmanager
def _as_person(session: Session, user_id: uuid.UUID) -> Iterator[None]:
    """Sessions are seen by their person alone: look through their eyes for a moment."""
    announce = text("select set_config('app.user_id', :user, true)")
    before = session.scalar(text("select current_setting('app.user_id', true)"))
    session.flush()
    session.execute(announce, {"user": str(user_id)})
    yield
    # A failure rolls the caller's transaction back, and this setting with it.
    session.execute(announce, {"user": before or ""})


def choose_owner(session: Session, actor: Actor, data: ChooseOwner) -> None:
    """Let the person's session act for another owner whose staff they are.

    ``Invalid`` for any other owner.
    """
    if data.property_owner_id not in served_by(actor):
        sentence = _("Please choose one of the options.")
        raise Invalid(sentence, fields={"property_owner_id": sentence})
    session.info["authorized"] = True
    session.execute(
        update(AuthSession)
        .where(AuthSession.id == actor.session_id, AuthSession.user_id == actor.user_id)
        .values(property_owner_id=data.property_owner_id)
    )
