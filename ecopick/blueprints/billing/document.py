"""An invoice as a document: PDF with the electronic invoice inside, or as JSON."""

from datetime import date
from typing import Any

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.adapters.e_invoices import hybrid_pdf, to_xml
from ecopick.adapters.typesetting import typeset
from ecopick.blueprints.billing.forms import tax_words
from ecopick.core.business_ids import spaced_iban
from ecopick.core.changes import plain
from ecopick.core.text import LANGUAGES, use_language
from ecopick.core.text import gettext as _
from ecopick.domains.billing.electronic import document_of
from ecopick.domains.billing.lifecycle import InvoiceStatus, RateType, TaxCategory
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.queries.parties import place_of
from ecopick.domains.billing.sums import Line, lines_of, totals
from ecopick.domains.billing.sums import plain as written
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.models import Ticket
from ecopick.web.amounts import shown_number
from ecopick.web.formats import locale, money


def reference_of(session: Session, invoice: Invoice) -> str | None:
    """The reference of the ticket that an invoice is about."""
    if invoice.ticket_id is None:
        return None
    row = session.execute(
        select(PropertyOwner.ticket_prefix, Ticket.number)
        .join(Ticket, Ticket.property_owner_id == PropertyOwner.id)
        .where(PropertyOwner.id == invoice.property_owner_id, Ticket.id == invoice.ticket_id)
    ).one_or_none()
    return f"{row.ticket_prefix}-{row.number}" if row else None


def make_pdf(session: Session, invoice: Invoice, language: str | None = None) -> bytes:
    """The invoice as PDF/A-3 with its data inside (Factur-X, profile EN 16931).

    In the recipient's language: that of the building it is about, unless another is asked
    for. A draft, and what lacks an address that the standard needs, has no data inside.
    """
    spoken, country = place_of(session, invoice.property_owner_id, invoice.ticket_id)
    chosen = next((each for each in (language, spoken) if each in LANGUAGES), "en")
    reference = reference_of(session, invoice)
    with use_language(chosen):
        data = _data(invoice, reference, country, chosen)
        pdf = typeset("invoice", data, at=invoice.updated_at)
    if invoice.status is InvoiceStatus.DRAFT or not _is_complete(invoice):
        return pdf
    return hybrid_pdf(
        pdf,
        to_xml(document_of(invoice, reference)),
        title=data["title"],
        author=str(invoice.seller.get("name") or ""),
        language=chosen,
    )


def _is_complete(invoice: Invoice) -> bool:
    """Whether both sides have what the standard demands of them."""
    seller, buyer = invoice.seller, invoice.buyer
    known = seller.get("vat_id") or seller.get("tax_number")
    named = seller.get("name") and seller.get("country") and buyer.get("name")
    return bool(invoice.line_items and known and named and buyer.get("country"))


def _data(
    invoice: Invoice, reference: str | None, country: str | None, language: str
) -> dict[str, Any]:
    lines = lines_of(invoice.line_items)
    summed = totals(lines)

    def sum_of(value: Any) -> str:
        return money(value, invoice.currency, country)

    title = _("Invoice %(number)s", number=invoice.invoice_number)
    facts = [
        (_("Invoice number"), invoice.invoice_number),
        (_("Date"), _day(invoice.issue_date)),
        (_("Work done on"), _day(invoice.service_date)),
        (_("To be paid by"), _day(invoice.due_date)),
        (_("Ticket"), reference or ""),
    ]
    shares = [
        (
            _(
                "Tax %(rate)s on %(sum)s",
                rate=tax_words(each.category, each.rate),
                sum=sum_of(each.basis),
            ),
            sum_of(each.tax),
        )
        for each in summed.shares
    ]
    return {
        "title": title,
        "language": language,
        "footer": str(invoice.seller.get("name") or ""),
        "draft": _("Draft") if invoice.status is InvoiceStatus.DRAFT else "",
        "seller": _address(invoice.seller),
        "buyer": _address(invoice.buyer),
        "facts": [[name, value] for name, value in facts if value],
        "head": [_("Description"), _("Quantity"), _("Price"), _("Tax"), _("Amount")],
        "lines": [_row(line, sum_of) for line in lines],
        "sums": [
            [_("Sum without tax"), sum_of(summed.net)],
            *([name, value] for name, value in shares),
        ],
        "total": [_("Total"), sum_of(summed.gross)],
        "notes": _notes(invoice, lines),
    }


def _row(line: Line, sum_of: Any) -> list[str]:
    unit = f" {_('h')}" if line.rate_type is RateType.HOURLY else ""
    return [
        line.description,
        f"{shown_number(line.quantity)}{unit}",
        sum_of(line.unit_amount),
        tax_words(line.tax_category, line.tax_rate),
        sum_of(line.amount),
    ]


def _address(side: dict[str, Any]) -> list[str]:
    town = " ".join(str(side[name]) for name in ("postcode", "city") if side.get(name))
    vat = side.get("vat_id")
    tax = side.get("tax_number")
    lines = [
        side.get("name"),
        side.get("address"),
        ", ".join(each for each in (town, side.get("country")) if each),
        _("VAT id: %(vat)s", vat=vat) if vat else None,
        _("Tax number: %(number)s", number=tax) if tax else None,
    ]
    return [str(line) for line in lines if line]


def _notes(invoice: Invoice, lines: list[Line]) -> list[str]:
    found = []
    if invoice.seller.get("iban"):
        iban = spaced_iban(str(invoice.seller["iban"]))
        found.append(_("Please transfer to %(iban)s.", iban=iban))
    if any(line.tax_category is TaxCategory.REVERSE for line in lines):
        found.append(_("Reverse charge: the customer owes the tax."))
    if invoice.tax_note:
        found.append(invoice.tax_note)
    if invoice.note:
        found.append(invoice.note)
    return found


def _day(value: date | None) -> str:
    return str(format_date(value, "long", locale=locale())) if value else ""


def as_json(invoice: Invoice) -> dict[str, Any]:
    """The invoice for programs; sums and numbers are strings."""
    names = (
        "id", "property_owner_id", "vendor_org_id", "ticket_id", "invoice_number", "status",
        "source", "currency", "issue_date", "due_date", "service_date", "note", "tax_note",
        "seller", "buyer", "version", "submitted_at", "first_approved_at", "approved_at",
        "disputed_at", "dispute_reason", "paid_at", "payment_reference", "cancelled_at",
        "cancel_reason", "created_at", "updated_at",
    )  # fmt: skip
    summed = totals(lines_of(invoice.line_items))
    return {
        **{name: plain(getattr(invoice, name)) for name in names},
        "line_items": invoice.line_items,
        "net_amount": str(summed.net),
        "tax_amount": str(invoice.tax_amount if invoice.tax_amount is not None else summed.tax),
        "total_amount": str(invoice.total_amount),
        "taxes": [
            {
                "tax_category": each.category.value,
                "tax_rate": written(each.rate),
                "basis": str(each.basis),
                "tax": str(each.tax),
            }
            for each in summed.shares
        ],
    }
