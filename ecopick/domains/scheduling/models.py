"""Recurring maintenance."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, HasId, Owned, Timestamps, owner_fk, vendor_fk


class ScheduledTask(HasId, Owned, Timestamps, Base):
    """Work that recurs by an iCal RRULE and may open tickets by itself."""

    __tablename__ = "scheduled_tasks"
    __table_args__ = (
        owner_fk("building_id", "buildings"),
        owner_fk("unit_id", "units", parent="building_id"),
        vendor_fk(),
        owner_fk("last_ticket_id", "tickets"),
        Index(None, "property_owner_id", "building_id"),
        Index(
            "ix_scheduled_tasks_due",
            "next_occurrence",
            postgresql_where=text("is_active and auto_create_ticket"),
        ),
    )

    building_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID | None]
    title: Mapped[str]
    description: Mapped[str | None]
    category: Mapped[str]
    rrule: Mapped[str | None]
    next_occurrence: Mapped[datetime | None]
    assignee_user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    vendor_org_id: Mapped[uuid.UUID | None]
    auto_create_ticket: Mapped[bool] = mapped_column(default=False)
    last_ticket_id: Mapped[uuid.UUID | None]
    is_active: Mapped[bool] = mapped_column(default=True)
