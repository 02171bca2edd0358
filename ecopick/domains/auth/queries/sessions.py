"""Where a person is signed in, and what happened to their account lately."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.audit.models import AuthAuditEvent
from ecopick.core.audit.subjects import open_text
from ecopick.core.finding import as_id, missing
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.auth.devices import browser_of, is_handheld, system_of
from ecopick.domains.auth.models import AuthSession
from ecopick.domains.auth.queries.actors import IDLE

PAGE = 10
# Renewing a session is nothing that its person did.
# What a mailed proof was for is told by the entry of the act itself.
NOT_SHOWN = ("refresh", "proof_asked", "proof_checked", "proof_used")


@dataclass(frozen=True)
class OpenSession:
    """A place where the person is signed in."""

    id: uuid.UUID
    current: bool
    browser: str | None
    system: str | None
    handheld: bool
    ip: str | None
    location: str | None
    remember_me: bool
    signed_in_at: datetime
    last_seen_at: datetime
    expires_at: datetime


def open_sessions(session: Session, actor: Actor) -> list[OpenSession]:
    """The person's own sessions that still live: this one first, then the latest used."""
    session.info["authorized"] = True  # Asked for by user_id.
    moment, first = clock.now(), AuthSession.__table__.alias("first")
    signed_in_at = (
        select(func.min(first.c.created_at))
        .where(first.c.family_id == AuthSession.family_id)
        .correlate(AuthSession)
        .scalar_subquery()
    )
    rows = session.execute(
        select(AuthSession, signed_in_at.label("signed_in_at"))
        .where(
            AuthSession.user_id == actor.user_id,
            AuthSession.revoked_at.is_(None),
            AuthSession.expires_at > moment,
            or_(AuthSession.remember_me, AuthSession.last_seen_at > moment - IDLE),
        )
        .order_by(AuthSession.last_seen_at.desc(), AuthSession.id)
    ).all()
    found = [_line(row.AuthSession, row.signed_in_at, actor) for row in rows]
    return sorted(found, key=lambda line: not line.current)


def _line(row: AuthSession, signed_in_at: datetime, actor: Actor) -> OpenSession:
    return OpenSession(
        id=row.id,
        current=row.id == actor.session_id,
        browser=browser_of(row.user_agent),
        system=system_of(row.user_agent),
        handheld=is_handheld(row.user_agent),
        ip=row.ip,
        location=row.location,
        remember_me=row.remember_me,
        signed_in_at=signed_in_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
    )


def own_session(session: Session, actor: Actor, key: str) -> OpenSession:
    """One of the person's open sessions; a foreign, ended, missing or malformed id is 404."""
    wanted = as_id(key)
    for line in open_sessions(session, actor):
        if line.id == wanted:
            return line
    raise missing(actor, "AuthSession", wanted)


@dataclass(frozen=True)
class Happening:
    """Something that was done, or tried, with the person's account."""

    id: uuid.UUID
    at: datetime
    action: str
    outcome: str
    reason_code: str | None
    meta: dict[str, Any]
    ip: str | None
    browser: str | None
    system: str | None


@dataclass(frozen=True)
class Activity:
    """A page of happenings, newest first; ``next_cursor`` asks for the older ones."""

    items: tuple[Happening, ...]
    next_cursor: str | None


def recent_activity(
    session: Session, actor: Actor, cursor: str | None = None, limit: int = PAGE
) -> Activity:
    """What happened to the person's own account; a malformed cursor begins anew."""
    session.info["authorized"] = True  # Asked for by user_id.
    wanted = (
        select(AuthAuditEvent)
        .where(AuthAuditEvent.user_id == actor.user_id, AuthAuditEvent.action.not_in(NOT_SHOWN))
        .order_by(AuthAuditEvent.created_at.desc(), AuthAuditEvent.id.desc())
        .limit(limit + 1)
    )
    after = _position(cursor)
    if after is not None:
        wanted = wanted.where(tuple_(AuthAuditEvent.created_at, AuthAuditEvent.id) < after)
    rows = session.scalars(wanted).all()
    shown = rows[:limit]
    more = f"{shown[-1].created_at.isoformat()}~{shown[-1].id}" if len(rows) > limit else None
    return Activity(tuple(_happening(session, row) for row in shown), more)


def _position(cursor: str | None) -> Any:
    moment, _tilde, key = (cursor or "").partition("~")
    try:
        found = datetime.fromisoformat(moment.replace(" ", "+")), uuid.UUID(key)
    except ValueError:
        return None
    return tuple_(*found) if found[0].tzinfo is not None else None


def _happening(session: Session, row: AuthAuditEvent) -> Happening:
    user_agent = open_text(session, PLATFORM_OWNER_ID, row.user_agent)
    return Happening(
        id=row.id,
        at=row.created_at,
        action=row.action,
        outcome=row.outcome,
        reason_code=row.reason_code,
        meta=row.meta or {},
        ip=open_text(session, PLATFORM_OWNER_ID, row.ip),
        browser=browser_of(user_agent),
        system=system_of(user_agent),
    )
