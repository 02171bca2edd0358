"""Response plans and the events of each ticket's clock."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import (
    Base,
    EnumText,
    HasId,
    Owned,
    Timestamps,
    one_of,
    owner_fk,
    owner_key,
)


class SLAEventType(StrEnum):
    """What happened to the clock; started → (paused → resumed)* → met or breached."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    BREACHED = "breached"
    MET = "met"


class SLAPlan(HasId, Owned, Timestamps, Base):
    """``default_minutes`` counts where a ticket has no priority."""

    __tablename__ = "sla_plans"
    __table_args__ = (owner_key(), Index(None, "property_owner_id"))

    name: Mapped[str]
    default_minutes: Mapped[int] = mapped_column(default=1440)


class SLAEvent(HasId, Owned, Base):
    """One step of a ticket's clock."""

    __tablename__ = "sla_events"
    __table_args__ = (
        owner_fk("ticket_id", "tickets"),
        owner_fk("plan_id", "sla_plans"),
        one_of("type", SLAEventType),
        Index(None, "ticket_id"),
        Index(None, "occurred_at"),
    )

    ticket_id: Mapped[uuid.UUID]
    plan_id: Mapped[uuid.UUID | None]
    type: Mapped[SLAEventType] = mapped_column(EnumText(SLAEventType))
    occurred_at: Mapped[datetime]
