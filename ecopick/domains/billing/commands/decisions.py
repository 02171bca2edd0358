"""An invoice on the owner's side: approved by one or two people, disputed, paid elsewhere."""

from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.errors import Conflict
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.billing.commands.drafts import end, forget_approvals, tell
from ecopick.domains.billing.inputs import CancelInvoice, DisputeInvoice, PayInvoice
from ecopick.domains.billing.lifecycle import InvoiceStatus, Move, advance, require
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.policy import limit_of
from ecopick.domains.billing.queries.find import lock_invoice
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.property.queries import home_of


def needs_two(session: Session, invoice: Invoice) -> bool:
    """Whether two people have to approve: above the owner's limit, or in a foreign currency.

    A limit is a sum in the owner's currency; without one nobody asks for a second person.
    """
    settings = session.scalar(
        select(PropertyOwner.settings).where(PropertyOwner.id == invoice.property_owner_id)
    )
    limit = limit_of(settings or {})
    if limit is None:
        return False
    foreign = invoice.currency != home_of(session, invoice.property_owner_id).currency
    return foreign or invoice.total_amount > Decimal(limit)


@command("billing:approve", find=lock_invoice, audit_as="ENTITY_STATUS_CHANGED")
def approve_invoice(
    session: Session, actor: Actor, invoice: Invoice, *, version: int | None = None
) -> Invoice:
    """Approve what was sent, or lift a dispute; above the limit two people have to.

    The first of them is kept and the state stays. ``version`` is what the person looked
    at: Conflict where it changed. Nobody approves twice, nor what they sent in themself.
    """
    move = Move.LIFT if invoice.status is InvoiceStatus.DISPUTED else Move.APPROVE
    require(invoice, move)
    _same_version(invoice, version)
    if needs_two(session, invoice):
        if invoice.first_approved_by_id is None:
            invoice.first_approved_by_id = actor.audit_user_id
            invoice.first_approved_at = clock.now()
            tell(session, actor, invoice)
            return invoice
        if invoice.first_approved_by_id == actor.audit_user_id:
            raise Conflict(
                _("You have approved this invoice. A second person has to approve it too."),
                code="second_person_needed",
            )
    invoice.approved_by_id = actor.audit_user_id
    invoice.approved_at = clock.now()
    advance(invoice, move)
    tell(session, actor, invoice)
    return invoice


def _same_version(invoice: Invoice, version: int | None) -> None:
    if version is not None and version != invoice.version:
        raise Conflict(
            _("The invoice was changed meanwhile. Please look at it again."), code="changed"
        )


@command("billing:dispute", find=lock_invoice, audit_as="ENTITY_STATUS_CHANGED")
def dispute_invoice(
    session: Session, actor: Actor, invoice: Invoice, data: DisputeInvoice
) -> Invoice:
    """Say what is wrong with it; whatever was approved is approved no longer."""
    advance(invoice, Move.DISPUTE)
    invoice.disputed_at = clock.now()
    invoice.disputed_by_id = actor.audit_user_id
    invoice.dispute_reason = data.reason
    forget_approvals(invoice)
    tell(session, actor, invoice, data.reason)
    return invoice


@command("billing:dispute", find=lock_invoice, audit_as="ENTITY_STATUS_CHANGED")
def cancel_invoice(
    session: Session, actor: Actor, invoice: Invoice, data: CancelInvoice
) -> Invoice:
    """End an approved or disputed invoice for good: it will not be paid."""
    advance(invoice, Move.CANCEL)
    end(invoice, actor, data.reason)
    tell(session, actor, invoice, data.reason)
    return invoice


@command("billing:pay", find=lock_invoice, audit_as="ENTITY_STATUS_CHANGED")
def pay_invoice(session: Session, actor: Actor, invoice: Invoice, data: PayInvoice) -> Invoice:
    """Record that it was paid elsewhere: the day and the reference. No money is moved here."""
    zone = ZoneInfo(home_of(session, invoice.property_owner_id).time_zone)
    if data.paid_on > clock.now().astimezone(zone).date():
        raise wrong_field("paid_on", _("This day is in the future."))
    advance(invoice, Move.PAY)
    invoice.paid_at = datetime.combine(data.paid_on, time(12), zone)
    invoice.paid_by_id = actor.audit_user_id
    invoice.payment_reference = data.reference
    tell(session, actor, invoice)
    return invoice
