"""Who has which page open now, in Valkey or Redis: a set of people by when they were last there."""

import logging
import time
import uuid
from dataclasses import dataclass, field

from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger("ecopick.presence")
PREFIX = "viewing:"
# Pages tell of themselves every fifteen seconds: nobody is shown for a minute after leaving.
STAYS_SECONDS = 40
# A server that is away is not asked again at once: each try could take its whole time-out.
LEFT_ALONE_SECONDS = 5.0
TIMEOUT_SECONDS = 0.5


@dataclass
class Presence:
    """Forgets by itself; without the server nobody is shown, and nothing fails."""

    url: str
    away_until: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.redis = Redis.from_url(
            self.url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )

    def come(self, place: str, person: uuid.UUID | None, at: float) -> list[uuid.UUID]:
        """Note that ``person`` (None: nobody) is at ``place``; everybody who is, the newest last.

        ``at`` is now, in seconds.
        """
        if time.monotonic() < self.away_until:
            return []
        key = PREFIX + place
        try:
            with self.redis.pipeline() as batch:
                if person is not None:
                    batch.zadd(key, {str(person): at})
                    batch.expire(key, STAYS_SECONDS)
                batch.zremrangebyscore(key, "-inf", at - STAYS_SECONDS)
                batch.zrange(key, 0, -1)
                found = batch.execute()[-1]
        except RedisError as error:
            self.away_until = time.monotonic() + LEFT_ALONE_SECONDS
            log.warning("presence away (%s)", type(error).__name__)
            return []
        return [uuid.UUID(each.decode()) for each in found]
