"""Files after their upload: scanned before anybody may open them, swept when orphaned.

Every function may run again at any time: what is done is not done twice.
"""

import logging
import uuid

from ecopick.adapters.errors import AdapterError
from ecopick.adapters.scan import NoScanner, Scanner
from ecopick.adapters.storage import Storage
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.uow import Database
from ecopick.domains.tickets.commands.attachments import record_scan
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

    A scanner or storage that does not answer leaves the file waiting. Infected
    files lose their content; the row stays and says so.
    """
    system = Actor.system(owner_id)
    with database.transaction(system.scope) as session:
        waiting = [(row.id, row.storage_key) for row in pending(session, owner_id)]
    done = 0
    for attachment_id, key in waiting:
        state = _scan(storage, scanner or NoScanner(), key)
        if state is None:
            continue
        with database.transaction(system.scope) as session:
            record_scan(session, system, attachment_id, state)
        if state is ScanState.INFECTED:
            remove(storage, [key])
        done += 1
    return done


def _scan(storage: Storage, scanner: Scanner, key: str) -> ScanState | None:
    try:
        with storage.open(key) as stream:
            verdict = scanner.scan(stream)
    except AdapterError as error:
        log.warning("scan put off: %s", error.code)
        return None
    log.info("scanned: %s (%s)", "clean" if verdict.clean else "infected", verdict.note)
    return ScanState.CLEAN if verdict.clean else ScanState.INFECTED


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
