"""Who has which page open now, in Valkey or Redis: a set of people by when they were last there."""

import uuid
from typing import Any

from redis import Redis

from ecopick.adapters.valkey import Away, Server

PREFIX = "viewing:"
# Pages tell of themselves every fifteen seconds: nobody is shown for a minute after leaving.
STAYS_SECONDS = 40


class Presence:
    """Forgets by itself; without the server nobody is shown, and nothing fails."""

    def __init__(self, url: str) -> None:
        self.server = Server(url, "presence")

    def come(self, place: str, person: uuid.UUID | None, at: float) -> list[uuid.UUID]:
        """Note that ``person`` (None: nobody) is at ``place``; everybody who is, the newest last.

        ``at`` is now, in seconds.
        """
        key = PREFIX + place

        def note(redis: Redis) -> Any:
            with redis.pipeline() as batch:
                if person is not None:
                    batch.zadd(key, {str(person): at})
                    batch.expire(key, STAYS_SECONDS)
                batch.zremrangebyscore(key, "-inf", at - STAYS_SECONDS)
                batch.zrange(key, 0, -1)
                return batch.execute()[-1]

        try:
            found = self.server.ask(note)
        except Away:
            return []
        return [uuid.UUID(each.decode()) for each in found]
