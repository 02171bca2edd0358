"""Refreshing: a session is replaced by the next one of its family, once for each token.

Of many that present one token at once exactly one wins; the others are told
within the grace that somebody was faster, and get nothing. Whoever comes with a
used token after the grace holds a copy of it, so the whole family ends.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import DateTime, Uuid, cast, column, func, select
from sqlalchemy.orm import Session

from ecopick.core import audit, clock, crypto
from ecopick.core.errors import Conflict, Unauthenticated
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth.commands.attempts import check_rate
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.commands.sessions import end_family, lock_sessions, renew_session
from ecopick.domains.auth.models import AuthRefreshToken, AuthSession, MailKind
from ecopick.domains.auth.outputs import SignedIn
from ecopick.domains.auth.queries.actors import idle_end, lives
from ecopick.domains.people.models import User
from ecopick.domains.security.commands.alerts import raise_alert
from ecopick.domains.security.models import AlertCategory, AlertType
from ecopick.domains.security.queries.blocks import find_block

REFRESH = "refresh"
REUSE = "refresh_reuse"
GRACE = timedelta(seconds=10)
REUSE_RISK = 80


class SessionOver(Unauthenticated):
    """The token opens nothing any more: the person has to sign in."""

    code = "session_over"

    def __init__(self) -> None:
        super().__init__(_("Your session has ended. Please sign in again."))


class AlreadyRefreshed(Conflict):
    """Another request refreshed the session a moment ago; its cookies are the right ones."""

    code = "already_refreshed"

    def __init__(self) -> None:
        super().__init__(_("Your session was just renewed. Please try again."))


def _unknown(database: Database) -> SessionOver:
    """Tokens cannot be guessed, but whoever tries is slowed down like anybody else."""
    check_rate(database, REFRESH)
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        audit.login(session, REFRESH, "failure", user_id=None, reason_code="unknown_token")
    return SessionOver()


@dataclass(frozen=True)
class _Held:
    """The token that was presented."""

    id: uuid.UUID
    session_id: uuid.UUID
    user_id: uuid.UUID
    family_id: uuid.UUID


def refresh_session(database: Database, token: str) -> SignedIn:
    """The next session of the token's family; the session before and the token are dead.

    Without "keep me signed in" it opens nothing that idling or the end of the
    twelve hours closed, and moves neither end; with it the family lives until
    thirty days after the sign-in. ``AlreadyRefreshed`` within ten seconds of
    another use; ``SessionOver`` for everything else. Every outcome is recorded.
    """
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        held = _find(session, token)
    if held is None:
        raise _unknown(database)
    with database.transaction(Scope((PLATFORM_OWNER_ID,), held.user_id)) as session:
        outcome = _use(session, held)
    if isinstance(outcome, SignedIn):
        return outcome
    raise outcome


def _find(session: Session, token: str) -> _Held | None:
    found = func.find_refresh_token(crypto.token_hash(token).hex()).table_valued(
        column("id", Uuid),
        column("session_id", Uuid),
        column("user_id", Uuid),
        column("family_id", Uuid),
        column("expires_at", DateTime(timezone=True)),
        column("revoked_at", DateTime(timezone=True)),
    )
    row = session.execute(select(found)).one_or_none()
    return _Held(row.id, row.session_id, row.user_id, row.family_id) if row is not None else None


def _use(session: Session, held: _Held) -> SignedIn | SessionOver | AlreadyRefreshed:
    """Renew, or record why not. Whoever waited for the lock sees what the winner did."""
    if _unused(session, held):
        lock_sessions(session, held.user_id)
    row = session.execute(
        select(AuthRefreshToken, AuthSession)
        .join(AuthSession, AuthSession.id == AuthRefreshToken.session_id)
        .where(AuthRefreshToken.id == cast(held.id, Uuid))
        .execution_options(populate_existing=True)
    ).one()
    token, old = row.AuthRefreshToken, row.AuthSession
    if token.revoked_at is not None:
        return _refuse_used(session, held, token)
    reason = _why_over(session, token, old)
    if reason is not None:
        audit.login(session, REFRESH, "denied", user_id=held.user_id, reason_code=reason)
        return SessionOver()
    signed_in = renew_session(session, old, token.expires_at)
    audit.login(session, REFRESH, "success", user_id=held.user_id)
    return signed_in


def _unused(session: Session, held: _Held) -> bool:
    revoked_at: datetime | None = session.scalars(
        select(AuthRefreshToken.revoked_at).where(AuthRefreshToken.id == held.id)
    ).one()
    return revoked_at is None


def _why_over(session: Session, token: AuthRefreshToken, old: AuthSession) -> str | None:
    moment = clock.now()
    if token.expires_at <= moment:
        return "token_expired"
    if old.revoked_at is not None:
        return "session_revoked"
    if find_block(session, old.user_id) is not None:
        return "blocked"
    idle_ends_at = idle_end(old.remember_me, old.last_seen_at)
    if old.remember_me or lives(None, old.expires_at, idle_ends_at):
        return None
    return "session_expired" if old.expires_at <= moment else "session_idle"


def _refuse_used(
    session: Session, held: _Held, token: AuthRefreshToken
) -> SessionOver | AlreadyRefreshed:
    if token.last_used_at is None:  # Signed out: no copy, just an old browser.
        audit.login(session, REFRESH, "denied", user_id=held.user_id, reason_code="signed_out")
        return SessionOver()
    if clock.now() <= token.last_used_at + GRACE:
        audit.login(session, REFRESH, "denied", user_id=held.user_id, reason_code="just_refreshed")
        return AlreadyRefreshed()
    _end_copied_family(session, held)
    return SessionOver()


def _end_copied_family(session: Session, held: _Held) -> None:
    ended = end_family(session, held.user_id, held.family_id)
    audit.login(
        session,
        REUSE,
        "denied",
        user_id=held.user_id,
        reason_code="token_reused",
        meta={"sessions_ended": ended},
    )
    raise_alert(
        session,
        AlertType.TOKEN_REUSE,
        category=AlertCategory.SESSION,
        risk_score=REUSE_RISK,
        user_id=held.user_id,
        source_type="session",
        source_id=str(held.family_id),
        meta={"sessions_ended": ended},
    )
    if not ended:
        return
    person = session.execute(select(User.email, User.language).where(User.id == held.user_id)).one()
    ask_for_mail(
        session,
        MailKind.SESSIONS_ENDED,
        person.email,
        language=person.language,
        user_id=held.user_id,
        facts={"reason": REUSE},
    )
