"""Exports, erasures, legal holds, retention."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, CreatedAt, EnumText, HasId, Owned, Timestamps, one_of
from ecopick.domains.privacy.lifecycle import ErasureState, ExportState, KeptStream


class PrivacyExport(HasId, Owned, CreatedAt, Base):
    """Everything held on a person, as a ZIP; of the platform where they asked themself.

    The object goes with ``expires_at``; the row stays.
    """

    __tablename__ = "privacy_exports"
    __table_args__ = (
        one_of("state", ExportState),
        Index(None, "subject_id", "created_at"),
    )

    subject_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    language: Mapped[str]
    state: Mapped[ExportState] = mapped_column(EnumText(ExportState), default=ExportState.WAITING)
    files_total: Mapped[int] = mapped_column(default=0)
    files_done: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    storage_key: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[bytes | None]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class PrivacyErasure(HasId, Owned, CreatedAt, Base):
    """That somebody is to be forgotten: by an owner, or of the platform a whole account.

    ``subject_id`` is all that is left of the person; ``told`` counts what was done.
    """

    __tablename__ = "privacy_erasures"
    __table_args__ = (
        one_of("state", ErasureState),
        Index(None, "state", "due_at"),
        Index(None, "subject_id"),
    )

    subject_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    state: Mapped[ErasureState] = mapped_column(
        EnumText(ErasureState), default=ErasureState.WAITING
    )
    due_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    told: Mapped[dict[str, Any] | None]


class PrivacyHold(HasId, Owned, CreatedAt, Base):
    """An owner must keep what it holds on a person, for a reason, until that is lifted."""

    __tablename__ = "privacy_holds"
    __table_args__ = (
        Index(
            "uq_privacy_holds_live",
            "property_owner_id",
            "user_id",
            unique=True,
            postgresql_where=text("lifted_at is null"),
        ),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str]
    set_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))


class PrivacyRetention(HasId, Owned, Timestamps, Base):
    """For how many months an owner keeps what is personal in a stream."""

    __tablename__ = "privacy_retention"
    __table_args__ = (
        UniqueConstraint("property_owner_id", "stream"),
        one_of("stream", KeptStream),
        CheckConstraint("months >= 3", name="months"),
    )

    stream: Mapped[KeptStream] = mapped_column(EnumText(KeptStream))
    months: Mapped[int]
