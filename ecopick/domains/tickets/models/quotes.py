"""What vendors offer for a ticket, and their mailed links to open jobs."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
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
    vendor_fk,
)
from ecopick.domains.tickets.quote_lifecycle import QuoteState


class Quote(HasId, Owned, Timestamps, Base):
    """A price for one ticket, with when the vendor would come and until when it holds.

    ``total_amount`` is ``net_amount`` and ``tax_amount``; ``line_items`` are empty for one
    sum. ``approval_id`` is the latest approval that it waited for, ``accepted_by_id`` whoever
    asked for that or took it, ``reason`` why it was refused or taken back. A vendor has one
    undecided quote on a ticket, a ticket one accepted quote.
    """

    __tablename__ = "quotes"
    __table_args__ = (
        owner_fk("ticket_id", "tickets"),
        vendor_fk(),
        owner_fk("approval_id", "access_requests"),
        one_of("state", QuoteState),
        CheckConstraint("total_amount = net_amount + tax_amount and net_amount > 0", name="sum"),
        CheckConstraint("arrival_until > arrival_from", name="window"),
        CheckConstraint("state <> 'WAITING' or approval_id is not null", name="waits_for_approval"),
        Index(
            "uq_quotes_undecided",
            "property_owner_id",
            "ticket_id",
            "vendor_org_id",
            unique=True,
            postgresql_where=text("state in ('OFFERED', 'WAITING')"),
        ),
        Index(
            "uq_quotes_waiting",
            "property_owner_id",
            "ticket_id",
            unique=True,
            postgresql_where=text("state = 'WAITING'"),
        ),
        Index(
            "uq_quotes_accepted",
            "property_owner_id",
            "ticket_id",
            unique=True,
            postgresql_where=text("state = 'ACCEPTED'"),
        ),
        Index(None, "ticket_id"),
        Index(None, "vendor_org_id"),
        Index(None, "approval_id"),
    )

    ticket_id: Mapped[uuid.UUID]
    vendor_org_id: Mapped[uuid.UUID]
    state: Mapped[QuoteState] = mapped_column(EnumText(QuoteState), default=QuoteState.OFFERED)
    currency: Mapped[str]
    net_amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    tax_amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    total_amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    line_items: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    arrival_from: Mapped[datetime | None]
    arrival_until: Mapped[datetime | None]
    valid_until: Mapped[date | None]
    note: Mapped[str | None]
    offered_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    approval_id: Mapped[uuid.UUID | None]
    accepted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)


class OpportunityLink(HasId, Owned, CreatedAt, Base):
    """The mailed link of one person at a vendor to an open job; only its hash is stored."""

    __tablename__ = "opportunity_links"
    __table_args__ = (
        owner_fk("ticket_id", "tickets"),
        vendor_fk(),
        UniqueConstraint("token_hash"),
        UniqueConstraint("property_owner_id", "ticket_id", "recipient_id"),
        Index(None, "ticket_id"),
        Index(None, "recipient_id"),
    )

    ticket_id: Mapped[uuid.UUID]
    vendor_org_id: Mapped[uuid.UUID]
    recipient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[bytes]
    fetched_at: Mapped[datetime | None]
