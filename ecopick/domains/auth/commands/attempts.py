"""Guesses are counted before they are looked at, so that parallel ones count as well."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

from ecopick.core import audit
from ecopick.core.context import origin
from ecopick.core.errors import TooManyRequests
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import ngettext
from ecopick.core.uow import Database
from ecopick.domains.security.commands.limits import Allowance, Limit, count_attempt
from ecopick.domains.security.commands.rates import wait_for

WINDOW = timedelta(minutes=15)


def count(
    database: Database,
    kind: str,
    limits: Mapping[Limit, str],
    *,
    user_id: uuid.UUID | None = None,
    email: str | None = None,
) -> Allowance:
    """Count one attempt of ``kind``; ``TooManyRequests`` where a limit is reached.

    Committed at once, a refusal recorded with it. Give the allowance to
    ``security.commands.limits.take_back`` when the attempt turns out right.
    """
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        allowance = count_attempt(session, kind, limits)
        if allowance.wait:
            audit.login(
                session,
                kind,
                "denied",
                user_id=user_id,
                email=email,
                reason_code="rate_limited",
                device_fingerprint=origin().device_fingerprint,
            )
    if allowance.wait:
        raise too_many(allowance)
    return allowance


def too_many(allowance: Allowance) -> TooManyRequests:
    """The refusal, with how long to wait."""
    return wait_first(allowance.wait)


def wait_first(seconds: int) -> TooManyRequests:
    """The refusal: wait so many seconds, said in minutes or hours."""
    minutes = -(-seconds // 60)
    if minutes > 90:
        text = ngettext(
            "Too many attempts. Please wait %(num)s hour, then try again.",
            "Too many attempts. Please wait %(num)s hours, then try again.",
            -(-minutes // 60),
        )
    else:
        text = ngettext(
            "Too many attempts. Please wait %(num)s minute, then try again.",
            "Too many attempts. Please wait %(num)s minutes, then try again.",
            minutes,
        )
    return TooManyRequests(text, retry_after=seconds)


def check_rate(database: Database, kind: str) -> None:
    """Count a request that needs no session; ``TooManyRequests`` for a flood of them."""
    seconds = wait_for(database, kind)
    if seconds:
        raise wait_first(seconds)
