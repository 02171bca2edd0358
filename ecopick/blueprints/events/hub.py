"""One subscription to Redis a process, told on to every open stream.

The dispatcher publishes on ``events:<owner>`` whenever events got their place
in the stream. Redis away means that streams look for themselves every two
seconds.
"""

import logging
import os
import threading
import uuid
from collections.abc import Iterable

from redis import Redis
from redis.client import PubSub
from redis.exceptions import RedisError

log = logging.getLogger("ecopick.events")
HEARTBEAT_SECONDS = 10.0
POLL_SECONDS = 2.0
MAX_STREAMS = 100
# Enough for many windows; one person must not take everybody's place.
MAX_STREAMS_A_PERSON = 20


class Listener:
    """One open stream: woken when something happened to one of its owners."""

    def __init__(self, hub: "Hub", owner_ids: Iterable[uuid.UUID], person: uuid.UUID) -> None:
        self.hub = hub
        self.person = person
        self.owner_ids = frozenset(str(owner_id) for owner_id in owner_ids)
        self.bell = threading.Event()

    def wait(self, seconds: float) -> bool:
        """Wait to be woken, not longer than ``seconds``; True if something may have happened."""
        rung = self.bell.wait(min(seconds, POLL_SECONDS) if self.hub.away else seconds)
        self.bell.clear()
        return rung or self.hub.away

    def close(self) -> None:
        """Free the place; may be called more than once."""
        self.hub.leave(self)


class Hub:
    """The open streams of this process."""

    def __init__(self, redis_url: str, limit: int = MAX_STREAMS) -> None:
        self.limit = limit
        self.away = True
        self._url = redis_url
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pid = 0

    def join(self, owner_ids: Iterable[uuid.UUID], person: uuid.UUID) -> Listener | None:
        """A place for one more stream of the person; None where all, or theirs, are taken."""
        listener = Listener(self, owner_ids, person)
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._thread = os.getpid(), None
                self._listeners = set()
            own = sum(each.person == person for each in self._listeners)
            if len(self._listeners) >= self.limit or own >= MAX_STREAMS_A_PERSON:
                return None
            self._listeners.add(listener)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._listen, name="events", daemon=True)
                self._thread.start()
        return listener

    def leave(self, listener: Listener) -> None:
        """Give a place back."""
        with self._lock:
            self._listeners.discard(listener)

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        with self._lock:
            return len(self._listeners)

    def _listen(self) -> None:
        pause = threading.Event()
        while True:
            try:
                self._follow()
            except (RedisError, OSError):
                self.away = True
                log.warning("queue away: streams poll")
                pause.wait(POLL_SECONDS)

    def _follow(self) -> None:
        redis = Redis.from_url(
            self._url, socket_connect_timeout=2, socket_timeout=5, health_check_interval=5
        )
        channel: PubSub
        with PubSub(redis.connection_pool, ignore_subscribe_messages=True) as channel:
            channel.psubscribe("events:*")
            self.away = False
            self._ring(None)
            while True:
                message = channel.get_message(timeout=1.0)
                if message is not None:
                    self._ring(bytes(message["channel"]).decode().partition(":")[2])

    def _ring(self, owner_id: str | None) -> None:
        with self._lock:
            called = [
                each for each in self._listeners if owner_id is None or owner_id in each.owner_ids
            ]
        for each in called:
            each.bell.set()
