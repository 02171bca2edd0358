"""Who is told what about invoices. Whoever caused it is not told."""

import uuid
from collections.abc import Iterable

from babel.numbers import format_currency
from sqlalchemy.orm import Session

from ecopick.core.roles import MANAGEMENT_ROLES
from ecopick.domains.billing.lifecycle import InvoiceSource, InvoiceStatus
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.policy import building_of
from ecopick.domains.notifications import audience
from ecopick.domains.notifications import invoice_wording as wording
from ecopick.domains.notifications.audience import people_of
from ecopick.domains.notifications.commands import Telling
from ecopick.domains.notifications.governance_rules import Happening
from ecopick.domains.notifications.wording import Notice
from ecopick.domains.people.queries import people, staff_with
from ecopick.domains.property.queries import home_of, owner_names
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.vendors.queries import recipients, vendor_names

S = InvoiceStatus


def tellings_for(session: Session, event: Happening) -> list[Telling]:
    """Everything to be told because an invoice came to another state."""
    invoice = session.get_one(Invoice, event.ref("invoice_id"))
    facts = _facts(session, invoice)
    status = S(event.payload["status"])
    by_management = event.actor_id not in _vendor_ids(session, invoice)
    half = event.actor_id is not None and event.actor_id == invoice.first_approved_by_id
    if half and status in (S.SUBMITTED, S.DISPUTED):
        who = people(session, [event.actor_id])
        name = next((row.name for row in who.values()), "–")
        return _management(session, event, invoice, wording.half_approved(facts, name))
    if status is S.SUBMITTED:
        return _management(session, event, invoice, wording.sent(facts))
    if status is S.CANCELLED and not by_management:
        return _management(session, event, invoice, wording.withdrawn(facts))
    if invoice.source is InvoiceSource.RECEIVED and not _vendor_ids(session, invoice):
        return []
    reason = event.payload.get("reason")
    return _vendor(session, event, invoice, wording.decided(facts, status.value, reason))


def _facts(session: Session, invoice: Invoice) -> wording.InvoiceFacts:
    country = home_of(session, invoice.property_owner_id).country or "DE"
    spoken = {"CH": "de_CH", "IT": "it_IT", "FR": "fr_FR"}.get(country, "de_DE")
    vendors = vendor_names(session, [invoice.vendor_org_id])
    owners = owner_names(session, [invoice.property_owner_id])
    return wording.InvoiceFacts(
        number=invoice.invoice_number,
        vendor=vendors.get(invoice.vendor_org_id, "–"),
        owner=owners.get(invoice.property_owner_id, "–"),
        total=format_currency(invoice.total_amount, invoice.currency, locale=spoken),
    )


def _vendor_ids(session: Session, invoice: Invoice) -> set[uuid.UUID]:
    return {each.user_id for each in recipients(session, invoice.vendor_org_id)}


def _management(
    session: Session, event: Happening, invoice: Invoice, notice: Notice
) -> list[Telling]:
    building_id = building_of(session, invoice)
    lines = staff_with(session, invoice.property_owner_id, MANAGEMENT_ROLES, building_id)
    return _to(session, event, notice, (line.id for line in lines), invoice, None)


def _vendor(session: Session, event: Happening, invoice: Invoice, notice: Notice) -> list[Telling]:
    """People of the vendor; about the ticket, so that the mail leads to their private link."""
    ticket = session.get(Ticket, invoice.ticket_id) if invoice.ticket_id else None
    return _to(session, event, notice, _vendor_ids(session, invoice), invoice, ticket)


def _to(
    session: Session,
    event: Happening,
    notice: Notice,
    ids: Iterable[uuid.UUID],
    invoice: Invoice,
    ticket: Ticket | None,
) -> list[Telling]:
    others = {each for each in ids if each != event.actor_id}
    if ticket is not None:
        told = audience.people(session, ticket, others)
        return [Telling(notice, told, str(event.id), ticket.id)] if told else []
    told = people_of(session, others)
    about = ("Invoice", invoice.id)
    return [Telling(notice, told, str(event.id), resource=about)] if told else []
