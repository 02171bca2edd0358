"""Imports, what their rows became, and which could not be taken."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, text
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
from ecopick.domains.imports.lifecycle import ImportKind, ImportState


class Import(HasId, Owned, CreatedAt, Base):
    """A file with rows of one kind, and how far the work on it is.

    ``mapping`` names the column (from 0) of each field. The counts are those of the
    trial run until the import itself begins.
    """

    __tablename__ = "imports"
    __table_args__ = (
        owner_key(),
        one_of("kind", ImportKind),
        one_of("state", ImportState),
        Index(None, "property_owner_id", "created_at"),
        Index(
            "ix_imports_unfinished",
            "property_owner_id",
            "created_at",
            postgresql_where=text("state in ('checking', 'importing')"),
        ),
        Index("ix_imports_kept", "ended_at", postgresql_where=text("storage_key is not null")),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[ImportKind] = mapped_column(EnumText(ImportKind))
    language: Mapped[str]
    file_name: Mapped[str]
    storage_key: Mapped[str | None]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    charset: Mapped[str]
    delimiter: Mapped[str]
    columns: Mapped[list[str]]
    mapping: Mapped[dict[str, Any]]
    state: Mapped[ImportState] = mapped_column(EnumText(ImportState), default=ImportState.UPLOADED)
    rows_total: Mapped[int]
    rows_done: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ImportKey(Owned, Base):
    """A row that was taken: its key, its content as a hash, and what it became.

    ``target_id`` is the building, the unit, the tie of a person to a unit, or the ticket.
    """

    __tablename__ = "import_keys"
    __table_args__ = (owner_fk("import_id", "imports"), one_of("kind", ImportKind))

    property_owner_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("property_owners.id"), primary_key=True
    )
    kind: Mapped[ImportKind] = mapped_column(EnumText(ImportKind), primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    row_hash: Mapped[bytes]
    target_id: Mapped[uuid.UUID]
    import_id: Mapped[uuid.UUID]


class ImportProblem(Owned, Base):
    """Why a row was not taken: the field and a sentence, translated when it is read.

    ``line`` counts as spreadsheets do, the heads being line 1.
    """

    __tablename__ = "import_errors"
    __table_args__ = (owner_fk("import_id", "imports"),)

    import_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    field: Mapped[str]
    message: Mapped[str]
    facts: Mapped[dict[str, Any]]
