"""Views of the list that people keep, and who has seen which ticket."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core import clock
from ecopick.core.db import Base, HasId, Owned, Timestamps, owner_fk, owner_key


class SavedView(HasId, Owned, Timestamps, Base):
    """Filters and order of the ticket list under a name, of one person or shared.

    ``filters`` holds the fields of ``ListTickets`` that were set, as JSON;
    ``position`` orders the views of a person, those without an own place last.
    """

    __tablename__ = "saved_views"
    __table_args__ = (
        owner_key(),
        Index("ix_saved_views_property_owner_id_user_id", "property_owner_id", "user_id"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    filters: Mapped[dict[str, Any]]
    sort: Mapped[str]
    is_shared: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    deleted_at: Mapped[datetime | None]


class TicketRead(Owned, Base):
    """When a person last had a ticket open; bookkeeping, written as it is read."""

    __tablename__ = "ticket_reads"
    __table_args__ = (owner_fk("ticket_id", "tickets"),)

    ticket_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
