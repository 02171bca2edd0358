"""What people set going from the list: acts on many tickets, files of the list."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import (
    Base,
    CreatedAt,
    EnumText,
    HasId,
    Owned,
    one_of,
    owner_fk,
    owner_key,
)
from ecopick.domains.tickets.lifecycle import (
    BULK_LIMIT,
    BulkKind,
    BulkOutcome,
    BulkState,
    FileFormat,
    ListExportState,
)


class BulkAct(HasId, Owned, CreatedAt, Base):
    """One act on many tickets by one person; ``input`` is what the act was told.

    The words of a message are kept only until it was written on every ticket.
    """

    __tablename__ = "bulk_acts"
    __table_args__ = (
        owner_key(),
        one_of("act", BulkKind),
        one_of("state", BulkState),
        CheckConstraint(f"tickets_total between 1 and {BULK_LIMIT}", name="tickets_total"),
        Index(None, "user_id", "created_at"),
        Index(
            "ix_bulk_acts_unfinished",
            "property_owner_id",
            "created_at",
            postgresql_where=text("state in ('waiting', 'undoing')"),
        ),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    act: Mapped[BulkKind] = mapped_column(EnumText(BulkKind))
    input: Mapped[dict[str, Any]]
    language: Mapped[str]
    state: Mapped[BulkState] = mapped_column(EnumText(BulkState), default=BulkState.WAITING)
    tickets_total: Mapped[int]
    tickets_done: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]


class BulkResult(Owned, Base):
    """What became of one ticket of an act.

    ``ticket_id`` is what was sent and may be no ticket of this owner. ``before`` is
    what an undo needs, ``version_after`` the version that only the act has made.
    """

    __tablename__ = "bulk_results"
    __table_args__ = (owner_fk("bulk_act_id", "bulk_acts"), one_of("outcome", BulkOutcome))

    bulk_act_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    outcome: Mapped[BulkOutcome] = mapped_column(EnumText(BulkOutcome))
    reason: Mapped[str | None]
    before: Mapped[dict[str, Any] | None]
    version_after: Mapped[int | None]


class ListExport(HasId, Owned, CreatedAt, Base):
    """A ticket list as a file: its filters and columns, and how far a worker is.

    The object goes with ``expires_at``; the row stays.
    """

    __tablename__ = "list_exports"
    __table_args__ = (
        one_of("format", FileFormat),
        one_of("state", ListExportState),
        Index(None, "user_id", "created_at"),
        Index(None, "state", "expires_at"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    language: Mapped[str]
    format: Mapped[FileFormat] = mapped_column(EnumText(FileFormat))
    filters: Mapped[dict[str, Any]]
    columns: Mapped[list[str]]
    state: Mapped[ListExportState] = mapped_column(
        EnumText(ListExportState), default=ListExportState.WAITING
    )
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    storage_key: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    started_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
