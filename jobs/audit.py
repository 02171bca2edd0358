"""Anchoring the audit's heads outside the database, and walking its chains at night."""

import io
import logging
import uuid
from dataclasses import asdict
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from ecopick.adapters.storage import Storage
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.audit.anchors import (
    FOLDER,
    Anchor,
    key_of,
    links_of,
    lost,
    read_anchor,
    write_anchor,
)
from ecopick.core.audit.chain import Chain, Fault, chains, prove, snapshot, unsealed
from ecopick.core.changes import plain
from ecopick.core.db import new_id
from ecopick.domains.audit.models import AuditProof
from jobs.runtime import Runtime, runtime

log = logging.getLogger("ecopick.jobs.audit")
MAX_FAULTS = 20


def anchor() -> str:
    """Store the heads of all chains outside the database, signed; answers the object's key."""
    at = runtime()
    query = "select property_owner_id, stream, seq, hash from audit_all_heads()"
    with at.database.transaction(Actor.system().scope) as session:
        heads = [Chain(*row) for row in session.execute(text(query))]
    moment = clock.now()
    key = key_of(moment)
    at.storage.put(key, io.BytesIO(write_anchor(moment, heads)))
    return key


def read_anchors(storage: Storage) -> list[Anchor]:
    """Every stored anchor, oldest first; ``AnchorForged`` for one that is not ours."""
    found = []
    for key in sorted(storage.keys(FOLDER)):
        with storage.open(key) as file:
            found.append(read_anchor(file.read()))
    return found


def prove_all() -> int:
    """Walk the chains of every owner; how many owners' are whole."""
    at = runtime()
    with at.alone("prove_audit") as alone:
        if not alone:
            return 0
        anchors = read_anchors(at.storage)
        owners = _owners(at, "select distinct property_owner_id from audit_all_heads() order by 1")
        return sum(_prove_owner(at, owner_id, new_id(), anchors) for owner_id in owners)


def prove_waiting() -> int:
    """Make the proofs that people asked for; how many."""
    at = runtime()
    with at.alone("prove_waiting") as alone:
        if not alone:
            return 0
        made = 0
        for owner_id in _owners(at, "select owners_awaiting('proof')"):
            for proof_id in _asked(at, owner_id):
                _prove_owner(at, owner_id, proof_id, read_anchors(at.storage))
                made += 1
    return made


def _owners(at: Runtime, query: str) -> list[uuid.UUID]:
    with at.database.transaction(Actor.system().scope) as session:
        return [uuid.UUID(str(row)) for row in session.scalars(text(query))]


def _asked(at: Runtime, owner_id: uuid.UUID) -> list[uuid.UUID]:
    with at.as_system(owner_id) as (session, _system):
        return list(
            session.scalars(
                select(AuditProof.id).where(
                    AuditProof.property_owner_id == owner_id, AuditProof.ended_at.is_(None)
                )
            )
        )


def _prove_owner(
    at: Runtime, owner_id: uuid.UUID, proof_id: uuid.UUID, anchors: list[Anchor]
) -> bool:
    """Walk all chains of one owner in one snapshot, keeping how far it got."""
    faults: list[Fault] = []
    with at.as_system(owner_id) as (session, _system):
        raw = snapshot(session)
        found = chains(raw, owner_id)
        progress = _Progress(at, owner_id, proof_id)
        progress.begin(sum(chain.seq for chain in found), len(anchors))
        for chain in found:
            proof = prove(raw, chain, anchored=links_of(anchors, chain), progress=progress.add)
            if proof.fault is not None:
                faults.append(proof.fault)
                if raw.closed or raw.info.transaction_status != TransactionStatus.INTRANS:
                    break  # The walk met bytes that cannot be read at all.
        else:
            faults += unsealed(raw, owner_id)
        faults += lost(anchors, found, owner_id)
        session.rollback()
    progress.end(faults)
    if faults:
        log.error("the audit of owner %s is broken: %s", owner_id, faults[0].kind)
    return not faults


class _Progress:
    """Keeps in the proof's row how far a walk has come."""

    def __init__(self, at: Runtime, owner_id: uuid.UUID, proof_id: uuid.UUID) -> None:
        self.runtime, self.owner_id, self.proof_id = at, owner_id, proof_id
        self.done = self.total = 0

    def begin(self, total: int, anchors: int) -> None:
        """The walk starts; a proof nobody asked for gets its row here."""
        self.total = total
        facts = {"started_at": clock.now(), "rows_total": total, "rows_done": 0, "anchors": anchors}
        with self.runtime.as_system(self.owner_id) as (session, _system):
            session.execute(
                insert(AuditProof)
                .values(
                    id=self.proof_id,
                    property_owner_id=self.owner_id,
                    created_at=clock.now(),
                    **facts,
                )
                .on_conflict_do_update(index_elements=[AuditProof.id], set_=facts)
            )

    def add(self, rows: int) -> None:
        """So many more rows were found in order."""
        self.done += rows
        self._keep(rows_done=self.done)

    def end(self, faults: list[Fault]) -> None:
        """The walk is over."""
        self._keep(
            rows_done=self.total,
            ended_at=clock.now(),
            is_whole=not faults,
            faults=[plain(asdict(fault)) for fault in faults[:MAX_FAULTS]] or None,
        )

    def _keep(self, **facts: Any) -> None:
        with self.runtime.as_system(self.owner_id) as (session, _system):
            session.execute(
                update(AuditProof).where(AuditProof.id == self.proof_id).values(**facts)
            )
