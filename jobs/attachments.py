"""Files after their upload: scanned before anybody may open them, swept when orphaned.

Every function may run again at any time: what is done is not done twice.
"""

import logging
import uuid

from ecopick.adapters.errors import AdapterError
from ecopick.adapters.scan import NoScanner, Scanner, ScannerAway
from ecopick.adapters.storage import Storage
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.uow import Database
from ecopick.domains.tickets.commands.attachments import put_off_scan, record_scan
from ecopick.domains.tickets.files import orphans, remove
from ecopick.domains.tickets.models import ScanState
from ecopick.domains.tickets.queries.attachments import named_keys, pending

log = logging.getLogger("ecopick.jobs.attachments")
_BATCH = 500


def scan_pending(
    database: Database,
    storage: Storage,
    owner_id: uuid.UUID,
    scanner: Scanner | None = None,
) -> int:
    """Scan the files of an owner that wait for it; answers how many got a verdict.

    A file on which the scanner or the storage gives no answer goes on waiting, and
    so do all where the scanner is away. Infected files lose their content; the row
    stays and says so. Raises ScannerAway.
    """
    system = Actor.system(owner_id)
    with database.transaction(system.scope) as session:
        waiting = [(row.id, row.storage_key) for row in pending(session, owner_id)]
    done = 0
    for attachment_id, key in waiting:
        try:
            with storage.open(key) as stream:
                verdict = (scanner or NoScanner()).scan(stream)
        except ScannerAway:
            raise
        except AdapterError as error:
            log.warning("scan of %s put off: %s", attachment_id, error)
            with database.transaction(system.scope) as session:
                put_off_scan(session, system, attachment_id, error.code)
            continue
        state = ScanState.CLEAN if verdict.clean else ScanState.INFECTED
        log.info("scanned: %s (%s)", state, verdict.note)
        with database.transaction(system.scope) as session:
            record_scan(session, system, attachment_id, state, verdict.note)
        if state is ScanState.INFECTED:
            remove(storage, [key])
        done += 1
    return done


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
