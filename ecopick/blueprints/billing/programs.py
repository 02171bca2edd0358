"""Rates and invoices over the API; sums are strings."""

from dataclasses import asdict
from typing import Any

from flask import Response, jsonify

from ecopick.blueprints.billing.blueprint import api
from ecopick.blueprints.billing.document import as_json
from ecopick.blueprints.billing.invoices import home, today_of
from ecopick.blueprints.billing.receiving import take_in
from ecopick.blueprints.billing.writing import own_ticket
from ecopick.core.changes import plain
from ecopick.core.errors import Invalid
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.billing.commands import decisions, drafts
from ecopick.domains.billing.commands.rates import add_rate, change_rate
from ecopick.domains.billing.inputs import (
    CancelInvoice,
    ChangeRate,
    DisputeInvoice,
    ListInvoices,
    ListRates,
    NewInvoice,
    PayInvoice,
    SaveInvoice,
    SaveRate,
)
from ecopick.domains.billing.models import BillingRate, Invoice
from ecopick.domains.billing.queries import get_invoice, rates
from ecopick.domains.billing.queries.actions import available_moves
from ecopick.domains.billing.queries.list import ageing, list_invoices
from ecopick.domains.billing.queries.matching import matches
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session
from ecopick.web.step_up import needs_step_up


def _out(invoice: Invoice) -> dict[str, Any]:
    session, actor = db_session(), current_actor()
    session.flush()
    moves = sorted(move.value for move in available_moves(session, actor, invoice))
    return {**as_json(invoice), "available_actions": moves}


@api.get("/billing/rates")
def list_rates() -> Response:
    """Prices that the person may see."""
    found = rates(db_session(), current_actor(), bind(ListRates))
    return jsonify(items=[plain(asdict(each)) for each in found], next_cursor=None)


@api.post("/billing/rates")
def create_rate() -> Any:
    """201 with the new price; 409 where one of its kind counts already."""
    rate = add_rate(db_session(), current_actor(), bind(SaveRate))
    return jsonify(_rate(rate)), 201


@api.put("/billing/rates/<rate_id>")
def save_rate(rate_id: str) -> Response:
    """Another amount or note; ``is_active`` false ends it."""
    return jsonify(_rate(change_rate(db_session(), current_actor(), rate_id, bind(ChangeRate))))


def _rate(rate: BillingRate) -> dict[str, Any]:
    db_session().flush()
    names = (
        "id", "vendor_org_id", "property_owner_id", "category", "rate_type", "amount",
        "currency", "note", "is_active",
    )  # fmt: skip
    return {name: plain(getattr(rate, name)) for name in names}


@api.get("/billing/invoices")
def index() -> Response:
    """Invoices that the person may see, newest first, page by page."""
    session, actor = db_session(), current_actor()
    today = today_of(home(session, actor))
    found = list_invoices(session, actor, bind(ListInvoices), today)
    return jsonify(items=[plain(asdict(row)) for row in found.items], next_cursor=found.next_cursor)


@api.get("/billing/ageing")
def show_ageing() -> Response:
    """What is sent and not paid, by vendor, currency and age."""
    session, actor = db_session(), current_actor()
    found = ageing(session, actor, today_of(home(session, actor)))
    items = [{**plain(asdict(line)), "total": str(line.total)} for line in found]
    return jsonify(items=items, next_cursor=None)


@api.post("/billing/invoices")
def create() -> Any:
    """201 with the draft of a vendor, for a ticket of theirs or for an owner they work for."""
    session, actor = db_session(), current_actor()
    data = bind(NewInvoice)
    kept = data.model_dump(
        exclude={"ticket_id", "property_owner_id", "vendor_org_id"}, exclude_unset=True
    )
    if data.ticket_id is not None:
        ticket, vendor_org_id = own_ticket(data.ticket_id)
        desk = drafts.desk_of(ticket.property_owner_id, vendor_org_id, ticket)
    else:
        vendor_org_id = data.vendor_org_id or next(iter(actor.vendor_org_ids), None)
        if data.property_owner_id is None or vendor_org_id is None:
            sentence = _("This field is needed.")
            raise Invalid(_("Please check the marked fields."), fields={"ticket_id": sentence})
        desk = drafts.desk_of(data.property_owner_id, vendor_org_id)
    invoice = drafts.draft_invoice(session, actor, desk, SaveInvoice.model_validate(kept))
    return jsonify(_out(invoice)), 201


@api.post("/billing/invoices/received")
def receive() -> Any:
    """201 with the draft of an electronic invoice (``file``); 422 says what is wrong with it."""
    return jsonify(_out(take_in(db_session(), current_actor()))), 201


@api.get("/billing/invoices/<invoice_id>")
def show(invoice_id: str) -> Response:
    """One invoice, what was compared, and what the person may do with it."""
    session, actor = db_session(), current_actor()
    invoice = get_invoice(session, actor, invoice_id)
    authorize(session, actor, "billing:view", invoice)
    compared = [
        {
            "check": each.check.value,
            "odd": each.is_odd,
            "billed": plain(each.billed),
            "expected": plain(each.expected),
            "line": each.line.description if each.line else None,
        }
        for each in matches(session, invoice)
    ]
    return jsonify({**_out(invoice), "matches": compared})


@api.put("/billing/invoices/<invoice_id>")
def save(invoice_id: str) -> Response:
    """Change a draft; 409 in any other state."""
    return jsonify(
        _out(drafts.edit_invoice(db_session(), current_actor(), invoice_id, bind(SaveInvoice)))
    )


@api.post("/billing/invoices/<invoice_id>/submit")
def submit(invoice_id: str) -> Response:
    """Send a draft."""
    return jsonify(_out(drafts.submit_invoice(db_session(), current_actor(), invoice_id)))


@api.post("/billing/invoices/<invoice_id>/correct")
def correct(invoice_id: str) -> Response:
    """Answer a dispute with a corrected invoice."""
    return jsonify(
        _out(drafts.correct_invoice(db_session(), current_actor(), invoice_id, bind(SaveInvoice)))
    )


@api.post("/billing/invoices/<invoice_id>/withdraw")
def withdraw(invoice_id: str) -> Response:
    """Take it back before it is approved."""
    data = bind(CancelInvoice)
    return jsonify(_out(drafts.withdraw_invoice(db_session(), current_actor(), invoice_id, data)))


@api.post("/billing/invoices/<invoice_id>/approve")
@needs_step_up
def approve(invoice_id: str) -> Response:
    """Approve it, or lift its dispute; above the limit the first of two leaves its state."""
    return jsonify(_out(decisions.approve_invoice(db_session(), current_actor(), invoice_id)))


@api.post("/billing/invoices/<invoice_id>/dispute")
def dispute(invoice_id: str) -> Response:
    """Say what is wrong with it."""
    data = bind(DisputeInvoice)
    return jsonify(_out(decisions.dispute_invoice(db_session(), current_actor(), invoice_id, data)))


@api.post("/billing/invoices/<invoice_id>/cancel")
def cancel(invoice_id: str) -> Response:
    """End an approved or disputed invoice for good."""
    data = bind(CancelInvoice)
    return jsonify(_out(decisions.cancel_invoice(db_session(), current_actor(), invoice_id, data)))


@api.post("/billing/invoices/<invoice_id>/pay")
@needs_step_up
def pay(invoice_id: str) -> Response:
    """Record that it was paid elsewhere."""
    data = bind(PayInvoice)
    return jsonify(_out(decisions.pay_invoice(db_session(), current_actor(), invoice_id, data)))
