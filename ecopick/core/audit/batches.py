"""Stores waiting reads and grants about once a second, on a thread of its own.

The thread starts with the first request, so that it lives in the process that
serves (a forked worker), and a last batch is stored at exit.
"""

import atexit
import logging
import threading

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from ecopick.core.audit.writer import flush_reads
from ecopick.core.uow import Database

PERIOD_SECONDS = 1.0
log = logging.getLogger("ecopick.audit")


class Batches:
    """One background writer for one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    def wake(self) -> None:
        """Make sure that the thread of this process runs."""
        with self.lock:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._run, name="audit", daemon=True)
                self.thread.start()
                atexit.register(self.stop)

    def stop(self) -> None:
        """Store what waits and end the thread."""
        atexit.unregister(self.stop)
        self.stopped.set()
        self._store()

    def _run(self) -> None:
        while not self.stopped.wait(PERIOD_SECONDS):
            self._store()

    def _store(self) -> None:
        try:
            flush_reads(self.database)
        except (OperationalError, InterfaceError):
            log.exception("audit batches not stored; they are tried again")
        except SQLAlchemyError:
            log.exception("one audit batch was refused by the database and is lost")


def start_batches(database: Database) -> Batches:
    """A writer for ``database``; call ``wake`` from the serving process."""
    return Batches(database)
