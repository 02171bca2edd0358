"""The job queue as the web sees it: poke the dispatcher, ask if workers live."""

import logging

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from ecopick.config import Settings
from ecopick.core.events import on_commit_poke

log = logging.getLogger("ecopick.queue")
DISPATCH = "jobs.outbox.dispatch"


class WorkQueue:
    """Redis away means late, never lost: the sweep finds what was not poked."""

    def __init__(self, url: str) -> None:
        self.redis = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        self.queue = Queue("default", connection=self.redis, serializer=JSONSerializer)

    def poke(self) -> None:
        """Ask a worker to dispatch the outbox now."""
        self.ask(DISPATCH)

    def ask(self, job: str) -> None:
        """Ask a worker to run a job that a sweep also runs."""
        try:
            self.queue.enqueue(job, result_ttl=0, failure_ttl=3600)
        except RedisError:
            log.warning("queue away: the sweep will do %s", job)

    def state(self) -> dict[str, str]:
        """``redis`` and ``worker``: ok or away."""
        try:
            self.redis.ping()
        except RedisError:
            return {"redis": "away", "worker": "unknown"}
        alive = Worker.count(connection=self.redis) > 0
        return {"redis": "ok", "worker": "ok" if alive else "away"}


def connect_queue(settings: Settings) -> WorkQueue:
    """The queue of this process; commits poke it."""
    queue = WorkQueue(settings.redis_url)
    on_commit_poke(queue.poke)
    return queue
