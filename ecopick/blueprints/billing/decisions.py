"""What both sides do with an invoice on its page."""

from typing import Any

from flask import request, url_for

from ecopick.blueprints.billing.blueprint import pages
from ecopick.blueprints.billing.invoices import show_invoice
from ecopick.core.errors import AppError
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.billing.commands import decisions, drafts
from ecopick.domains.billing.inputs import CancelInvoice, DisputeInvoice, PayInvoice
from ecopick.domains.billing.lifecycle import InvoiceStatus
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.render import see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.step_up import needs_step_up
from ecopick.web.toasts import say


def _again(invoice_id: str, *, error: AppError) -> Any:
    return show_invoice(invoice_id, error=error)


def _back(invoice_id: str) -> Any:
    return see_other(url_for("billing.show", invoice_id=invoice_id))


@pages.post("/billing/invoices/<invoice_id>/approve")
@needs_step_up
@refill(_again)
def approve(invoice_id: str) -> Any:
    """Approve it, or lift its dispute."""
    shown = request.form.get("version_shown", "")
    done = decisions.approve_invoice(
        db_session(), current_actor(), invoice_id, version=int(shown) if shown.isdigit() else None
    )
    if done.status is InvoiceStatus.APPROVED:
        say(_("Invoice approved"))
    else:
        say(_("Approved. A second person has to approve it too."))
    return _back(invoice_id)


@pages.post("/billing/invoices/<invoice_id>/dispute")
@refill(_again)
def dispute(invoice_id: str) -> Any:
    """Say what is wrong with it."""
    decisions.dispute_invoice(db_session(), current_actor(), invoice_id, bind(DisputeInvoice))
    say(_("The vendor is told what is wrong"))
    return _back(invoice_id)


@pages.post("/billing/invoices/<invoice_id>/cancel")
@refill(_again)
def cancel(invoice_id: str) -> Any:
    """End it for good."""
    decisions.cancel_invoice(db_session(), current_actor(), invoice_id, bind(CancelInvoice))
    say(_("Invoice cancelled"))
    return _back(invoice_id)


@pages.post("/billing/invoices/<invoice_id>/pay")
@needs_step_up
@refill(_again)
def pay(invoice_id: str) -> Any:
    """Record that it was paid elsewhere."""
    decisions.pay_invoice(db_session(), current_actor(), invoice_id, bind(PayInvoice))
    say(_("Payment recorded"))
    return _back(invoice_id)


@pages.post("/billing/invoices/<invoice_id>/submit")
@refill(_again)
def submit(invoice_id: str) -> Any:
    """Send a draft to the owner, or take in what was received."""
    drafts.submit_invoice(db_session(), current_actor(), invoice_id)
    say(_("Invoice sent"))
    return _back(invoice_id)


@pages.post("/billing/invoices/<invoice_id>/withdraw")
@refill(_again)
def withdraw(invoice_id: str) -> Any:
    """Take it back before it is approved."""
    drafts.withdraw_invoice(db_session(), current_actor(), invoice_id, bind(CancelInvoice))
    say(_("Invoice withdrawn"))
    return _back(invoice_id)
