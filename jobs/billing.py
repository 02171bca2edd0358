"""Files of received invoices: scanned before anybody may open them."""

import logging
import uuid

from sqlalchemy import text

from ecopick.adapters.scan import ScannerAway
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.billing.commands.receiving import (
    put_off_invoice_scan,
    record_invoice_scan,
    unscanned,
)
from jobs.attachments import Files, scan_pending
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.billing")
OF_INVOICES = Files(unscanned, record_invoice_scan, put_off_invoice_scan)


def scan() -> int:
    """Scan the files of invoices that wait for it; how many got a verdict."""
    at = runtime()
    scanned = 0
    with at.alone("invoice_scans") as alone, origin_of("billing", None, None):
        for owner_id in _owners(at) if alone else ():
            try:
                scanned += scan_pending(
                    at.database, at.storage, owner_id, at.scanner, files=OF_INVOICES
                )
            except ScannerAway as error:
                log.warning("invoices wait for the scanner: %s", error.detail)
                break
            except Exception:
                log.exception("scans of invoices failed for owner %s", owner_id)
    return scanned


def _owners(at: Runtime) -> list[uuid.UUID]:
    with at.database.transaction(Actor.system().scope) as session:
        rows = session.scalars(text("select owners_with_invoice_files(:at)"), {"at": clock.now()})
        return [uuid.UUID(str(row)) for row in rows]
