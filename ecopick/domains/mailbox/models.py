"""Addresses that take mail, and what came to them."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, CreatedAt, EnumText, HasId, Owned, one_of, owner_fk
from ecopick.domains.tickets.models import MessageVisibility


class InboundAddress(HasId, Owned, CreatedAt, Base):
    """Where people mail what is wrong in a building; ``local_part`` stands before the @."""

    __tablename__ = "inbound_addresses"
    __table_args__ = (
        owner_fk("building_id", "buildings"),
        UniqueConstraint("local_part"),
        Index(
            "ix_inbound_addresses_live",
            "property_owner_id",
            "building_id",
            unique=True,
            postgresql_where=text("retired_at is null"),
        ),
    )

    building_id: Mapped[uuid.UUID]
    local_part: Mapped[str] = mapped_column(CITEXT)
    issued_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    retired_at: Mapped[datetime | None]


class ReplyAddress(HasId, Owned, CreatedAt, Base):
    """Where one person answers about one ticket; ``visibility`` is who reads the answer.

    The token in the address is computed from these three; only its hash is stored.
    """

    __tablename__ = "reply_addresses"
    __table_args__ = (
        owner_fk("ticket_id", "tickets"),
        UniqueConstraint("token_hash"),
        one_of("visibility", MessageVisibility),
        Index(None, "ticket_id"),
        Index(None, "user_id"),
    )

    ticket_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    visibility: Mapped[MessageVisibility] = mapped_column(EnumText(MessageVisibility))
    token_hash: Mapped[bytes]


class InboundReply(HasId, Owned, CreatedAt, Base):
    """A mailed reply that became a message.

    ``mail_key`` is a hash of its Message-ID, so that it comes in once for each ticket that
    it answers; ``words_hash`` tells when a program sends the same words again.
    """

    __tablename__ = "inbound_replies"
    __table_args__ = (
        owner_fk("ticket_id", "tickets"),
        owner_fk("message_id", "messages", parent="ticket_id"),
        UniqueConstraint("ticket_id", "user_id", "mail_key"),
        Index(None, "ticket_id", "created_at"),
        Index(None, "user_id"),
    )

    mail_key: Mapped[bytes]
    ticket_id: Mapped[uuid.UUID]
    message_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    words_hash: Mapped[bytes]
