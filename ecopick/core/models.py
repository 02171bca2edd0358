"""Tables of the foundation: the outbox and idempotency keys."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, CreatedAt, HasId, Owned


class Outbox(HasId, Owned, CreatedAt, Base):
    """An event, written by the command that caused it, waiting for its dispatch.

    ``seq`` is the order of writing. ``stream_id`` comes from the sequence
    ``outbox_stream_ids`` when the dispatcher takes the row after its commit, so
    that readers who follow the stream never skip a late commit.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_undispatched",
            "property_owner_id",
            "seq",
            postgresql_where=text("dispatched_at is null"),
        ),
        Index("ix_outbox_stream", "property_owner_id", "stream_id"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    name: Mapped[str]
    payload: Mapped[dict[str, Any]]
    actor_id: Mapped[uuid.UUID | None]
    request_id: Mapped[str | None]
    correlation_id: Mapped[str | None]
    dispatched_at: Mapped[datetime | None]
    stream_id: Mapped[int | None] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(default=0)


class IdempotencyKey(HasId, Owned, CreatedAt, Base):
    """The answer to a request that may be repeated; repeats get the same one."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("actor_id", "key"),
        Index(None, "created_at"),
    )

    actor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str]
    method: Mapped[str]
    path: Mapped[str]
    request_hash: Mapped[bytes]
    status: Mapped[int | None]
    response: Mapped[dict[str, Any] | None]
