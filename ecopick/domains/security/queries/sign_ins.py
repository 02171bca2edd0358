"""The sign-in log, and how many tried to come in by the hour.

Both are read in the platform's own scope; names, addresses and devices in the
log are opened with the keys of their people.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.audit.models import AuthAuditEvent
from ecopick.core.audit.subjects import open_text
from ecopick.core.permissions import authorize
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.uow import Database
from ecopick.domains.security.inputs import ListSignIns
from ecopick.domains.security.queries.paging import Page, page_of
from ecopick.domains.security.queries.people import Named, people_named

HOURS = 24
SIGN_IN = "sign_in"


@dataclass(frozen=True)
class LogLine:
    """One entry of the log, readable. ``email`` is None for people without an account."""

    id: uuid.UUID
    created_at: datetime
    action: str
    outcome: str
    reason_code: str | None
    user_id: uuid.UUID | None
    person: Named | None
    email: str | None
    ip: str | None
    user_agent: str | None
    route: str | None
    request_id: str | None


@dataclass(frozen=True)
class Hour:
    """What happened in the hour from ``start``."""

    start: datetime
    signed_in: int = 0
    failed: int = 0
    blocked: int = 0

    @property
    def total(self) -> int:
        """All attempts."""
        return self.signed_in + self.failed + self.blocked


def list_sign_ins(
    database: Database, session: Session, actor: Actor, data: ListSignIns
) -> Page[LogLine]:
    """The log, newest first; that it was read is recorded."""
    authorize(session, actor, "security:view", None)
    audit.read(actor, "LIST", "AuthAuditEvent", None, owner_id=PLATFORM_OWNER_ID)
    query = select(AuthAuditEvent).where(AuthAuditEvent.property_owner_id == PLATFORM_OWNER_ID)
    if data.outcome is not None:
        query = query.where(AuthAuditEvent.outcome == data.outcome)
    if data.action is not None:
        query = query.where(AuthAuditEvent.action == data.action)
    if data.user_id is not None:
        query = query.where(AuthAuditEvent.user_id == data.user_id)
    if data.since is not None:
        query = query.where(AuthAuditEvent.created_at >= data.since)
    with database.transaction(_platform(actor)) as inside:
        page = page_of(inside, query, AuthAuditEvent.created_at, AuthAuditEvent.id, data)
        names = people_named(inside, (row.user_id for row in page.items))
        lines = [_line(inside, row, names) for row in page.items]
    return Page(lines, page.next_cursor)


def _platform(actor: Actor) -> Scope:
    return Scope((PLATFORM_OWNER_ID,), actor.user_id)


def _line(session: Session, row: AuthAuditEvent, names: dict[uuid.UUID, Named]) -> LogLine:
    def opened(value: str | None) -> str | None:
        return open_text(session, PLATFORM_OWNER_ID, value)

    return LogLine(
        id=row.id,
        created_at=row.created_at,
        action=row.action,
        outcome=row.outcome,
        reason_code=row.reason_code,
        user_id=row.user_id,
        person=names.get(row.user_id) if row.user_id is not None else None,
        email=opened(row.email),
        ip=opened(row.ip),
        user_agent=opened(row.user_agent),
        route=row.route,
        request_id=row.request_id,
    )


def by_the_hour(database: Database, session: Session, actor: Actor) -> list[Hour]:
    """Attempts to sign in during the last 24 hours, oldest hour first, empty ones included."""
    authorize(session, actor, "security:view", None)
    last = clock.now().replace(minute=0, second=0, microsecond=0)
    first = last - timedelta(hours=HOURS - 1)
    hour = func.date_trunc("hour", AuthAuditEvent.created_at, "UTC")
    with database.transaction(_platform(actor)) as inside:
        rows = inside.execute(
            select(hour, AuthAuditEvent.outcome, func.count())
            .where(
                AuthAuditEvent.property_owner_id == PLATFORM_OWNER_ID,
                AuthAuditEvent.action == SIGN_IN,
                AuthAuditEvent.outcome.in_(("success", "failure", "denied")),
                AuthAuditEvent.created_at >= first,
                AuthAuditEvent.created_at < last + timedelta(hours=1),
            )
            .group_by(hour, AuthAuditEvent.outcome)
        ).all()
    counts = {(start, outcome): count for start, outcome, count in rows}
    starts = [first + timedelta(hours=number) for number in range(HOURS)]
    return [
        Hour(
            start,
            counts.get((start, "success"), 0),
            counts.get((start, "failure"), 0),
            counts.get((start, "denied"), 0),
        )
        for start in starts
    ]


def worst_hour(hours: Sequence[Hour]) -> Hour | None:
    """The hour with the most failed or blocked attempts, where they outnumber the rest."""
    worst = max(hours, key=lambda hour: hour.failed + hour.blocked, default=None)
    if worst is None or worst.failed + worst.blocked <= max(worst.signed_in, 9):
        return None
    return worst
