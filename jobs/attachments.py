"""Files after their upload: scanned before anybody may open them, swept when orphaned.

Every function may run again at any time: what is done is not done twice.
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ecopick.adapters.errors import AdapterError
from ecopick.adapters.scan import NoScanner, Scanner, ScannerAway, ScannerStopped, Verdict
from ecopick.adapters.storage import Storage
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.scanning import ScanState
from ecopick.core.uow import Database
from ecopick.domains.tickets.commands.attachments import put_off_scan, record_scan
from ecopick.domains.tickets.files import orphans, remove
from ecopick.domains.tickets.queries.attachments import named_keys, pending
from ecopick.domains.vendors.commands.certificates import put_off_paper_scan, record_paper_scan
from ecopick.domains.vendors.queries.certificates import unscanned

log = logging.getLogger("ecopick.jobs.attachments")
_BATCH = 500
# Files in one visit on which the scanner may break off, each after its whole timeout.
MAX_STOPS = 3


@dataclass(frozen=True)
class Files:
    """Files of one kind: which wait for the scanner, and what becomes of its answer."""

    pending: Callable[[Session, uuid.UUID], Sequence[Any]]
    record: Callable[[Session, Actor, uuid.UUID, ScanState, str], Any]
    put_off: Callable[[Session, Actor, uuid.UUID, str], None]


OF_TICKETS = Files(pending, record_scan, put_off_scan)
OF_VENDORS = Files(unscanned, record_paper_scan, put_off_paper_scan)


def scan_pending(
    database: Database,
    storage: Storage,
    owner_id: uuid.UUID,
    scanner: Scanner | None = None,
    files: Files = OF_TICKETS,
) -> int:
    """Scan the files of an owner that wait for it; answers how many got a verdict.

    A file on which the scanner or the storage gives no answer goes on waiting; it is
    put off, so that the others have their turn. All wait where the scanner is away.
    Infected files lose their content; the row stays and says so. Raises ScannerAway.
    """
    system = Actor.system(owner_id)
    with database.transaction(system.scope) as session:
        waiting = [(row.id, row.storage_key) for row in files.pending(session, owner_id)]
    done = stops = 0
    for attachment_id, key in waiting:
        try:
            verdict = _look(storage, key, scanner or NoScanner())
        except ScannerAway:
            raise
        except AdapterError as error:
            log.warning("scan of %s put off: %s", attachment_id, error)
            with database.transaction(system.scope) as session:
                files.put_off(session, system, attachment_id, error.code)
            stops += isinstance(error, ScannerStopped)
            if stops == MAX_STOPS:
                raise ScannerAway("it breaks off on one file after the other") from error
            continue
        state = ScanState.CLEAN if verdict.clean else ScanState.INFECTED
        log.info("scanned: %s (%s)", state, verdict.note)
        with database.transaction(system.scope) as session:
            files.record(session, system, attachment_id, state, verdict.note)
        if state is ScanState.INFECTED:
            remove(storage, [key])
        done += 1
    return done


def _look(storage: Storage, key: str, scanner: Scanner) -> Verdict:
    """The verdict on a stored file.

    A scanner that breaks off and is there again has a trouble with this file alone
    (ScannerStopped); where it is gone, that says nothing of the file (ScannerAway).
    """
    try:
        with storage.open(key) as stream:
            return scanner.scan(stream)
    except ScannerStopped:
        scanner.version()
        raise


def sweep_orphans(database: Database, storage: Storage, owner_id: uuid.UUID) -> int:
    """Remove an owner's objects that are over a day old and in no row; answers how many."""
    found = list(orphans(storage.keys, owner_id, clock.now()))
    removed = 0
    for start in range(0, len(found), _BATCH):
        keys = found[start : start + _BATCH]
        with database.transaction(Actor.system(owner_id).scope) as session:
            named = named_keys(session, owner_id, keys)
        lost = [key for key in keys if key not in named]
        remove(storage, lost)
        removed += len(lost)
    return removed
