"""A rate of requests: slows floods before anything is looked at.

Counted outside of the database, in the database while those counters are away:
a limit never opens. Failures of secrets are judged elsewhere, exactly.
"""

from collections.abc import Mapping
from datetime import timedelta

from ecopick.core import counters
from ecopick.core.context import origin
from ecopick.core.counters import CountersAway
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.uow import Database
from ecopick.domains.security.addresses import counted_as
from ecopick.domains.security.commands.limits import Limit, count_attempt, masked

# Whole offices share one address.
REQUESTS_PER_IP = Limit("ip", 600, timedelta(minutes=1))
REQUESTS_PER_DEVICE = Limit("device", 60, timedelta(minutes=1))


def wait_for(database: Database, kind: str) -> int:
    """Count one request of ``kind`` from this address and device; seconds to wait, mostly 0."""
    at = origin()
    values = {REQUESTS_PER_IP: counted_as(at.ip)}
    if at.device_id:
        values[REQUESTS_PER_DEVICE] = at.device_id
    try:
        return _by_counters(kind, values)
    except CountersAway:
        with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
            return count_attempt(session, f"request:{kind}", values).wait


def count_now(kind: str, limits: Mapping[Limit, str]) -> int:
    """Count one of ``kind`` against every limit; seconds to wait, 0 within all of them.

    It stays counted whatever becomes of the caller's transaction. Raises CountersAway.
    """
    return _by_counters(kind, limits)


def _by_counters(kind: str, values: Mapping[Limit, str]) -> int:
    waits = []
    for limit, value in values.items():
        key = f"{kind}:{limit.field}:{masked(kind, limit.field, value)}"
        waits.append(counters.hit(key, limit.count, int(limit.window.total_seconds())))
    return max(waits)
