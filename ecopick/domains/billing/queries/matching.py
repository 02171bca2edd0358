"""What an invoice says beside what was agreed and seen: quote, prices, evidence, bank account.

Facts only; the words for them are the page's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ecopick.domains.billing.lifecycle import TERMINAL, InvoiceStatus, RateType
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.queries.quoted import quoted
from ecopick.domains.billing.queries.rates import RateLine, rates_of
from ecopick.domains.billing.sums import Line, lines_of
from ecopick.domains.tickets.lifecycle import AttachmentType, TicketStatus
from ecopick.domains.tickets.models import Attachment, Ticket, Visit

# Hours that may be billed beyond those between arriving and being done.
PREPARATION = Decimal("0.5")


class Check(StrEnum):
    """What was compared, and with what outcome."""

    QUOTE_SAME = "quote_same"
    QUOTE_LESS = "quote_less"
    QUOTE_MORE = "quote_more"
    QUOTE_CURRENCY = "quote_currency"
    NO_QUOTE = "no_quote"
    RATE_SAME = "rate_same"
    RATE_MORE = "rate_more"
    RATE_LESS = "rate_less"
    NO_RATE = "no_rate"
    EVIDENCE = "evidence"
    NO_EVIDENCE = "no_evidence"
    NOT_SOLVED = "not_solved"
    NO_TICKET = "no_ticket"
    PRESENCE = "presence"
    HOURS_MORE = "hours_more"
    OTHER_INVOICE = "other_invoice"
    IBAN_CHANGED = "iban_changed"
    NO_IBAN = "no_iban"


# What somebody should look at before approving.
ODD = frozenset(
    {
        Check.QUOTE_MORE, Check.QUOTE_CURRENCY, Check.RATE_MORE, Check.NO_EVIDENCE,
        Check.NOT_SOLVED, Check.NO_TICKET, Check.OTHER_INVOICE, Check.IBAN_CHANGED, Check.NO_IBAN, Check.HOURS_MORE,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Match:
    """One comparison: what is billed, what was expected, and the line it is about."""

    check: Check
    billed: Decimal | None = None
    expected: Decimal | None = None
    line: Line | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def is_odd(self) -> bool:
        """Whether somebody should look at it."""
        return self.check in ODD

    @property
    def difference(self) -> Decimal | None:
        """How much more is billed than expected."""
        if self.billed is None or self.expected is None:
            return None
        return self.billed - self.expected


def matches(session: Session, invoice: Invoice) -> list[Match]:
    """Every comparison for an invoice that the reader was found to see, odd ones first."""
    found = [
        *_with_quote(session, invoice),
        *_with_rates(session, invoice),
        *_with_work(session, invoice),
        *_with_visits(session, invoice),
        *_with_earlier(session, invoice),
    ]
    return sorted(found, key=lambda each: not each.is_odd)


def _with_quote(session: Session, invoice: Invoice) -> Iterator[Match]:
    if invoice.ticket_id is None:
        return
    quote = quoted(session, invoice.property_owner_id, invoice.ticket_id, invoice.vendor_org_id)
    if quote is None:
        yield Match(Check.NO_QUOTE)
        return
    if quote.currency != invoice.currency:
        yield Match(Check.QUOTE_CURRENCY, facts={"currency": quote.currency})
        return
    more = invoice.total_amount - quote.total
    check = Check.QUOTE_MORE if more > 0 else Check.QUOTE_LESS if more < 0 else Check.QUOTE_SAME
    yield Match(check, invoice.total_amount, quote.total)


def _with_rates(session: Session, invoice: Invoice) -> Iterator[Match]:
    known = {
        (rate.category, rate.rate_type): rate
        for rate in rates_of(session, invoice.property_owner_id, invoice.vendor_org_id)
    }
    for line in lines_of(invoice.line_items):
        if line.category is None or line.rate_type is None:
            continue
        rate = known.get((line.category, line.rate_type))
        yield _rated(line, rate, invoice.currency)


def _rated(line: Line, rate: RateLine | None, currency: str) -> Match:
    if rate is None or rate.currency != currency:
        return Match(Check.NO_RATE, line.unit_amount, line=line)
    more = line.unit_amount - rate.amount
    check = Check.RATE_MORE if more > 0 else Check.RATE_LESS if more < 0 else Check.RATE_SAME
    return Match(check, line.unit_amount, rate.amount, line, {"agreed": rate.agreed})


def _with_work(session: Session, invoice: Invoice) -> Iterator[Match]:
    if invoice.ticket_id is None:
        yield Match(Check.NO_TICKET)
        return
    photos = (
        select(func.count())
        .select_from(Attachment)
        .where(
            Attachment.property_owner_id == invoice.property_owner_id,
            Attachment.ticket_id == invoice.ticket_id,
            Attachment.type == AttachmentType.RESOLUTION_EVIDENCE,
        )
        .scalar_subquery()
    )
    status, count = session.execute(
        select(Ticket.status, photos).where(
            Ticket.property_owner_id == invoice.property_owner_id, Ticket.id == invoice.ticket_id
        )
    ).one()
    if status not in (TicketStatus.RESOLVED, TicketStatus.CLOSED):
        yield Match(Check.NOT_SOLVED, facts={"status": status})
    yield Match(Check.EVIDENCE if count else Check.NO_EVIDENCE, facts={"count": count})


def _with_visits(session: Session, invoice: Invoice) -> Iterator[Match]:
    """Whether somebody was proved to be there, and for how long against the hours billed."""
    visits = session.scalars(
        select(Visit).where(
            Visit.property_owner_id == invoice.property_owner_id,
            Visit.ticket_id == invoice.ticket_id,
            Visit.vendor_org_id == invoice.vendor_org_id,
        )
    ).all()
    if any(visit.is_proved for visit in visits):
        yield Match(Check.PRESENCE)
    timed = [(each.arrived_at, each.done_at) for each in visits if each.arrived_at and each.done_at]
    there = sum((end - start for start, end in timed if start and end), timedelta(0))
    billed = sum(
        (
            line.quantity
            for line in lines_of(invoice.line_items)
            if line.rate_type is RateType.HOURLY
        ),
        Decimal(0),
    )
    hours = Decimal(int(there.total_seconds() // 60)) / 60
    if timed and billed > hours + PREPARATION:
        yield Match(Check.HOURS_MORE, facts={"billed": billed, "minutes": there})


def _with_earlier(session: Session, invoice: Invoice) -> Iterator[Match]:
    """Other invoices for the same ticket, and the bank account of the last one that was paid."""
    if invoice.ticket_id is not None:
        others = session.execute(
            select(Invoice.invoice_number, Invoice.total_amount).where(
                Invoice.property_owner_id == invoice.property_owner_id,
                Invoice.vendor_org_id == invoice.vendor_org_id,
                Invoice.ticket_id == invoice.ticket_id,
                Invoice.id != invoice.id,
                Invoice.status.not_in((InvoiceStatus.CANCELLED, InvoiceStatus.DRAFT)),
            )
        )
        for number, total in others:
            yield Match(Check.OTHER_INVOICE, facts={"number": number, "total": total})
    iban = invoice.seller.get("iban")
    if not iban and invoice.status not in TERMINAL:
        yield Match(Check.NO_IBAN)
    known = session.scalar(
        select(Invoice.seller["iban"].astext)
        .where(
            Invoice.property_owner_id == invoice.property_owner_id,
            Invoice.vendor_org_id == invoice.vendor_org_id,
            Invoice.id != invoice.id,
            Invoice.status.in_((InvoiceStatus.PAID, InvoiceStatus.APPROVED)),
            Invoice.seller["iban"].astext.is_not(None),
        )
        .order_by(Invoice.created_at.desc())
        .limit(1)
    )
    if iban and known and known != iban:
        yield Match(Check.IBAN_CHANGED, facts={"iban": iban, "known": known})
