"""Proofs of an owner's audit, and case files of single tickets."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, CreatedAt, EnumText, HasId, Owned, one_of, owner_fk


class CaseFileState(StrEnum):
    """How far a case file is."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class AuditProof(HasId, Owned, CreatedAt, Base):
    """A walk over all chains of an owner; ``is_whole`` is None until it has ended.

    ``faults`` lists ``{stream, seq, kind, entry_id}``. Without ``asked_by_id`` the
    schedule asked for it.
    """

    __tablename__ = "audit_proofs"
    __table_args__ = (Index(None, "property_owner_id", "created_at"),)

    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    rows_total: Mapped[int] = mapped_column(BigInteger, default=0)
    rows_done: Mapped[int] = mapped_column(BigInteger, default=0)
    anchors: Mapped[int] = mapped_column(default=0)
    is_whole: Mapped[bool | None]
    faults: Mapped[list[dict[str, Any]] | None]


class CaseFile(HasId, Owned, CreatedAt, Base):
    """Everything on one ticket as a ZIP that can be checked without the product.

    Team notes are left out unless ``with_notes``. The object goes with
    ``expires_at``; the row stays.
    """

    __tablename__ = "case_files"
    __table_args__ = (
        owner_fk("ticket_id", "tickets"),
        one_of("state", CaseFileState),
        Index(None, "ticket_id", "created_at"),
    )

    ticket_id: Mapped[uuid.UUID]
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    language: Mapped[str]
    with_notes: Mapped[bool] = mapped_column(default=False)
    state: Mapped[CaseFileState] = mapped_column(
        EnumText(CaseFileState), default=CaseFileState.WAITING
    )
    files_total: Mapped[int] = mapped_column(default=0)
    files_done: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    storage_key: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[bytes | None]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
