"""The scheduler: one process that asks the workers for each sweep at its time.

A sweep whose last request still waits in the queue is not asked for again, so
a worker that is away finds one of each, not thousands. Times are counted on a
clock that nobody can set; the sweeps themselves ask ``core.clock``.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import FrameType

from redis.exceptions import RedisError
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from ecopick.core import clock
from ecopick.core.logs import write_json
from ecopick.domains.tickets.lifecycle import CLOSE_AFTER
from jobs.runtime import Runtime, runtime

log = logging.getLogger("ecopick.jobs.schedule")
SECOND, MINUTE, HOUR, DAY = 1.0, 60.0, 3600.0, 86400.0
TICK_SECONDS = 0.5


@dataclass(frozen=True)
class Sweep:
    """A job and its period in seconds.

    With ``kinds`` a worker is bothered only if some owner has such work that
    was due ``ago``.
    """

    job: str
    every: float
    kinds: tuple[str, ...] = ()
    ago: timedelta = timedelta(0)


SWEEPS: tuple[Sweep, ...] = (
    Sweep("jobs.outbox.dispatch", 3 * SECOND, ("outbox",)),
    Sweep("jobs.notifications.deliver", 10 * SECOND, ("notifications",)),
    Sweep("jobs.account_mails.deliver", 5 * SECOND, ("account_mails",)),
    Sweep("jobs.tickets.sla_sweep", MINUTE, ("sla_sweep", "sla_warning")),
    Sweep("jobs.tickets.lapse_unanswered", MINUTE, ("respond_by",)),
    Sweep("jobs.tickets.withdraw_expired", 5 * MINUTE, ("vendor_deadlines",)),
    Sweep("jobs.tickets.close_resolved", HOUR, ("auto_close",), CLOSE_AFTER),
    Sweep("jobs.mail_in.poll", MINUTE),
    Sweep("jobs.mail_proofs.ask_waiting", 10 * MINUTE),
    Sweep("jobs.housekeeping.scan_files", 10 * SECOND, ("scans",)),
    Sweep("jobs.visits.sweep", 10 * SECOND),
    Sweep("jobs.certificates.scan", MINUTE),
    Sweep("jobs.certificates.remind", HOUR),
    Sweep("jobs.billing.scan", MINUTE),
    Sweep("jobs.housekeeping.sweep_files", DAY, ("orphans",)),
    Sweep("jobs.housekeeping.expire", 15 * MINUTE),
    Sweep("jobs.approvals.sweep", 5 * MINUTE),
    Sweep("jobs.housekeeping.prune", DAY),
    Sweep("jobs.housekeeping.make_partitions", DAY),
    Sweep("jobs.incidents.work", MINUTE),
    Sweep("jobs.audit.anchor", HOUR),
    Sweep("jobs.audit.prove_waiting", MINUTE),
    Sweep("jobs.audit.prove_all", DAY),
    Sweep("jobs.bulk.work", MINUTE),
    Sweep("jobs.exports.make_waiting", MINUTE),
    Sweep("jobs.exports.remove_expired", 15 * MINUTE),
    Sweep("jobs.imports.work", MINUTE),
    Sweep("jobs.imports.remove_expired", DAY),
    Sweep("jobs.case_files.make_waiting", MINUTE),
    Sweep("jobs.case_files.remove_expired", DAY),
    Sweep("jobs.privacy.make_waiting", MINUTE),
    Sweep("jobs.privacy.remove_expired", DAY),
    Sweep("jobs.privacy.erase_due", 5 * MINUTE),
    Sweep("jobs.privacy.end_periods_all", DAY),
)


@dataclass
class Scheduler:
    """When each sweep is due next, and which request of it was the last."""

    runtime: Runtime
    sweeps: tuple[Sweep, ...] = SWEEPS
    now: Callable[[], float] = time.monotonic
    due: dict[str, float] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)

    def tick(self) -> list[str]:
        """Ask for every sweep that is due; the names of the jobs. Never raises for lost servers."""
        started: list[str] = []
        for sweep in self.sweeps:
            if self.now() < self.due.get(sweep.job, 0.0):
                continue
            try:
                if self._has_work(sweep) and self._ask(sweep):
                    started.append(sweep.job)
                self.due[sweep.job] = self.now() + sweep.every
            except (RedisError, SQLAlchemyError) as error:
                log.warning("%s waits: %s", sweep.job, type(error).__name__)
                self.due[sweep.job] = self.now() + min(sweep.every, 5 * SECOND)
        return started

    def _has_work(self, sweep: Sweep) -> bool:
        at: datetime = clock.now() - sweep.ago
        return not sweep.kinds or any(self.runtime.owners_with(kind, at) for kind in sweep.kinds)

    def _ask(self, sweep: Sweep) -> bool:
        if self._still_queued(sweep):
            return False
        job = self.runtime.queue.enqueue(sweep.job, result_ttl=0, failure_ttl=3600)
        self.asked[sweep.job] = job.id
        return True

    def _still_queued(self, sweep: Sweep) -> bool:
        last = self.asked.get(sweep.job)
        if last is None:
            return False
        try:
            job = Job.fetch(last, connection=self.runtime.redis, serializer=JSONSerializer)
        except NoSuchJobError:
            return False
        return bool(job.is_queued)


def run() -> None:
    """Ask for the sweeps until SIGTERM or SIGINT; each once at the start."""
    stopped = threading.Event()

    def stop(sign: int, frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    write_json()
    scheduler = Scheduler(runtime())
    while not stopped.wait(TICK_SECONDS):
        scheduler.tick()
