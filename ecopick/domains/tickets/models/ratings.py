"""What people say of how their request ended."""

import uuid

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import (
    Base,
    EnumText,
    HasId,
    Owned,
    Timestamps,
    one_of,
    owner_fk,
    vendor_fk,
)
from ecopick.domains.tickets.lifecycle import Rating


class TicketRating(HasId, Owned, Timestamps, Base):
    """One rating a ticket, by whoever reported it; a later one replaces it.

    ``vendor_org_id`` is the vendor that did the work, for its figures. Without a person
    where the request came from somebody without an account.
    """

    __tablename__ = "ticket_ratings"
    __table_args__ = (
        owner_fk("ticket_id", "tickets"),
        vendor_fk(),
        UniqueConstraint("property_owner_id", "ticket_id"),
        one_of("rating", Rating),
        Index(None, "vendor_org_id"),
        Index(None, "user_id"),
    )

    ticket_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    vendor_org_id: Mapped[uuid.UUID | None]
    rating: Mapped[Rating] = mapped_column(EnumText(Rating))
