"""Counters in Valkey or Redis."""

from typing import cast

from ecopick.adapters.valkey import Away, Server
from ecopick.core.counters import CountersAway

PREFIX = "rate:"
# One step, so that no counter is left without an end.
HIT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""


class RedisCounters:
    """Fixed windows that begin with their first request; the database counts meanwhile."""

    def __init__(self, url: str) -> None:
        self.server = Server(url, "counters")

    def hit(self, key: str, limit: int, seconds: int) -> int:
        """Count one; 0 within the limit, else the seconds until the window ends."""
        try:
            answer = self.server.ask(
                lambda redis: redis.eval(HIT, 1, PREFIX + key, str(seconds * 1000))
            )
        except Away as error:
            raise CountersAway from error
        count, left = cast(list[int], answer)
        return 0 if count <= limit else max(1, -(-left // 1000))
