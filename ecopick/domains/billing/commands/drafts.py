"""An invoice on the vendor's side: written, sent, corrected, withdrawn."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict, Invalid
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.billing.commands.details import keep_details
from ecopick.domains.billing.events import InvoiceChanged
from ecopick.domains.billing.inputs import MAX_TOTAL, CancelInvoice, LineInput, SaveInvoice
from ecopick.domains.billing.lifecycle import InvoiceSource, Move, TaxCategory, advance, require
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.policy import InvoiceDesk
from ecopick.domains.billing.queries.find import lock_invoice
from ecopick.domains.billing.queries.parties import buyer_of, payment_days_of, seller_of
from ecopick.domains.billing.sums import Line, Totals, totals
from ecopick.domains.property.queries import home_of
from ecopick.domains.vendors.queries import is_linked

DEFAULT_DUE = timedelta(days=30)


def _no_find(session: Session, actor: Actor, key: object) -> InvoiceDesk:
    raise RuntimeError("an invoice is written at a desk")


@command("billing:submit", find=_no_find, audit_as="ENTITY_CREATED")
def draft_invoice(
    session: Session,
    actor: Actor,
    desk: InvoiceDesk,
    data: SaveInvoice,
    *,
    source: InvoiceSource = InvoiceSource.VENDOR,
) -> Invoice:
    """Begin an invoice; nobody but the vendor sees it before it is sent.

    Raises Conflict ``duplicate_number`` for a number that the vendor used with this
    owner before, Invalid for a vendor that does not work for the owner.
    """
    return _create(session, actor, desk, data, source)


@command("billing:receive", find=_no_find, audit_as="ENTITY_CREATED")
def receive_invoice(
    session: Session, actor: Actor, desk: InvoiceDesk, data: SaveInvoice
) -> Invoice:
    """Take in an invoice that came to management by other ways, as a draft to be checked."""
    return _create(session, actor, desk, data, InvoiceSource.RECEIVED)


def _create(
    session: Session, actor: Actor, desk: InvoiceDesk, data: SaveInvoice, source: InvoiceSource
) -> Invoice:
    if not is_linked(session, desk.property_owner_id, desk.vendor_org_id):
        raise Invalid(_("This vendor does not work for this owner."), code="not_linked")
    invoice = Invoice(
        id=new_id(),
        property_owner_id=desk.property_owner_id,
        vendor_org_id=desk.vendor_org_id,
        ticket_id=desk.ticket_id,
        source=source,
        created_by_id=actor.user_id,
        buyer=buyer_of(session, desk.property_owner_id),
        version=0,
    )
    _write(session, invoice, data)
    _store(session, invoice)
    return invoice


@command("billing:submit", find=lock_invoice, audit_as="ENTITY_UPDATED")
def edit_invoice(session: Session, actor: Actor, invoice: Invoice, data: SaveInvoice) -> Invoice:
    """Change a draft."""
    require(invoice, Move.EDIT)
    _write(session, invoice, data)
    _store(session, invoice)
    return invoice


@command("billing:submit", find=lock_invoice, audit_as="ENTITY_STATUS_CHANGED")
def submit_invoice(session: Session, actor: Actor, invoice: Invoice) -> Invoice:
    """Send a draft to the owner: it needs a line, a total above zero and a due date.

    What the vendor says of itself on it is kept for its next ones.
    """
    require(invoice, Move.SUBMIT)
    _complete(invoice)
    advance(invoice, Move.SUBMIT)
    _sent(session, actor, invoice)
    return invoice


@command("billing:submit", find=lock_invoice, audit_as="ENTITY_STATUS_CHANGED")
def correct_invoice(session: Session, actor: Actor, invoice: Invoice, data: SaveInvoice) -> Invoice:
    """Answer a dispute with a corrected invoice, which is looked at from the beginning."""
    require(invoice, Move.CORRECT)
    _write(session, invoice, data)
    _complete(invoice)
    advance(invoice, Move.CORRECT)
    _store(session, invoice)
    _sent(session, actor, invoice)
    return invoice


@command("billing:submit", find=lock_invoice, audit_as="ENTITY_STATUS_CHANGED")
def withdraw_invoice(
    session: Session, actor: Actor, invoice: Invoice, data: CancelInvoice | None = None
) -> Invoice:
    """Take an invoice back before it is approved."""
    was_sent = invoice.submitted_at is not None
    advance(invoice, Move.WITHDRAW)
    end(invoice, actor, data.reason if data else None)
    if was_sent:
        tell(session, actor, invoice, invoice.cancel_reason)
    return invoice


def end(invoice: Invoice, actor: Actor, reason: str | None) -> None:
    """Note who ended an invoice and why; part of a command."""
    invoice.cancelled_at = clock.now()
    invoice.cancelled_by_id = actor.audit_user_id
    invoice.cancel_reason = reason


def tell(session: Session, actor: Actor, invoice: Invoice, reason: str | None = None) -> None:
    """Let both sides know where an invoice stands now; part of a command."""
    event = InvoiceChanged(
        invoice.property_owner_id, invoice.id, invoice.status.value, invoice.ticket_id, reason
    )
    emit(session, actor, event)


def forget_approvals(invoice: Invoice) -> None:
    """What was approved is no longer what stands there; part of a command."""
    invoice.first_approved_at = invoice.approved_at = None
    invoice.first_approved_by_id = invoice.approved_by_id = None


def _sent(session: Session, actor: Actor, invoice: Invoice) -> None:
    invoice.submitted_at = clock.now()
    invoice.submitted_by_id = actor.audit_user_id
    invoice.buyer = buyer_of(session, invoice.property_owner_id)
    forget_approvals(invoice)
    if invoice.source is not InvoiceSource.RECEIVED:
        keep_details(session, actor, invoice.vendor_org_id, invoice.seller)
    tell(session, actor, invoice)


def _write(session: Session, invoice: Invoice, data: SaveInvoice) -> None:
    """Everything that the input says; what it leaves out follows from what is known.

    Nothing is stored before the number was compared with those that are there.
    """
    with session.no_autoflush:
        _take(session, invoice, data)


def _take(session: Session, invoice: Invoice, data: SaveInvoice) -> None:
    home = home_of(session, invoice.property_owner_id)
    lines = [_line(each) for each in data.lines]
    summed = totals(lines)
    if abs(summed.gross) > MAX_TOTAL:
        raise wrong_field("lines", _("This number is too large."))
    invoice.invoice_number = data.invoice_number
    invoice.currency = data.currency or invoice.currency or home.currency
    invoice.issue_date = data.issue_date or invoice.issue_date or clock.now().date()
    days = data.payment_days
    if days is None:
        days = payment_days_of(session, invoice.vendor_org_id)
    invoice.due_date = data.due_date or invoice.issue_date + timedelta(days=days)
    if invoice.due_date < invoice.issue_date:
        raise wrong_field("due_date", _("This day is before the day of the invoice."))
    invoice.service_date = data.service_date
    invoice.note = data.note
    invoice.tax_note = data.tax_note
    invoice.seller = _seller(session, invoice, data)
    set_lines(invoice, lines, summed)


def set_lines(invoice: Invoice, lines: list[Line], summed: Totals) -> None:
    """The lines and, together with them, the sums: the only writer of either."""
    invoice.line_items = [line.stored() for line in lines]
    invoice.tax_amount = summed.tax
    invoice.total_amount = summed.gross
    invoice.version += 1


def _seller(session: Session, invoice: Invoice, data: SaveInvoice) -> dict[str, Any]:
    known = seller_of(session, invoice.vendor_org_id)
    if data.seller is not None:
        known |= data.seller.model_dump(mode="json", exclude_unset=True)
    elif invoice.seller:
        known = dict(invoice.seller)
    if data.payment_days is not None:
        known["payment_days"] = data.payment_days
    return known


def _line(data: LineInput) -> Line:
    return Line(
        description=data.description,
        quantity=data.quantity,
        unit_amount=data.unit_amount,
        tax_rate=data.tax_rate,
        tax_category=data.tax_category,
        category=data.category,
        rate_type=data.rate_type,
    )


def _complete(invoice: Invoice) -> None:
    """What an invoice must have before it is sent. Raises Invalid with every culprit."""
    wrong: dict[str, Any] = {}
    if not invoice.line_items:
        wrong["lines"] = _("Please add at least one line.")
    elif invoice.total_amount <= Decimal(0):
        wrong["lines"] = _("The total must be above zero.")
    if invoice.due_date is None:
        wrong["due_date"] = _("This field is needed.")
    seller = invoice.seller
    taxed = any(line["tax_category"] == TaxCategory.STANDARD for line in invoice.line_items)
    reverse = any(line["tax_category"] == TaxCategory.REVERSE for line in invoice.line_items)
    if (taxed or reverse) and not (seller.get("vat_id") or seller.get("tax_number")):
        wrong["seller_vat_id"] = _("An invoice with tax needs your VAT id or tax number.")
    if reverse and not invoice.buyer.get("vat_id"):
        wrong["lines"] = _("Reverse charge needs the customer's VAT id, which is not known.")
    if not seller.get("country"):
        wrong["seller_country"] = _("This field is needed.")
    if wrong:
        raise Invalid(_("Please check the marked fields."), fields=wrong)


def _store(session: Session, invoice: Invoice) -> None:
    """Store it, unless its number was used before: found first, or by the database in a race."""
    with session.no_autoflush:
        earlier = session.scalar(
            select(Invoice.id).where(
                Invoice.property_owner_id == invoice.property_owner_id,
                Invoice.vendor_org_id == invoice.vendor_org_id,
                Invoice.invoice_number == invoice.invoice_number,
                Invoice.id != invoice.id,
            )
        )
    if earlier is not None:
        raise _duplicate(invoice.invoice_number)
    try:
        with session.begin_nested():
            session.add(invoice)
            session.flush()
    except IntegrityError as error:
        if "invoice_number" not in str(error.orig):
            raise
        raise _duplicate(invoice.invoice_number) from error


def _duplicate(number: str) -> Conflict:
    sentence = _("There is an invoice with the number %(number)s already.", number=number)
    return Conflict(sentence, code="duplicate_number", fields={"invoice_number": sentence})


def desk_of(
    owner_id: uuid.UUID, vendor_org_id: uuid.UUID, ticket: Any | None = None
) -> InvoiceDesk:
    """Where an invoice about a ticket, or about none, is written."""
    return InvoiceDesk(
        owner_id,
        vendor_org_id,
        ticket.id if ticket is not None else None,
        ticket.building_id if ticket is not None else None,
    )
