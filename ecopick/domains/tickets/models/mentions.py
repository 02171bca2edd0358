"""Who is named in a message."""

import uuid

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, CreatedAt, HasId, Owned, owner_fk


class MessageMention(HasId, Owned, CreatedAt, Base):
    """A person named in a message: known by id, whatever they are called later."""

    __tablename__ = "message_mentions"
    __table_args__ = (
        UniqueConstraint("property_owner_id", "message_id", "user_id"),
        owner_fk("ticket_id", "tickets"),
        owner_fk("message_id", "messages", parent="ticket_id"),
        Index(None, "ticket_id"),
        Index(None, "user_id"),
    )

    ticket_id: Mapped[uuid.UUID]
    message_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
