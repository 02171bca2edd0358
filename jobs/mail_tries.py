"""Which mails of the mailbox wait for another try, and how often one failed.

Kept beside the queue: lost with it, every mail is simply tried again. A try is counted
before the mail is read, so that one on which the worker dies counts as well.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from redis import Redis
from redis.exceptions import RedisError

from ecopick.core import clock

log = logging.getLogger("ecopick.jobs.mail_tries")
MAX_FAULTS = 3
FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=1)
# As mail servers do; afterwards a person has to look at it.
GIVE_UP_AFTER = timedelta(days=5)
_KEPT = timedelta(days=10)


class Tries:
    """Tries of the mails of one folder; `folder` names it with its UIDVALIDITY.

    With the queue away every mail is due and none has failed.
    """

    def __init__(self, redis: Redis, folder: str) -> None:
        self._redis = redis
        self._folder = folder

    def is_due(self, uid: str) -> bool:
        """Whether the mail may be tried now."""
        until = self._numbers(uid).get("until", 0.0)
        return clock.now() >= datetime.fromtimestamp(until, clock.now().tzinfo)

    def begin(self, uid: str) -> int:
        """Count a try that fails unless its end is told; how many failed before."""
        faults = int(self._numbers(uid).get("faults", 0))
        now = clock.now()
        with _away_is_nothing():
            work = self._redis.pipeline()
            work.hincrby(self._key(uid), "faults", 1)
            work.hsetnx(self._key(uid), "since", str(now.timestamp()))
            work.hset(self._key(uid), "until", str((now + FIRST_PAUSE).timestamp()))
            work.expire(self._key(uid), _KEPT)
            work.execute()
        return faults

    def put_off(self, uid: str) -> bool:
        """It was no fault of the mail: try later each time; False where that goes on for days."""
        known, now = self._numbers(uid), clock.now()
        times = int(known.get("times", 0))
        pause = min(FIRST_PAUSE * 2 ** min(times, 10), LONGEST_PAUSE)
        with _away_is_nothing():
            work = self._redis.pipeline()
            work.hset(self._key(uid), "faults", "0")
            work.hset(self._key(uid), "times", str(times + 1))
            work.hset(self._key(uid), "until", str((now + pause).timestamp()))
            work.execute()
        return now.timestamp() - known.get("since", now.timestamp()) < GIVE_UP_AFTER.total_seconds()

    def done(self, uid: str) -> None:
        """Forget a mail that was dealt with."""
        with _away_is_nothing():
            self._redis.delete(self._key(uid))

    def _key(self, uid: str) -> str:
        return f"ecopick:mail_in:{self._folder}:{uid}"

    def _numbers(self, uid: str) -> dict[str, float]:
        found: dict[str, float] = {}
        with _away_is_nothing():
            for name, value in dict(self._redis.hgetall(self._key(uid))).items():
                found[name.decode() if isinstance(name, bytes) else name] = float(value)
        return found


@contextmanager
def _away_is_nothing() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        log.warning("queue away: tries of mails are not counted (%s)", type(error).__name__)
