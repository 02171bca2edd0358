"""When an owner's audit was proven, and what was found."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, CreatedAt, HasId, Owned


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
