"""Rules that see attacks in failures and sign-ins, and raise alerts."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.context import origin
from ecopick.domains.security.commands.alerts import raise_alert
from ecopick.domains.security.commands.ladder import Guess
from ecopick.domains.security.lifecycle import PER_EMAIL, PER_KNOWN_DEVICE, WINDOW
from ecopick.domains.security.models import AlertCategory, AlertType, RateLimitAttempt

BRUTE_FORCE_FAILURES = 10
STUFFING_ADDRESSES = 10
PEOPLE = (PER_EMAIL.field, PER_KNOWN_DEVICE.field)


def watch_failures(session: Session, kind: str, guess: Guess, user_id: uuid.UUID | None) -> None:
    """After a wrong guess: is one account being forced, or a list of accounts tried?

    Ten failures on one address within the window, or ten addresses from one
    network address or device. People who do not exist are counted as well.
    """
    at = origin()
    name = next((name for name in PEOPLE if name in guess.keys), None)
    failures = guess.failures.get(name or "", 0)
    if name is not None and failures >= BRUTE_FORCE_FAILURES:
        raise_alert(
            session,
            AlertType.BRUTE_FORCE,
            category=AlertCategory.AUTHENTICATION,
            risk_score=min(80, 30 + 2 * failures),
            user_id=user_id,
            source_type="user" if user_id is not None else "email",
            source_id=str(user_id) if user_id is not None else guess.keys[name][:16],
            meta={"failures": failures},
        )
    sources: list[tuple[str, str | None, ColumnElement[bool]]] = [
        ("ip", at.ip, RateLimitAttempt.ip == at.ip),
        ("device", at.device_id, RateLimitAttempt.persistent_device_id == at.device_id),
    ]
    tried: Any = session.execute(
        select(*(_addresses(kind, source).label(name) for name, _value, source in sources))
    ).one()
    for name, value, _source in sources:
        count = getattr(tried, name)
        if value is not None and count >= STUFFING_ADDRESSES:
            raise_alert(
                session,
                AlertType.CREDENTIAL_STUFFING,
                category=AlertCategory.ABUSE,
                risk_score=min(90, 50 + count),
                source_type=name,
                source_id=value,
                meta={"addresses": count},
            )


def _addresses(kind: str, source: ColumnElement[bool]) -> Any:
    """How many people's addresses were tried from one source within the window."""
    return (
        select(func.count(func.distinct(RateLimitAttempt.key)))
        .where(
            source,
            RateLimitAttempt.type == kind,
            RateLimitAttempt.field.in_(PEOPLE),
            RateLimitAttempt.created_at > clock.now() - WINDOW,
        )
        .scalar_subquery()
    )
