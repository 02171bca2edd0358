"""Between our invoices and electronic ones: the same sums in the standard's words, and back."""

import re
import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.adapters.e_invoices import BadInvoice, Document, Finding, Item, Party, findings
from ecopick.adapters.e_invoices.documents import Tax
from ecopick.adapters.e_invoices.rules import line_amount
from ecopick.core.actor import Actor
from ecopick.core.business_ids import compact_iban, compact_vat_id, country_of_vat_id
from ecopick.core.text import gettext as _
from ecopick.domains.billing.inputs import LineInput, SaveInvoice, Seller
from ecopick.domains.billing.lifecycle import RateType, TaxCategory
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.sums import ZERO, Line, lines_of, plain, rounded, totals
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.policy import visible_to
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg

# Units of UN/ECE Recommendation 20.
UNITS = {RateType.HOURLY: "HUR", RateType.FIXED: "LS", RateType.PER_UNIT: "C62"}
KINDS = {"HUR": RateType.HOURLY, "LS": RateType.FIXED}
# Rounding that vendors' programs do line by line; more is a mistake.
ROUNDING = Decimal("0.05")


@dataclass(frozen=True)
class Taken:
    """A received invoice as a draft, and whom it names."""

    data: SaveInvoice
    seller_vat_id: str | None
    seller_name: str
    buyer_vat_id: str | None
    references: tuple[str, ...]


def document_of(invoice: Invoice, reference: str | None = None) -> Document:
    """The invoice in the standard's words; ``reference`` is the ticket's.

    Work without a day of its own was done on the day of the invoice.
    """
    issued = invoice.issue_date or invoice.created_at.date()
    lines = lines_of(invoice.line_items)
    summed = totals(lines)
    return Document(
        number=invoice.invoice_number,
        issue_date=issued,
        currency=invoice.currency,
        seller=_party(invoice.seller),
        buyer=_party(invoice.buyer),
        items=tuple(_item(line) for line in lines),
        taxes=tuple(
            Tax(share.category, share.rate, share.basis, share.tax, invoice.tax_note)
            for share in summed.shares
        ),
        net=summed.net,
        tax=summed.tax,
        gross=summed.gross,
        due=summed.gross,
        due_date=invoice.due_date,
        service_date=invoice.service_date or issued,
        iban=invoice.seller.get("iban"),
        order_reference=reference,
        notes=(invoice.note,) if invoice.note else (),
    )


def _party(side: dict[str, Any]) -> Party:
    names = (
        "vat_id", "tax_number", "address", "postcode", "city", "country", "email", "phone",
    )  # fmt: skip
    return Party(name=side.get("name") or "–", **{name: side.get(name) for name in names})


def _item(line: Line) -> Item:
    """A price is never below zero there; what is given back has a quantity below zero."""
    sign = -1 if line.unit_amount < 0 else 1
    return Item(
        name=line.description,
        quantity=sign * line.quantity,
        unit=UNITS.get(line.rate_type or RateType.PER_UNIT, "C62"),
        price=sign * line.unit_amount,
        amount=line.amount,
        tax_category=line.tax_category.value,
        tax_rate=line.tax_rate,
    )


def draft_of(document: Document) -> Taken:
    """What a received invoice says, as a draft whose total is the same to the cent.

    Raises BadInvoice: ``sums`` with the rules that are broken, ``currency``, ``vat_id``.
    """
    wrong = findings(document)
    if wrong:
        raise WrongInvoice(wrong)
    if document.currency not in ("EUR", "CHF"):
        raise BadInvoice("currency", document.currency)
    lines = [_line(item) for item in document.items]
    lines += [
        _plain_line(
            each.reason or _("Surcharge or discount"), each.amount, each.tax_category, each.tax_rate
        )
        for each in document.surcharges
    ]
    difference = document.gross - totals(lines).gross
    if abs(difference) > ROUNDING:
        raise WrongInvoice([Finding("BR-CO-15", document.gross, totals(lines).gross)])
    if difference:
        lines.append(_plain_line(_("Rounding"), difference, "Z", ZERO))
    if document.rounding:
        lines.append(_plain_line(_("Rounding"), document.rounding, "Z", ZERO))
    try:
        return _taken(document, lines)
    except ValidationError as error:
        raise BadInvoice("fields", str(error.errors()[0]["loc"])) from error


class WrongInvoice(BadInvoice):
    """A received invoice that does not add up; ``found`` names each broken rule."""

    def __init__(self, found: list[Finding]) -> None:
        super().__init__("sums", ", ".join(each.rule for each in found))
        self.found = found


def _line(item: Item) -> Line:
    category, rate = _taxed(item.tax_category, item.tax_rate)
    simple = item.base_quantity == 1 and not item.surcharge and _is_short(item)
    if simple and line_amount(item) == item.amount:
        return Line(
            item.name[:200], item.quantity, item.price, rate, category, None, KINDS.get(item.unit)
        )
    reckoned = f"{plain(item.quantity)} × {plain(item.price)}"
    return _plain_line(f"{item.name[:150]} ({reckoned})", item.amount, item.tax_category, rate)


def _is_short(item: Item) -> bool:
    return all(int(value.as_tuple().exponent) >= -4 for value in (item.quantity, item.price))


def _plain_line(text: str, amount: Decimal, category: str, rate: Decimal) -> Line:
    kind, percent = _taxed(category, rate)
    return Line(text[:200], Decimal(1), rounded(amount), percent, kind)


def _taxed(category: str, rate: Decimal) -> tuple[TaxCategory, Decimal]:
    """Our category; what we have no word for is free of tax here."""
    if rate > 0:
        return TaxCategory.STANDARD, rate
    known = {each.value: each for each in TaxCategory if each is not TaxCategory.STANDARD}
    return known.get(category, TaxCategory.EXEMPT), ZERO


def _taken(document: Document, lines: list[Line]) -> Taken:
    seller = document.seller
    vat_id = _checked(compact_vat_id, seller.vat_id)
    if seller.vat_id and vat_id is None:
        raise BadInvoice("vat_id", seller.vat_id)
    reasons = [share.reason for share in document.taxes if share.reason]
    notes = [*document.notes, *([document.terms] if document.terms else [])]
    if document.prepaid:
        notes.append(_("Paid already: %(sum)s", sum=f"{document.prepaid} {document.currency}"))
    data = SaveInvoice(
        invoice_number=document.number,
        issue_date=document.issue_date,
        due_date=document.due_date or document.issue_date + timedelta(days=30),
        service_date=document.service_date,
        currency=document.currency,
        lines=[_input(line) for line in lines],
        note="\n".join(notes)[:8000] or None,
        tax_note=reasons[0][:200] if reasons else None,
        seller=Seller(
            name=seller.name[:200],
            vat_id=vat_id,
            tax_number=(seller.tax_number or "")[:60] or None,
            address=(seller.address or "")[:200] or None,
            postcode=(seller.postcode or "")[:60] or None,
            city=(seller.city or "")[:200] or None,
            country=seller.country or country_of_vat_id(vat_id),
            iban=_checked(compact_iban, document.iban),
            email=(seller.email or "")[:200] or None,
            phone=(seller.phone or "")[:200] or None,
        ),
    )
    references = (document.order_reference, document.buyer_reference, *document.notes)
    return Taken(
        data=data,
        seller_vat_id=vat_id,
        seller_name=seller.name,
        buyer_vat_id=_checked(compact_vat_id, document.buyer.vat_id),
        references=tuple(each for each in references if each),
    )


def _checked(check: Any, value: str | None) -> str | None:
    try:
        return str(check(value)) if value else None
    except ValueError:
        return None


def _input(line: Line) -> LineInput:
    return LineInput(
        description=line.description,
        quantity=line.quantity,
        unit_amount=line.unit_amount,
        tax_rate=line.tax_rate,
        tax_category=line.tax_category,
        rate_type=line.rate_type,
    )


# Whom it is from, to whom it goes, and what it is about.


def vendor_named(session: Session, owner_id: uuid.UUID, vat_id: str | None) -> VendorOrg | None:
    """The owner's vendor with this VAT id; None for none, or for more than one."""
    if vat_id is None:
        return None
    rows = session.scalars(
        select(VendorOrg)
        .join(OwnerVendor, OwnerVendor.vendor_org_id == VendorOrg.id)
        .where(
            OwnerVendor.property_owner_id == owner_id,
            OwnerVendor.ended_at.is_(None),
            VendorOrg.vat_id == vat_id,
        )
        .limit(2)
    ).all()
    return rows[0] if len(rows) == 1 else None


def is_for(session: Session, owner_id: uuid.UUID, taken: Taken) -> bool:
    """Whether an invoice names this owner, or does not say whom it is for."""
    known = session.scalar(select(PropertyOwner.vat_id).where(PropertyOwner.id == owner_id))
    return taken.buyer_vat_id is None or known is None or known == taken.buyer_vat_id


def ticket_named(
    session: Session,
    actor: Actor,
    owner_id: uuid.UUID,
    vendor_org_id: uuid.UUID,
    references: tuple[str, ...],
) -> Ticket | None:
    """The vendor's ticket whose reference an invoice mentions, if the actor sees it."""
    prefix = session.scalar(select(PropertyOwner.ticket_prefix).where(PropertyOwner.id == owner_id))
    found = re.search(
        rf"\b{re.escape(prefix or 'EP')}-(\d{{1,12}})\b", " ".join(references), re.IGNORECASE
    )
    if found is None:
        return None
    return session.scalars(
        select(Ticket).where(
            Ticket.property_owner_id == owner_id,
            Ticket.number == int(found[1]),
            Ticket.vendor_org_id == vendor_org_id,
            visible_to(actor),
        )
    ).one_or_none()
