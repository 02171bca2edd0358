"""`ecopick verify-audit`: every chain from its first link, held against the anchors."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

from ecopick.adapters.storage import Storage
from ecopick.app import use_keys
from ecopick.config import Settings, libpq_url
from ecopick.core.audit.anchors import FOLDER, Anchor, links_of, lost, read_anchor
from ecopick.core.audit.chain import Chain, Fault, Proof, chains, prove, unsealed
from ecopick.server.errors import StartError
from ecopick.web.storage import open_storage

READERS = 2


class Counter:
    """Rows that were checked so far, shown on a terminal as they come."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0
        self._lock = threading.Lock()
        self._shown = sys.stderr.isatty()

    def add(self, rows: int) -> None:
        """Count ``rows`` more."""
        with self._lock:
            self.done += rows
            if self._shown:
                share = self.done * 100 // max(self.total, 1)
                print(f"\r{self.done:,} of {self.total:,} rows, {share} %", end="", file=sys.stderr)

    def end(self) -> None:
        """Leave the line."""
        if self._shown:
            print(file=sys.stderr)


def read_anchors(storage: Storage) -> list[Anchor]:
    """Every stored anchor, oldest first; ``AnchorForged`` for one that is not ours."""
    found = []
    for key in sorted(storage.keys(FOLDER)):
        with storage.open(key) as file:
            found.append(read_anchor(file.read()))
    return found


def verify_audit() -> list[str]:
    """Check all chains; the lines to print. Raises StartError where one is broken.

    Needs the migrator's address, which sees every owner.
    """
    settings = Settings.from_env()
    if not settings.migration_database_url:
        raise StartError("MIGRATION_DATABASE_URL is not set; verify-audit reads every owner.")
    use_keys(settings)
    url = libpq_url(settings.migration_database_url)
    anchors = read_anchors(open_storage(settings))
    begun = time.perf_counter()
    with psycopg.connect(url) as connection:
        found = chains(connection)
        strays = unsealed(connection)
    counter = Counter(sum(chain.seq for chain in found))
    with ThreadPoolExecutor(READERS) as pool:
        proofs = list(pool.map(lambda chain: _prove(url, chain, anchors, counter), found))
    counter.end()
    seconds = time.perf_counter() - begun
    faults = [proof.fault for proof in proofs if proof.fault] + strays + lost(anchors, found)
    rows = sum(proof.rows for proof in proofs)
    rate = rows / seconds if seconds else 0
    if faults:
        raise StartError("The audit is broken:\n" + "\n".join(map(_sentence, faults)))
    return [
        f"{rows:,} rows in {len(found)} chains are whole; {len(anchors)} anchors agree"
        f" ({seconds:.1f} s, {rate:,.0f} rows a second)."
    ]


def _prove(url: str, chain: Chain, anchors: list[Anchor], counter: Counter) -> Proof:
    with psycopg.connect(url) as connection:
        return prove(connection, chain, anchored=links_of(anchors, chain), progress=counter.add)


def _sentence(fault: Fault) -> str:
    entry = f", row {fault.entry_id}" if fault.entry_id else ""
    return f"  {fault.stream} of {fault.owner_id}, link {fault.seq}{entry}: {fault.kind}"
