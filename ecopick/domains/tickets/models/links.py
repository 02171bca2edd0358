"""How tickets hang together, beside incidents (``Ticket.parent_id``)."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Uuid

from ecopick.core.db import Base, CreatedAt, EnumText, HasId, Owned, one_of, owner_fk
from ecopick.domains.tickets.lifecycle import IncidentAct, LinkKind


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


class IncidentRun(HasId, Owned, CreatedAt, Base):
    """One act on the tickets of an incident: ``results`` grows ticket by ticket, in the order
    of ``ticket_ids``, each ``{ticket_id, outcome, text?}``; it has ended with ``ended_at``.
    """

    __tablename__ = "incident_runs"
    __table_args__ = (
        owner_fk("parent_id", "tickets"),
        one_of("act", IncidentAct),
        Index(None, "parent_id"),
        Index(
            "ix_incident_runs_waiting",
            "property_owner_id",
            "created_at",
            postgresql_where=text("ended_at is null"),
        ),
    )

    parent_id: Mapped[uuid.UUID]
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    act: Mapped[IncidentAct] = mapped_column(EnumText(IncidentAct))
    request: Mapped[dict[str, Any]]
    ticket_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    results: Mapped[list[dict[str, Any]]]
    ended_at: Mapped[datetime | None]
