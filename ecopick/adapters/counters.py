"""Counters in Valkey or Redis."""

import logging
import time
from dataclasses import dataclass, field
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

from ecopick.core.counters import CountersAway

log = logging.getLogger("ecopick.counters")
PREFIX = "rate:"
# One step, so that no counter is left without an end.
HIT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""
# A server that is away is not asked again at once: each try could take its whole time-out.
LEFT_ALONE_SECONDS = 5.0
TIMEOUT_SECONDS = 0.5


@dataclass
class RedisCounters:
    """Fixed windows that begin with their first request."""

    url: str
    away_until: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.redis = Redis.from_url(
            self.url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )

    def hit(self, key: str, limit: int, seconds: int) -> int:
        """Count one; 0 within the limit, else the seconds until the window ends."""
        if time.monotonic() < self.away_until:
            raise CountersAway
        try:
            answer = self.redis.eval(HIT, 1, PREFIX + key, str(seconds * 1000))
        except RedisError as error:
            self.away_until = time.monotonic() + LEFT_ALONE_SECONDS
            log.warning("counters away (%s): the database counts", type(error).__name__)
            raise CountersAway from error
        count, left = cast(list[int], answer)
        return 0 if count <= limit else max(1, -(-left // 1000))
