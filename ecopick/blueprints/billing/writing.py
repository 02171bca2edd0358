"""Writing an invoice with an account: a new one for a ticket, a draft, a correction."""

from typing import Any

from flask import Response, request, url_for

from ecopick.blueprints.billing.blueprint import pages
from ecopick.blueprints.billing.forms import shown_form, tax_choices, typed_invoice
from ecopick.core.errors import AppError, NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.billing.commands import drafts
from ecopick.domains.billing.lifecycle import InvoiceStatus, Move, require
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.queries import draft_for, get_invoice
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say


def own_ticket(key: Any) -> tuple[Ticket, Any]:
    """A ticket that the actor's vendor works on, and that vendor's id. Raises NotFound."""
    actor = current_actor()
    ticket = get_ticket(db_session(), actor, key)
    if ticket.vendor_org_id is None or ticket.vendor_org_id not in actor.vendor_org_ids:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return ticket, ticket.vendor_org_id


@pages.get("/billing/new/<ticket_id>")
def new(ticket_id: str) -> Response:
    """The form of a new invoice for a ticket, with what is known filled in."""
    return _new_form(ticket_id)


def _new_form(ticket_id: str, *, error: AppError | None = None) -> Response:
    ticket, vendor_org_id = own_ticket(ticket_id)
    known = draft_for(db_session(), current_actor(), ticket, vendor_org_id)
    form = shown_form(known)
    return render(
        "billing/write.html",
        form=form,
        country=known.country,
        currency=known.currency,
        taxes=tax_choices(form.get("seller_country"), form["rows"]),
        buyer=known.buyer,
        from_quote=known.from_quote,
        invoice=None,
        ticket=ticket,
        back=url_for("tickets.show", ticket_id=ticket_id),
        **_said(error),
    )


def _said(error: AppError | None) -> dict[str, Any]:
    return {
        "errors": dict(error.fields) if error else {},
        "message": error.message if error else None,
        "nav_current": "billing",
    }


@pages.post("/billing/new/<ticket_id>")
@refill(_new_form)
def create(ticket_id: str) -> Any:
    """Keep a draft, or send it at once; "more" only shows more lines."""
    if request.form.get("act") == "more":
        return _new_form(ticket_id)
    session, actor = db_session(), current_actor()
    ticket, vendor_org_id = own_ticket(ticket_id)
    desk = drafts.desk_of(ticket.property_owner_id, vendor_org_id, ticket)
    invoice = drafts.draft_invoice(session, actor, desk, typed_invoice())
    return _kept(invoice)


def _kept(invoice: Invoice) -> Any:
    if request.form.get("act") == "submit":
        drafts.submit_invoice(db_session(), current_actor(), invoice)
        say(_("Invoice sent"))
    else:
        say(_("Draft kept"))
    return see_other(url_for("billing.show", invoice_id=invoice.id))


@pages.get("/billing/invoices/<invoice_id>/edit")
def edit(invoice_id: str) -> Response:
    """The form of a draft, or of an invoice that is disputed."""
    return _edit_form(invoice_id)


def _edit_form(invoice_id: str, *, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    invoice = get_invoice(session, actor, invoice_id)
    if invoice.status is not InvoiceStatus.DISPUTED:
        require(invoice, Move.EDIT)
    form = shown_form(invoice)
    return render(
        "billing/write.html",
        form=form,
        country=invoice.seller.get("country"),
        currency=invoice.currency,
        taxes=tax_choices(form.get("seller_country"), form["rows"]),
        buyer=invoice.buyer,
        from_quote=False,
        invoice=invoice,
        ticket=None,
        back=url_for("billing.show", invoice_id=invoice_id),
        **_said(error),
    )


@pages.post("/billing/invoices/<invoice_id>/edit")
@refill(_edit_form)
def keep(invoice_id: str) -> Any:
    """Keep a draft, send it, or send the correction of a disputed invoice."""
    if request.form.get("act") == "more":
        return _edit_form(invoice_id)
    session, actor = db_session(), current_actor()
    if get_invoice(session, actor, invoice_id).status is InvoiceStatus.DISPUTED:
        drafts.correct_invoice(session, actor, invoice_id, typed_invoice())
        say(_("Corrected invoice sent"))
        return see_other(url_for("billing.show", invoice_id=invoice_id))
    return _kept(drafts.edit_invoice(session, actor, invoice_id, typed_invoice()))
