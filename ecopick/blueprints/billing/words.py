"""Sentences about invoices: what was compared, who did what, how old a debt is."""

from datetime import date
from decimal import Decimal
from typing import Any

from ecopick.core.business_ids import spaced_iban
from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.billing.lifecycle import InvoiceStatus
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.queries.matching import Check, Match
from ecopick.web.amounts import shown_number
from ecopick.web.formats import duration, local_date, money
from ecopick.web.labels import label

ICONS = {True: "triangle-alert", False: "circle-check"}
PLAIN = frozenset({Check.NO_QUOTE, Check.NO_RATE})


def bucket_words(name: str) -> str:
    """How old what is owed is."""
    return {
        "not_due": _("Not due yet"),
        "30": _("1 to 30 days late"),
        "60": _("31 to 60 days late"),
        "90": _("61 to 90 days late"),
        "older": _("Over 90 days late"),
    }[name]


def match_words(found: Match, currency: str, country: str | None) -> dict[str, Any]:
    """A comparison as a line: what it says, more about it, its tone."""

    def sum_of(value: Decimal | None) -> str:
        return money(value, currency, country)

    title, detail = _match(found, sum_of)
    plain = found.check in PLAIN
    return {
        "title": title,
        "detail": detail,
        "tone": "amber" if found.is_odd else "slate" if plain else "green",
        "icon": "info" if plain else ICONS[found.is_odd],
    }


def _match(found: Match, sum_of: Any) -> tuple[str, str]:
    billed, expected = sum_of(found.billed), sum_of(found.expected)
    more = sum_of(abs(found.difference)) if found.difference is not None else ""
    line = found.line.description if found.line else ""
    match found.check:
        case Check.QUOTE_SAME:
            return _("As quoted"), expected
        case Check.QUOTE_LESS:
            return _("%(sum)s less than quoted", sum=more), _("Quote: %(sum)s", sum=expected)
        case Check.QUOTE_MORE:
            return _("%(sum)s more than quoted", sum=more), _("Quote: %(sum)s", sum=expected)
        case Check.QUOTE_CURRENCY:
            return _("Quoted in another currency"), str(found.facts["currency"])
        case Check.NO_QUOTE:
            return _("There was no quote"), ""
        case Check.RATE_SAME:
            return _("%(line)s: as agreed", line=line), billed
        case Check.RATE_LESS:
            return (
                _("%(line)s: cheaper than agreed", line=line),
                _("%(billed)s instead of %(expected)s", billed=billed, expected=expected),
            )
        case Check.RATE_MORE:
            return (
                _("%(line)s: more expensive than agreed", line=line),
                _("%(billed)s instead of %(expected)s", billed=billed, expected=expected),
            )
        case Check.NO_RATE:
            return _("%(line)s: no price is agreed", line=line), billed
        case _:
            return _work(found, sum_of)


def _work(found: Match, sum_of: Any) -> tuple[str, str]:
    facts = found.facts
    match found.check:
        case Check.EVIDENCE:
            count = int(facts["count"])
            return (
                _("The work is proved"),
                ngettext(
                    "%(num)s photo of the work done", "%(num)s photos of the work done", count
                ),
            )
        case Check.NO_EVIDENCE:
            return _("No photo of the work done"), ""
        case Check.NOT_SOLVED:
            return _("The ticket is not resolved yet"), label(facts["status"])
        case Check.PRESENCE:
            return _("Somebody was there"), _("The place’s code and a photo prove it")
        case Check.HOURS_MORE:
            return (
                _("More hours than somebody was there"),
                _(
                    "%(billed)s h billed, %(there)s between arriving and being done",
                    billed=shown_number(facts["billed"]),
                    there=duration(facts["minutes"]),
                ),
            )
        case Check.NO_TICKET:
            return _("The invoice belongs to no ticket"), ""
        case Check.OTHER_INVOICE:
            return (
                _("There is another invoice for this ticket"),
                f"{facts['number']}, {sum_of(facts['total'])}",
            )
        case Check.IBAN_CHANGED:
            return (
                _("The bank account is another than before"),
                _(
                    "Now %(iban)s, before %(known)s. Please ask the vendor by phone.",
                    iban=spaced_iban(facts["iban"]),
                    known=spaced_iban(facts["known"]),
                ),
            )
        case _:
            return _("The invoice names no bank account"), ""


def trail(invoice: Invoice, names: dict[Any, str], zone: str) -> list[dict[str, Any]]:
    """What happened to an invoice, oldest first."""
    it = invoice
    steps = [
        (it.created_at, it.created_by_id, _("Written"), None),
        (it.submitted_at, it.submitted_by_id, _("Sent"), None),
        (it.first_approved_at, it.first_approved_by_id, _("Approved, first of two"), None),
        (it.approved_at, it.approved_by_id, label(InvoiceStatus.APPROVED), None),
        (it.disputed_at, it.disputed_by_id, label(InvoiceStatus.DISPUTED), it.dispute_reason),
        (it.cancelled_at, it.cancelled_by_id, label(InvoiceStatus.CANCELLED), it.cancel_reason),
        (it.paid_at, it.paid_by_id, label(InvoiceStatus.PAID), it.payment_reference),
    ]
    found = [
        {
            "at": at,
            "day": local_date(at, zone),
            "who": names.get(who, ""),
            "what": what,
            "note": note,
        }
        for at, who, what, note in steps
        if at is not None
    ]
    return sorted(found, key=lambda each: str(each["at"]))


def due_words(due: date | None, today: date, status: InvoiceStatus) -> dict[str, Any] | None:
    """Until when it is to be paid, and whether that has passed."""
    if due is None or status not in (
        InvoiceStatus.SUBMITTED,
        InvoiceStatus.APPROVED,
        InvoiceStatus.DISPUTED,
    ):
        return None
    days = (due - today).days
    if days < 0:
        return {"text": ngettext("%(num)s day late", "%(num)s days late", -days), "tone": "red"}
    if days == 0:
        return {"text": _("Due today"), "tone": "amber"}
    return {"text": ngettext("Due in %(num)s day", "Due in %(num)s days", days), "tone": "slate"}
