"""The background processes: the worker, the scheduler, mail in, the mail catcher."""

from __future__ import annotations

import importlib
import pkgutil
import socket

from ecopick.config import Settings
from ecopick.core.logs import write_json

QUEUES = ("default",)
WORKER_TTL_SECONDS = 45
MAINTENANCE_SECONDS = 20
MONITORING_SECONDS = 5


def run_worker() -> None:
    """Work on jobs until stopped; a job of a killed worker is found again within 90 s."""
    from redis import Redis
    from rq import Queue, Worker
    from rq.serializers import JSONSerializer

    write_json()
    settings = Settings.from_env()
    _load_jobs()
    connection = Redis.from_url(settings.redis_url)
    queues = [Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES]
    worker = Worker(
        queues,
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        job_monitoring_interval=MONITORING_SECONDS,
    )
    worker.work(logging_level="WARNING", with_scheduler=True)


def _load_jobs() -> None:
    """Import every job once, so that the process forked for each does not."""
    package = importlib.import_module("jobs")
    for module in pkgutil.iter_modules(package.__path__, "jobs."):
        importlib.import_module(module.name)


def run_scheduler() -> None:
    """Run the sweeps at their times until stopped."""
    importlib.import_module("jobs.schedule").run()


def run_lmtp() -> None:
    """Take mail over LMTP until stopped. Raises StartError where no address is set for it."""
    from ecopick.adapters import lmtp
    from ecopick.server.errors import StartError

    write_json()
    mail_in, work = importlib.import_module("jobs.mail_in"), importlib.import_module("jobs.runtime")
    at = work.runtime()
    address = at.settings.inbound.lmtp
    if address is None:
        raise StartError("LMTP_ADDRESS must name where to listen, such as 127.0.0.1:2424.")
    try:
        lmtp.serve(address, mail_in.MailReceiver(at))
    except OSError as error:
        raise StartError(
            f"Mail cannot be taken at {address.path or address.host}: {error}"
        ) from error


def run_mail_catcher(descriptor: int) -> None:
    """Catch mails on an inherited listening socket until stopped."""
    from ecopick.adapters import mailcatcher

    write_json()
    settings = Settings.from_env()
    mailcatcher.serve(settings.mail_dir, socket.socket(fileno=descriptor))
