"""The job queue as the web sees it: poke the dispatcher, ask if workers live."""

import logging
import uuid

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from ecopick.config import Settings
from ecopick.core.actor import Actor
from ecopick.core.events import on_commit_poke
from ecopick.core.streaming import channel, number_waiting
from ecopick.core.uow import Database

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
    """The queue of this process; commits poke it, and wake the open pages at once."""
    queue = WorkQueue(settings.redis_url)

    def committed(database: Database, owner_ids: frozenset[uuid.UUID]) -> None:
        for owner_id in owner_ids:
            _stream(queue, database, owner_id)
        queue.poke()

    on_commit_poke(committed)
    return queue


def _stream(queue: WorkQueue, database: Database, owner_id: uuid.UUID) -> None:
    """Put the owner's new events into the stream without waiting for the dispatcher, which
    does it where this fails."""
    try:
        with database.transaction(Actor.system(owner_id).scope) as session:
            count = number_waiting(session, owner_id)
        if count:
            queue.redis.publish(channel(owner_id), b"")
    except (SQLAlchemyError, RedisError):
        log.warning("open pages hear of an event when it is dispatched")
