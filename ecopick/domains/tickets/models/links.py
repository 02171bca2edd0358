"""How tickets hang together, beside incidents (``Ticket.parent_id``)."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, CreatedAt, EnumText, HasId, Owned, one_of, owner_fk
from ecopick.domains.tickets.lifecycle import LinkKind


class TicketLink(HasId, Owned, CreatedAt, Base):
    """``from_id`` is a duplicate of, or was caused by, ``to_id``; live until ``removed_at``.

    A ticket is the duplicate of one other at most, and never, by way of others, of itself.
    """

    __tablename__ = "ticket_links"
    __table_args__ = (
        owner_fk("from_id", "tickets"),
        owner_fk("to_id", "tickets"),
        UniqueConstraint("property_owner_id", "from_id", "to_id", "kind"),
        one_of("kind", LinkKind),
        CheckConstraint("from_id <> to_id or removed_at is not null", name="not_to_itself"),
        Index(
            "uq_ticket_links_one_original",
            "property_owner_id",
            "from_id",
            unique=True,
            postgresql_where=text("kind = 'DUPLICATE_OF' and removed_at is null"),
        ),
        Index(None, "to_id"),
    )

    from_id: Mapped[uuid.UUID]
    to_id: Mapped[uuid.UUID]
    kind: Mapped[LinkKind] = mapped_column(EnumText(LinkKind))
    created_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime | None]
