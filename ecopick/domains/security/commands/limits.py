"""Counting failed attempts, so that guessing stays slow.

An attempt is counted before the secret is looked at and taken back when it
turns out right, so that guesses sent in parallel count as well.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.context import origin
from ecopick.core.db import new_id
from ecopick.domains.security.models import RateLimitAttempt


@dataclass(frozen=True)
class Limit:
    """At most ``count`` failures of one kind in ``window``, for one value of a field."""

    field: str
    count: int
    window: timedelta


@dataclass(frozen=True)
class Allowance:
    """Whether to go on: ``wait`` seconds if not, else the counted attempt.

    ``left`` is how many more failures the first limit bears after this one.
    """

    wait: int = 0
    left: int = 0
    counted: tuple[uuid.UUID, ...] = ()


def masked(kind: str, field: str, value: str) -> str:
    """What is stored of an address or name: enough to count, not to read."""
    return crypto.sign("attempt", kind, field, value).hex()


def count_attempt(session: Session, kind: str, limits: Mapping[Limit, str]) -> Allowance:
    """Count one attempt against every limit; ``limits`` gives each one's value.

    Attempts on one value wait for each other. Where a limit is reached nothing
    is counted, so that waiting is enough to be let in again.
    """
    keys = {limit: masked(kind, limit.field, value) for limit, value in limits.items()}
    for key in sorted(keys.values()):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    left: list[int] = []
    for limit, key in keys.items():
        times = list(session.scalars(_recent(kind, limit, key)))
        if len(times) >= limit.count:
            over = times[limit.count - 1] + limit.window - clock.now()
            return Allowance(wait=max(1, int(over.total_seconds()) + 1))
        left.append(limit.count - len(times) - 1)
    at = origin()
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "type": kind,
            "field": limit.field,
            "key": key,
            "route": at.route,
            "method": at.method,
            "ip": at.ip,
            "created_at": clock.now(),
        }
        for limit, key in keys.items()
    ]
    session.execute(insert(RateLimitAttempt), rows)
    return Allowance(left=left[0] if left else 0, counted=tuple(row["id"] for row in rows))


def _recent(kind: str, limit: Limit, key: str) -> Select[datetime]:
    """Times of the newest failures in the window, newest first."""
    return (
        select(RateLimitAttempt.created_at)
        .where(
            RateLimitAttempt.type == kind,
            RateLimitAttempt.key == key,
            RateLimitAttempt.created_at > clock.now() - limit.window,
        )
        .order_by(RateLimitAttempt.created_at.desc())
        .limit(limit.count)
    )


def take_back(
    session: Session, kind: str, allowance: Allowance, forget: Mapping[Limit, str] | None = None
) -> None:
    """The attempt was right: uncount it, and all failures of the values in ``forget``."""
    keys = [masked(kind, limit.field, value) for limit, value in (forget or {}).items()]
    session.execute(
        delete(RateLimitAttempt).where(
            RateLimitAttempt.type == kind,
            or_(
                RateLimitAttempt.id.in_(allowance.counted),
                RateLimitAttempt.key.in_(keys),
            ),
        )
    )
