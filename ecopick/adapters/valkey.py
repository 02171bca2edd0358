"""A connection to Valkey or Redis for what a request can do without."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger("ecopick.valkey")
T = TypeVar("T")
# A server that is away is not asked again at once: each try could take its whole time-out.
LEFT_ALONE_SECONDS = 5.0
TIMEOUT_SECONDS = 0.5


class Away(Exception):
    """The server does not answer, or did not a moment ago."""


class Server:
    """Asks a server that may be away; ``name`` says in the log what is missed."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.away_until = 0.0
        self.redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )

    def ask(self, question: Callable[[Redis], T]) -> T:
        """The answer. Raises Away, at once while the server is left alone."""
        if time.monotonic() < self.away_until:
            raise Away
        try:
            return question(self.redis)
        except RedisError as error:
            self.away_until = time.monotonic() + LEFT_ALONE_SECONDS
            log.warning("%s away (%s)", self.name, type(error).__name__)
            raise Away from error
