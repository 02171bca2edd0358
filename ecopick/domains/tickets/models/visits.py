"""Arranged visits, what is checked on them, and a technician's narrower link."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import CITEXT, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import (
    Base,
    CreatedAt,
    EnumText,
    HasId,
    Owned,
    Timestamps,
    one_of,
    owner_fk,
    owner_key,
    vendor_fk,
)
from ecopick.domains.tickets.visit_states import PlaceHow, VisitSide, VisitState


class Visit(HasId, Owned, Timestamps, Base):
    """One arranged time of an accepted job; an assignment has one open visit at most.

    ``options`` are the windows proposed last, ``{from, until}`` in UTC; ``arrival_from`` and
    ``arrival_until`` the agreed one. ``sequence`` counts changes of it for calendars. The
    visit is proved once the place's code and the photographed ``code`` are both there.
    """

    __tablename__ = "visits"
    __table_args__ = (
        owner_key(),
        owner_fk("assignment_id", "assignments", parent="ticket_id"),
        vendor_fk(),
        owner_fk("photo_id", "attachments"),
        one_of("state", VisitState),
        one_of("proposed_by", VisitSide),
        one_of("place_how", PlaceHow),
        CheckConstraint(
            "(arrival_from is null) = (arrival_until is null)"
            " and (arrival_until is null or arrival_until > arrival_from)",
            name="window",
        ),
        CheckConstraint(
            "state <> 'CONFIRMED' or arrival_from is not null", name="confirmed_has_window"
        ),
        CheckConstraint("(place_at is null) = (place_how is null)", name="place_how"),
        CheckConstraint("(photo_at is null) = (photo_id is null)", name="photo"),
        Index(
            "uq_visits_open",
            "property_owner_id",
            "assignment_id",
            unique=True,
            postgresql_where=text("state not in ('DONE', 'CANCELLED')"),
        ),
        Index(None, "ticket_id"),
        Index(None, "vendor_org_id"),
        Index("ix_visits_coming", "arrival_from", postgresql_where=text("state = 'CONFIRMED'")),
    )

    ticket_id: Mapped[uuid.UUID]
    assignment_id: Mapped[uuid.UUID]
    vendor_org_id: Mapped[uuid.UUID]
    state: Mapped[VisitState] = mapped_column(EnumText(VisitState))
    proposed_by: Mapped[VisitSide] = mapped_column(EnumText(VisitSide))
    options: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    note: Mapped[str | None]
    arrival_from: Mapped[datetime | None]
    arrival_until: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(default=0)
    code: Mapped[str]
    place_at: Mapped[datetime | None]
    place_how: Mapped[PlaceHow | None] = mapped_column(EnumText(PlaceHow))
    photo_at: Mapped[datetime | None]
    photo_id: Mapped[uuid.UUID | None]
    on_the_way_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    reminded_day_at: Mapped[datetime | None]
    reminded_soon_at: Mapped[datetime | None]

    @property
    def is_proved(self) -> bool:
        """Whether somebody was there: the place's code and the photographed one are known."""
        return self.place_at is not None and self.photo_at is not None


class VisitCheck(HasId, Owned, CreatedAt, Base):
    """One item of a job's checklist, as it stood at the acceptance, and who ticked it."""

    __tablename__ = "visit_checks"
    __table_args__ = (
        owner_fk("assignment_id", "assignments", parent="ticket_id"),
        UniqueConstraint("property_owner_id", "assignment_id", "position"),
        CheckConstraint("(ticked_at is null) = (ticked_by_id is null)", name="ticked"),
        Index(None, "ticket_id"),
    )

    ticket_id: Mapped[uuid.UUID]
    assignment_id: Mapped[uuid.UUID]
    position: Mapped[int]
    item: Mapped[str]
    ticked_at: Mapped[datetime | None]
    ticked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    ticked_name: Mapped[str | None]


class VendorSublink(HasId, Owned, CreatedAt, Base):
    """A narrower link to the same job for a technician: no prices, no decline, no links of
    its own; it ends with the link it hangs on. Mailed while ``sent_at`` is null."""

    __tablename__ = "vendor_sublinks"
    __table_args__ = (
        owner_fk("link_id", "vendor_links"),
        UniqueConstraint("token_hash"),
        Index(None, "link_id"),
        Index(
            "ix_vendor_sublinks_unsent",
            "created_at",
            postgresql_where=text("sent_at is null and email is not null and revoked_at is null"),
        ),
    )

    link_id: Mapped[uuid.UUID]
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(CITEXT)
    language: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    token_hash: Mapped[bytes]
    sent_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
