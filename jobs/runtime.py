"""What a job needs of its process: settings, database, mailer, files, queue.

Made once a process, and anew after a fork: RQ runs every job in a child, and a
connection must not be shared with it.
"""

import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select, text

from ecopick import models  # noqa: F401  (registers every table)
from ecopick.adapters.clamd import ClamdScanner
from ecopick.adapters.mail import Mailbox, Mailer
from ecopick.adapters.scan import NoScanner, Scanner
from ecopick.adapters.storage import Storage
from ecopick.config import Settings
from ecopick.core import crypto
from ecopick.core.actor import Actor
from ecopick.core.context import Origin, use_origin
from ecopick.core.streaming import try_lock
from ecopick.core.text import compile_catalogues
from ecopick.core.uow import Database, WorkSession
from ecopick.domains import policies
from ecopick.domains.auth.models import AccountMail
from ecopick.web.storage import open_storage

log = logging.getLogger("ecopick.jobs")
QUEUE = "default"
ACCOUNT_MAILS = "account_mails"


@dataclass(frozen=True)
class Runtime:
    """The surroundings of jobs."""

    settings: Settings
    database: Database
    mailer: Mailer | None
    sender: Mailbox
    storage: Storage
    redis: Redis
    queue: Queue
    scanner: Scanner

    @contextmanager
    def as_system(self, owner_id: uuid.UUID) -> Iterator[tuple[WorkSession, Actor]]:
        """One transaction as the product itself, in the scope of one owner."""
        system = Actor.system(owner_id)
        with self.database.transaction(system.scope) as session:
            yield session, system

    def owners_with(self, kind: str, at: datetime) -> list[uuid.UUID]:
        """Owners that have work of this kind which is due at ``at``.

        Mails about accounts belong to the platform, whose rows the system sees itself.
        """
        with self.database.transaction(Actor.system().scope) as session:
            if kind == ACCOUNT_MAILS:
                due = select(AccountMail.property_owner_id).where(AccountMail.retry_at <= at)
                return list(session.scalars(due.limit(1)))
            rows = session.scalars(
                text("select due_work(:kind, :at) order by 1"), {"kind": kind, "at": at}
            )
            return [uuid.UUID(str(row)) for row in rows]

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Whether no other process does ``name`` now; the right lasts as long as the block."""
        with self.database.transaction(Actor.system().scope) as session:
            yield try_lock(session, name)

    def enqueue(self, job: str, *ids: str) -> None:
        """Ask a worker to run ``job``; with the queue away the next sweep does."""
        try:
            self.queue.enqueue(job, *ids, result_ttl=0, failure_ttl=3600)
        except RedisError:
            log.warning("queue away: the sweep will do %s", job)


@contextmanager
def origin_of(name: str, request_id: str | None, correlation_id: str | None) -> Iterator[None]:
    """Work on behalf of the request that caused it, so that its trace goes on."""
    fresh = uuid.uuid4().hex
    found = Origin(
        request_id=request_id or fresh,
        correlation_id=correlation_id or request_id or fresh,
        route=f"job:{name}",
    )
    with use_origin(found):
        yield


_made: dict[int, Runtime] = {}


def runtime() -> Runtime:
    """The runtime of this process, made on first use."""
    found = _made.get(os.getpid())
    if found is None:
        _made.clear()
        found = _made[os.getpid()] = make_runtime(Settings.from_env())
    return found


def use_runtime(given: Runtime | None) -> None:
    """Set the runtime of this process; None lets the environment decide again."""
    _made.clear()
    if given is not None:
        _made[os.getpid()] = given


def make_runtime(settings: Settings, database: Database | None = None) -> Runtime:
    """Connect to everything that ``settings`` names; refuses a role that bypasses row security."""
    previous = settings.session_hmac_key_previous
    signing = (settings.session_hmac_key, *((previous,) if previous else ()))
    older = settings.data_encryption_key_previous
    crypto.use_keys(
        crypto.Keys(settings.data_encryption_key, signing, older_data=(older,) if older else ())
    )
    policies.load()
    compile_catalogues()
    if database is None:
        database = Database.connect(settings.database_url, pool_size=3)
        database.refuse_bypass()
    smtp = settings.smtp
    redis = Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=2)
    return Runtime(
        settings=settings,
        database=database,
        mailer=Mailer(smtp.host, smtp.port, user=smtp.user, password=smtp.password)
        if smtp.host
        else None,
        sender=Mailbox.parse(smtp.sender),
        storage=open_storage(settings),
        redis=redis,
        queue=Queue(QUEUE, connection=redis, serializer=JSONSerializer),
        scanner=ClamdScanner(settings.clamd) if settings.clamd else NoScanner(),
    )
