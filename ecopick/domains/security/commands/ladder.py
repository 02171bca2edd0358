"""Failures of secrets, counted exactly: in PostgreSQL, before the secret is looked at.

A guess is counted first and taken back when it turns out right, under a lock on
each of its values, so that guesses sent in parallel count as well. What passes
a rung is recorded as a violation with its ban.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.context import origin
from ecopick.core.db import new_id
from ecopick.domains.security.commands.limits import masked
from ecopick.domains.security.lifecycle import WINDOW, Ladder
from ecopick.domains.security.models import RateLimitAttempt, RateLimitViolation

# How many of the latest failures a violation lists.
LISTED = 20
# For how long failures at an address without an account are remembered.
REMEMBERED = timedelta(days=365)


@dataclass(frozen=True)
class Ever:
    """All failures of an account since its last success, kept apart by ``field``.

    ``key`` is the person's id, or what is stored of an address that nobody has.
    """

    field: str
    key: str
    limit: int
    user_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Guess:
    """Whether a guess may be looked at, and where it stands on its ladders.

    ``wait`` are the seconds until then if not; ``is_closed`` that waiting will
    not help. ``ban`` follows if this guess fails, else ``left`` more failures
    bring ``next_ban``. ``failures`` are the rows of failures by field.
    """

    kind: str
    wait: int = 0
    is_closed: bool = False
    ban: timedelta | None = None
    left: int = 0
    next_ban: timedelta | None = None
    failures: Mapping[str, int] = field(default_factory=dict)
    counted: tuple[uuid.UUID, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    ever: Ever | None = None


def count_guess(
    session: Session,
    kind: str,
    values: Mapping[Ladder, str],
    *,
    ever: Ever | None = None,
    user_id: uuid.UUID | None = None,
) -> Guess:
    """Count one guess on every ladder; ``values`` gives each one's value.

    While a ban lasts nothing is counted, so that waiting is enough. Known and
    unknown people cost the same statements.
    """
    keys = {ladder: masked(kind, ladder.field, value) for ladder, value in values.items()}
    names = {ladder.field: key for ladder, key in keys.items()}
    _lock(session, [*keys.values(), *([f"{ever.field}:{ever.key}"] if ever else [])])
    found = _violations(
        session, kind, [*names.items(), *([(ever.field, ever.key)] if ever else [])]
    )
    if ever is not None and _count(found.get(ever.field)) >= ever.limit:
        return Guess(kind, is_closed=True)
    moment = clock.now()
    wait = max((_wait(found.get(name), moment) for name in names), default=0)
    if wait:
        return Guess(kind, wait=wait)
    recent = _recent(session, kind, list(names.values()))
    failures = {
        name: (_live_count(found.get(name), moment) or recent.get(key, 0)) + 1
        for name, key in names.items()
    }
    counted = _store(session, kind, names, user_id)
    bans = []
    for ladder, key in keys.items():
        ban = ladder.ban_at(failures[ladder.field])
        row = found.get(ladder.field)
        if ban is not None or _live_count(row, moment):
            _climb(session, kind, ladder.field, key, row, failures[ladder.field], ban, user_id)
        if ban is not None:
            bans.append(ban)
    if ever is not None:
        _count_ever(session, kind, ever, found.get(ever.field))
    left, next_ban = _nearest(keys, failures)
    return Guess(
        kind,
        ban=max(bans, default=None),
        left=left,
        next_ban=next_ban,
        failures=failures,
        counted=counted,
        keys=names,
        ever=ever,
    )


def was_right(session: Session, guess: Guess, forget: Iterable[Ladder] = ()) -> None:
    """Take a right guess back, and all failures of the fields in ``forget``.

    A ban that this guess would have brought is lifted.
    """
    gone = [guess.keys[ladder.field] for ladder in forget if ladder.field in guess.keys]
    session.execute(
        delete(RateLimitAttempt).where(
            RateLimitAttempt.type == guess.kind,
            or_(RateLimitAttempt.id.in_(guess.counted), RateLimitAttempt.key.in_(gone)),
        )
    )
    ours = RateLimitViolation.type == guess.kind
    session.execute(delete(RateLimitViolation).where(ours, RateLimitViolation.key.in_(gone)))
    for name, key in guess.keys.items():
        if key in gone:
            continue
        same = RateLimitViolation.count == guess.failures[name]
        session.execute(
            update(RateLimitViolation)
            .where(ours, RateLimitViolation.field == name, RateLimitViolation.key == key)
            .values(
                count=func.greatest(RateLimitViolation.count - 1, 0),
                banned_until=case((same, None), else_=RateLimitViolation.banned_until),
            )
        )


def forget_failures(session: Session, kind: str, user_id: uuid.UUID, email: str) -> None:
    """The person proved who they are: bans of their address end, and all counting starts anew.

    For every way of signing in, for a new password, and for administrators.
    """
    session.execute(
        delete(RateLimitViolation).where(
            RateLimitViolation.type == kind,
            or_(
                RateLimitViolation.key == str(user_id),
                RateLimitViolation.key == masked(kind, "email", email),
            ),
        )
    )
    session.execute(
        delete(RateLimitAttempt).where(
            RateLimitAttempt.type == kind, RateLimitAttempt.key == masked(kind, "email", email)
        )
    )


def hold(session: Session, kind: str, values: Mapping[Ladder, str], ever: Ever) -> None:
    """Let nobody count against these values until the transaction ends.

    Before failures are forgotten, so that no guess counts on what goes.
    """
    keys = [masked(kind, ladder.field, value) for ladder, value in values.items()]
    _lock(session, [*keys, f"{ever.field}:{ever.key}"])


def _lock(session: Session, keys: list[str]) -> None:
    locks = [
        func.pg_advisory_xact_lock(func.hashtextextended(key, 0)).label(f"lock_{number}")
        for number, key in enumerate(sorted(keys))
    ]
    session.execute(select(*locks))


def _violations(
    session: Session, kind: str, names: list[tuple[str, str]]
) -> dict[str, RateLimitViolation]:
    rows = session.scalars(
        select(RateLimitViolation)
        .where(
            RateLimitViolation.type == kind,
            RateLimitViolation.key.in_([key for _name, key in names]),
        )
        .execution_options(populate_existing=True)
    )
    wanted = set(names)
    return {str(row.field): row for row in rows if (row.field, row.key) in wanted}


def _count(row: RateLimitViolation | None) -> int:
    return row.count if row is not None else 0


def _live_count(row: RateLimitViolation | None, moment: datetime) -> int:
    if row is None or row.expire_at is None or row.expire_at <= moment:
        return 0
    return row.count


def _wait(row: RateLimitViolation | None, moment: datetime) -> int:
    if row is None or row.banned_until is None or row.banned_until <= moment:
        return 0
    return int((row.banned_until - moment).total_seconds()) + 1


def _recent(session: Session, kind: str, keys: list[str]) -> dict[str, int]:
    rows = session.execute(
        select(RateLimitAttempt.key, func.count())
        .where(
            RateLimitAttempt.type == kind,
            RateLimitAttempt.key.in_(keys),
            RateLimitAttempt.created_at > clock.now() - WINDOW,
        )
        .group_by(RateLimitAttempt.key)
    )
    return {str(key): count for key, count in rows}


def _store(
    session: Session, kind: str, names: Mapping[str, str], user_id: uuid.UUID | None
) -> tuple[uuid.UUID, ...]:
    at = origin()
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "user_id": user_id,
            "type": kind,
            "field": name,
            "key": key,
            "route": at.route,
            "method": at.method,
            "ip": at.ip,
            "device_fingerprint": at.device_fingerprint,
            "persistent_device_id": at.device_id,
            "user_agent": at.user_agent,
            "created_at": clock.now(),
        }
        for name, key in names.items()
    ]
    session.execute(insert(RateLimitAttempt), rows)
    return tuple(row["id"] for row in rows)


def _climb(
    session: Session,
    kind: str,
    name: str,
    key: str,
    row: RateLimitViolation | None,
    failures: int,
    ban: timedelta | None,
    user_id: uuid.UUID | None,
) -> None:
    """Store how far up the ladder this field is, and until when it is banned."""
    at, moment = origin(), clock.now()
    if row is None:
        row = RateLimitViolation(type=kind, field=name, key=key, attempts=[])
        session.add(row)
    elif not _live_count(row, moment):
        row.attempts = []
    row.count, row.last_violation, row.user_id = failures, moment, user_id
    row.route, row.method, row.ip = at.route, at.method, at.ip
    row.device_fingerprint, row.persistent_device_id = at.device_fingerprint, at.device_id
    seen = {"at": moment.isoformat(), "ip": at.ip, "failures": failures}
    row.attempts = [*(row.attempts or []), seen][-LISTED:]
    row.banned_until = moment + ban if ban is not None else None
    row.expire_at = (row.banned_until or moment) + WINDOW
    session.flush()


def _count_ever(session: Session, kind: str, ever: Ever, row: RateLimitViolation | None) -> None:
    moment = clock.now()
    if row is None:
        row = RateLimitViolation(type=kind, field=ever.field, key=ever.key, count=0)
        session.add(row)
    row.count, row.last_violation, row.user_id = row.count + 1, moment, ever.user_id
    row.expire_at = None if ever.user_id is not None else moment + REMEMBERED
    session.flush()


def _nearest(
    keys: Mapping[Ladder, str], failures: Mapping[str, int]
) -> tuple[int, timedelta | None]:
    """The ban that comes soonest, and after how many more failures.

    The first ladder is the person's. Another one counts only where it has seen as
    many failures: a program without cookies is a new device each time.
    """
    own = failures[next(iter(keys)).field]
    ahead = [
        (rung.failures - failures[ladder.field], rung.ban)
        for ladder in keys
        if failures[ladder.field] >= own
        and (rung := ladder.next_rung(failures[ladder.field])) is not None
    ]
    return min(ahead, default=(0, None))
