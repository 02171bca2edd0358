"""Reading quotes: one, those on a ticket side by side, and the owner's limits."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Conflict
from ecopick.core.finding import as_id, missing
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.property.queries import home_of
from ecopick.domains.tickets.lifecycle import ACTIVE, TicketStatus, illegal_transition
from ecopick.domains.tickets.models import Quote, Ticket
from ecopick.domains.tickets.policy import open_assignment
from ecopick.domains.tickets.queries.find import fresh_assignment, get_ticket, lock_open_job, relock
from ecopick.domains.tickets.queries.inbox import eligible_vendor
from ecopick.domains.tickets.quote_lifecycle import LIVE_QUOTE, UNDECIDED_QUOTE, QuoteState
from ecopick.domains.tickets.quote_policy import QuoteDesk, quotes_visible_to
from ecopick.domains.vendors.queries import vendor_names

SETTINGS = "quotes"
# Without any setting; in the owner's currency, without tax.
DEFAULT_APPROVAL_ABOVE = "1000.00"
DEFAULT_SIGN_IN_ABOVE = "5000.00"


@dataclass(frozen=True)
class Limits:
    """From which price on somebody else approves, and a vendor signs in; None means never."""

    approval_above: Decimal | None
    sign_in_above: Decimal | None
    categories: Mapping[str, Decimal]
    currency: str

    def for_category(self, category: str) -> Decimal | None:
        """The limit for this kind of work."""
        return self.categories.get(category, self.approval_above)

    def needs_approval(self, category: str, net: Decimal, currency: str) -> bool:
        """Whether one person alone may not take a price; one in a foreign currency never."""
        limit = self.for_category(category)
        return limit is not None and (net > limit or currency != self.currency)

    def needs_sign_in(self, net: Decimal, currency: str) -> bool:
        """Whether a mailed link alone is not enough to offer a price."""
        limit = self.sign_in_above
        return limit is not None and (net > limit or currency != self.currency)


def limits_of(session: Session, owner_id: uuid.UUID) -> Limits:
    """The owner's limits; amounts in the currency of most of its buildings."""
    settings = session.scalar(select(PropertyOwner.settings).where(PropertyOwner.id == owner_id))
    mine = (settings or {}).get(SETTINGS) or {}
    return Limits(
        _sum(mine.get("approval_above", DEFAULT_APPROVAL_ABOVE)),
        _sum(mine.get("sign_in_above", DEFAULT_SIGN_IN_ABOVE)),
        {name: Decimal(value) for name, value in (mine.get("categories") or {}).items()},
        home_of(session, owner_id).currency,
    )


def _sum(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def over_limit(session: Session, ticket: Ticket, quote: Quote) -> bool:
    """Whether accepting the quote needs an approval."""
    limits = limits_of(session, ticket.property_owner_id)
    return limits.needs_approval(ticket.category, quote.net_amount, quote.currency)


def lock_quote(session: Session, actor: Actor, key: Any) -> Quote:
    """The visible quote; ticket and quote locked and fresh. Raises NotFound."""
    quote_id = as_id(key)
    found = (
        session.scalars(
            select(Quote).where(Quote.id == quote_id, quotes_visible_to(actor))
        ).one_or_none()
        if quote_id
        else None
    )
    session.info["authorized"] = True
    if found is None:
        raise missing(actor, "Quote", key)
    relock(session, ticket_of_quote(session, found))
    return session.scalars(
        select(Quote)
        .where(Quote.id == found.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def ticket_of_quote(session: Session, quote: Quote) -> Ticket:
    """The ticket that a quote is for."""
    return session.scalars(select(Ticket).where(Ticket.id == quote.ticket_id)).one()


def lock_desk(session: Session, actor: Actor, key: Any) -> QuoteDesk:
    """Where one of the actor's vendors may offer a quote; the ticket locked and fresh.

    Raises NotFound for jobs that are neither the vendor's nor open to it, Conflict where
    another vendor has it or the time is over.
    """
    ticket = lock_open_job(session, actor, key)
    session.info["authorized"] = True
    assignment = open_assignment(session, ticket)
    if assignment is not None and assignment.vendor_org_id in actor.vendor_org_ids:
        if ticket.status not in ACTIVE:
            raise illegal_transition()
        vendor_org_id: uuid.UUID = assignment.vendor_org_id
        return QuoteDesk(ticket, vendor_org_id, fresh_assignment(session, ticket.id, assignment.id))
    vendor = eligible_vendor(session, actor, ticket.id)
    if vendor is None:
        get_ticket(session, actor, ticket.id)
        raise illegal_transition()
    if ticket.status is not TicketStatus.VENDOR_OPPORTUNITY:
        raise Conflict(_("Another vendor was faster."), code="already_claimed")
    require_in_time(ticket)
    return QuoteDesk(ticket, vendor, None)


def require_in_time(ticket: Ticket) -> None:
    """Raises Conflict where the deadline of an open job has passed."""
    if ticket.vendor_deadline is not None and ticket.vendor_deadline <= clock.now():
        raise Conflict(_("The time to apply has passed."), code="deadline_passed")


def undecided_of(session: Session, ticket_id: uuid.UUID, vendor_org_id: uuid.UUID) -> Quote | None:
    """The vendor's quote that nobody has decided on."""
    return session.scalars(
        select(Quote).where(
            Quote.ticket_id == ticket_id,
            Quote.vendor_org_id == vendor_org_id,
            Quote.state.in_(UNDECIDED_QUOTE),
        )
    ).one_or_none()


def price_waits(ticket_id: uuid.UUID) -> ColumnElement[bool]:
    """In SQL: the work on a ticket rests until a quote is approved."""
    return exists().where(Quote.ticket_id == ticket_id, Quote.state == QuoteState.WAITING)


def is_waiting(session: Session, ticket: Ticket) -> bool:
    """Whether the work rests until a quote is approved."""
    return bool(session.scalar(select(price_waits(ticket.id))))


def quote_of(
    session: Session, owner_id: uuid.UUID, ticket_id: uuid.UUID, vendor_org_id: uuid.UUID
) -> Quote | None:
    """What was agreed: the accepted quote of a vendor for a ticket, else its undecided one."""
    rows = session.scalars(
        select(Quote).where(
            Quote.property_owner_id == owner_id,
            Quote.ticket_id == ticket_id,
            Quote.vendor_org_id == vendor_org_id,
            Quote.state.in_(LIVE_QUOTE),
        )
    ).all()
    return min(rows, key=lambda row: row.state is not QuoteState.ACCEPTED, default=None)


def own_quotes(
    session: Session, actor: Actor, ticket_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, Quote]:
    """Of several jobs the actor's live quote each, the undecided one first."""
    session.info["authorized"] = True
    rows = session.scalars(
        select(Quote).where(
            Quote.ticket_id.in_(list(ticket_ids)),
            Quote.vendor_org_id.in_(actor.vendor_org_ids),
            Quote.state.in_(LIVE_QUOTE),
        )
    ).all()
    rows = sorted(rows, key=lambda row: row.state is not QuoteState.ACCEPTED)
    return {row.ticket_id: row for row in rows}


def quote_json(offer: "Offer") -> dict[str, Any]:
    """A quote as the API answers it; sums are strings."""
    row = offer.row

    def said(value: Any) -> str | None:
        return None if value is None else value.isoformat()

    return {
        "id": str(row.id),
        "ticket_id": str(row.ticket_id),
        "vendor_org_id": str(row.vendor_org_id),
        "vendor_name": offer.vendor_name,
        "state": row.state.value,
        "currency": row.currency,
        "net_amount": str(row.net_amount),
        "tax_rate": str(row.tax_rate),
        "tax_amount": str(row.tax_amount),
        "total_amount": str(row.total_amount),
        "lines": row.line_items,
        "arrival_from": said(row.arrival_from),
        "arrival_until": said(row.arrival_until),
        "valid_until": said(row.valid_until),
        "note": row.note,
        "reason": row.reason,
        "needs_approval": offer.needs_approval,
        "approval_id": str(row.approval_id) if row.approval_id else None,
        "is_cheapest": offer.is_cheapest,
        "is_earliest": offer.is_earliest,
        "has_lapsed": offer.has_lapsed,
        "version": row.version,
        "created_at": said(row.created_at),
        "updated_at": said(row.updated_at),
    }


@dataclass(frozen=True)
class Offer:
    """A quote as it is compared: ``is_cheapest`` and ``is_earliest`` among those undecided."""

    row: Quote
    vendor_name: str
    needs_approval: bool
    is_cheapest: bool = False
    is_earliest: bool = False

    @property
    def has_lapsed(self) -> bool:
        """Whether it no longer holds."""
        return has_lapsed(self.row)


def has_lapsed(quote: Quote, at: datetime | None = None) -> bool:
    """Whether the last day of an undecided quote has passed."""
    today = (at or clock.now()).date()
    undecided = quote.state in UNDECIDED_QUOTE
    return undecided and quote.valid_until is not None and quote.valid_until < today


def quotes_on(session: Session, actor: Actor, ticket: Ticket) -> list[Offer]:
    """Quotes on a ticket that the actor may see: undecided ones from the cheapest, then the
    accepted one, then what was refused or taken back."""
    session.info["authorized"] = True
    rows = list(
        session.scalars(select(Quote).where(Quote.ticket_id == ticket.id, quotes_visible_to(actor)))
    )
    if not rows:
        return []
    names = vendor_names(session, {row.vendor_org_id for row in rows})
    limits = limits_of(session, ticket.property_owner_id)
    order = [*QuoteState]
    rows.sort(key=lambda row: (order.index(row.state), row.total_amount, row.created_at))
    open_rows = [row for row in rows if row.state in UNDECIDED_QUOTE and not has_lapsed(row)]
    several = len(open_rows) > 1
    cheapest = min((row.total_amount for row in open_rows), default=None) if several else None
    dates = [row.arrival_from for row in open_rows if row.arrival_from is not None]
    earliest = min(dates, default=None) if several else None
    return [
        Offer(
            row,
            names.get(row.vendor_org_id, "–"),
            limits.needs_approval(ticket.category, row.net_amount, row.currency),
            row in open_rows and row.total_amount == cheapest,
            row in open_rows and earliest is not None and row.arrival_from == earliest,
        )
        for row in rows
    ]
