"""The audit entries of one ticket with everything needed to check them elsewhere.

An entry is proven by its own bytes (``content_hash = sha256(body)``) and by its
link (``hash = sha256(prev_hash || content_hash || seq)``). That nothing between
was taken away is proven by walking from the first entry to the newest link with
the content hashes of all entries between, whosever they are: hashes tell nothing.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.audit.models import AuditEvent, AuditSeal

STREAM = "audit_events"


@dataclass(frozen=True)
class SealedEntry:
    """One entry with its link; ``body`` are the canonical bytes."""

    id: uuid.UUID
    seq: int
    body: bytes
    content_hash: bytes
    prev_hash: bytes
    hash: bytes


@dataclass(frozen=True)
class Walk:
    """The chain from the first entry on: what every link adds, and where it ends."""

    first_seq: int
    first_prev_hash: bytes
    content_hashes: list[bytes]
    last_hash: bytes

    def out(self) -> dict[str, Any]:
        """As JSON, hashes in hexadecimal."""
        return {
            "first_seq": self.first_seq,
            "first_prev_hash": self.first_prev_hash.hex(),
            "content_hashes": [each.hex() for each in self.content_hashes],
            "last_seq": self.first_seq + len(self.content_hashes) - 1,
            "last_hash": self.last_hash.hex(),
        }


def sealed_entries(
    session: Session, owner_id: uuid.UUID, ticket_id: uuid.UUID
) -> list[SealedEntry]:
    """The ticket's entries in the order of the chain."""
    rows = session.execute(
        select(
            AuditEvent.id,
            AuditSeal.seq,
            AuditEvent.body,
            AuditSeal.content_hash,
            AuditSeal.prev_hash,
            AuditSeal.hash,
        )
        .join(AuditSeal, AuditSeal.entry_id == AuditEvent.id)
        .where(AuditEvent.property_owner_id == owner_id, AuditEvent.ticket_id == ticket_id)
        .order_by(AuditSeal.seq)
    )
    return [SealedEntry(*row) for row in rows]


def walk_from(session: Session, owner_id: uuid.UUID, first: SealedEntry) -> Walk:
    """The owner's chain from ``first`` to its newest link."""
    rows = session.execute(
        select(AuditSeal.content_hash, AuditSeal.hash)
        .where(
            AuditSeal.property_owner_id == owner_id,
            AuditSeal.stream == STREAM,
            AuditSeal.seq >= first.seq,
        )
        .order_by(AuditSeal.seq)
    ).all()
    return Walk(
        first_seq=first.seq,
        first_prev_hash=first.prev_hash,
        content_hashes=[row.content_hash for row in rows],
        last_hash=rows[-1].hash,
    )
