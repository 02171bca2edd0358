"""The four append-only streams, their seals and the keys of the people in them.

Each stream is partitioned by month. Rows reach the database with ``body``, the
canonical bytes; a deferred trigger seals them into ``audit_seals`` at commit.
Values of people (address, e-mail, user agent) are stored encrypted.
"""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Computed, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import base as postgresql
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.types import UserDefinedType

from ecopick.core import clock
from ecopick.core.db import Base, EnumText, Owned, new_id, one_of, owner_fk


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **options: Any) -> str:
        """The type's name in SQL."""
        return "xid8"


postgresql.ischema_names["xid8"] = Xid8


class AuditAction(StrEnum):
    """What was done to a ticket or another business record."""

    TICKET_CREATED = "TICKET_CREATED"
    STATUS_CHANGED = "STATUS_CHANGED"
    TRIAGED = "TRIAGED"
    ASSIGNED = "ASSIGNED"
    DISPATCHED = "DISPATCHED"
    VENDOR_ACCEPTED = "VENDOR_ACCEPTED"
    VENDOR_DECLINED = "VENDOR_DECLINED"
    MESSAGE_POSTED = "MESSAGE_POSTED"
    ATTACHMENT_UPLOADED = "ATTACHMENT_UPLOADED"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"
    STAKEHOLDER_ADDED = "STAKEHOLDER_ADDED"
    STAKEHOLDER_REMOVED = "STAKEHOLDER_REMOVED"
    TICKET_UPDATED = "TICKET_UPDATED"
    ENTITY_CREATED = "ENTITY_CREATED"
    ENTITY_UPDATED = "ENTITY_UPDATED"
    ENTITY_STATUS_CHANGED = "ENTITY_STATUS_CHANGED"
    ENTITY_DEACTIVATED = "ENTITY_DEACTIVATED"


class AccessAction(StrEnum):
    """How something was read."""

    VIEW = "VIEW"
    LIST = "LIST"
    SEARCH = "SEARCH"
    EXPORT = "EXPORT"
    DOWNLOAD = "DOWNLOAD"


class KeyKind(StrEnum):
    """What a key is for: one person, the texts about something, a stream's month."""

    PERSON = "person"
    TEXT = "text"
    PERIOD = "period"


class StreamEntry(Owned):
    """Columns of every stream: identity, request facts, canonical bytes and hash."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(primary_key=True, default=clock.now)
    ip: Mapped[str | None]
    user_agent: Mapped[str | None]
    method: Mapped[str | None]
    route: Mapped[str | None]
    request_id: Mapped[str | None]
    correlation_id: Mapped[str | None]
    body: Mapped[bytes]

    @declared_attr
    def content_hash(cls) -> Mapped[bytes]:
        """SHA-256 over ``body``, made by the database."""
        return mapped_column(Computed("sha256(body)", persisted=True))

    @declared_attr
    def xid(cls) -> Mapped[int]:
        """The writing transaction, by which the seal finds its entries."""
        return mapped_column(Xid8, server_default=text("pg_current_xact_id()"), nullable=False)


_BY_MONTH = {"postgresql_partition_by": "RANGE (created_at)"}


class AuditEvent(StreamEntry, Base):
    """What was changed, by whom; ``changes`` is a list of ``{field, from, to}``."""

    __tablename__ = "audit_events"
    __table_args__ = (
        owner_fk("ticket_id", "tickets"),
        one_of("action", AuditAction),
        Index(None, "property_owner_id", "created_at"),
        Index(None, "ticket_id", "created_at"),
        Index(None, "actor_id", "created_at"),
        Index(None, "xid"),
        _BY_MONTH,
    )

    ticket_id: Mapped[uuid.UUID | None]
    actor_id: Mapped[uuid.UUID | None]
    action: Mapped[AuditAction] = mapped_column(EnumText(AuditAction))
    meta: Mapped[dict[str, Any] | None]
    changes: Mapped[list[dict[str, Any]] | None]


class AuthAuditEvent(StreamEntry, Base):
    """An authentication outcome; seen by the person and by app admins."""

    __tablename__ = "auth_audit_events"
    __table_args__ = (
        Index(None, "created_at"),
        Index(None, "user_id", "created_at"),
        Index(None, "property_owner_id", "created_at"),
        Index(None, "xid"),
        _BY_MONTH,
    )

    user_id: Mapped[uuid.UUID | None]
    email: Mapped[str | None]
    action: Mapped[str]
    outcome: Mapped[str]
    reason_code: Mapped[str | None]
    device_fingerprint: Mapped[str | None]
    meta: Mapped[dict[str, Any] | None]


class AccessEvent(StreamEntry, Base):
    """Who read what; no resource id where a whole list was read."""

    __tablename__ = "access_events"
    __table_args__ = (
        one_of("action", AccessAction),
        Index(None, "user_id", "created_at"),
        Index(None, "resource_type", "resource_id", "created_at"),
        Index(None, "context_org_id", "created_at"),
        Index(None, "property_owner_id", "created_at"),
        Index(None, "xid"),
        _BY_MONTH,
    )

    user_id: Mapped[uuid.UUID]
    action: Mapped[AccessAction] = mapped_column(EnumText(AccessAction))
    resource_type: Mapped[str]
    resource_id: Mapped[uuid.UUID | None]
    context_org_id: Mapped[uuid.UUID | None]
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata")


class AccessDecision(StreamEntry, Base):
    """One verdict of ``authorize()``."""

    __tablename__ = "access_decisions"
    __table_args__ = (
        Index(None, "user_id", "created_at"),
        Index(None, "resource_type", "resource_id", "created_at"),
        Index(None, "granted", "created_at"),
        Index(None, "property_owner_id", "created_at"),
        Index(None, "xid"),
        _BY_MONTH,
    )

    user_id: Mapped[uuid.UUID]
    action: Mapped[str]
    resource_type: Mapped[str]
    resource_id: Mapped[uuid.UUID | None]
    granted: Mapped[bool]
    policy_name: Mapped[str | None]
    reason: Mapped[str | None]


class AuditSeal(Owned, Base):
    """A link of the chain of one owner and stream: ``sha256(prev || content || seq)``.

    ``seq`` enters the hash as eight bytes, big-endian; the first ``prev_hash``
    is 32 zero bytes. Written by the database only.
    """

    __tablename__ = "audit_seals"
    __table_args__ = (UniqueConstraint("entry_id"),)

    property_owner_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("property_owners.id"), primary_key=True
    )
    stream: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[uuid.UUID]
    entry_created_at: Mapped[datetime]
    content_hash: Mapped[bytes]
    prev_hash: Mapped[bytes]
    hash: Mapped[bytes]


class AuditHead(Base):
    """The last link of each chain; its row lock keeps writers in one line."""

    __tablename__ = "audit_heads"

    property_owner_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("property_owners.id"), primary_key=True
    )
    stream: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]


class SubjectKey(Base):
    """A key for audit values of a person, a text or a month; destroying empties it."""

    __tablename__ = "subject_keys"
    __table_args__ = (one_of("kind", KeyKind),)

    property_owner_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("property_owners.id"), primary_key=True
    )
    subject_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[KeyKind] = mapped_column(
        EnumText(KeyKind), default=KeyKind.PERSON, server_default="person"
    )
    wrapped_key: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    destroyed_at: Mapped[datetime | None]
