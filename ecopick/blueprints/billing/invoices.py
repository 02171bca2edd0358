"""The list of invoices and one of them."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.billing import words
from ecopick.blueprints.billing.blueprint import pages
from ecopick.blueprints.billing.forms import tax_words
from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.business_ids import spaced_iban
from ecopick.core.errors import AppError
from ecopick.core.text import gettext as _
from ecopick.domains.billing.commands.decisions import needs_two
from ecopick.domains.billing.inputs import ListInvoices
from ecopick.domains.billing.lifecycle import InvoiceStatus, Move
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.policy import manages_anything
from ecopick.domains.billing.queries import get_invoice
from ecopick.domains.billing.queries.actions import available_moves
from ecopick.domains.billing.queries.list import BUCKETS, Aged, ageing, counts, list_invoices
from ecopick.domains.billing.queries.matching import matches
from ecopick.domains.billing.queries.parties import place_of
from ecopick.domains.billing.queries.to_bill import to_bill
from ecopick.domains.billing.sums import lines_of, totals
from ecopick.domains.people.queries import people
from ecopick.domains.property.queries import Home, home_of
from ecopick.domains.tickets.queries.mentions import mentions
from ecopick.domains.vendors.queries import linked_vendors
from ecopick.web.bind import bind
from ecopick.web.formats import DEFAULT_ZONE
from ecopick.web.render import render
from ecopick.web.state import current_actor, db_session

# Which invoices the tabs show.
TABS: dict[str, tuple[InvoiceStatus, ...]] = {
    "waiting": (InvoiceStatus.SUBMITTED,),
    "to_pay": (InvoiceStatus.APPROVED,),
    "disputed": (InvoiceStatus.DISPUTED,),
    "paid": (InvoiceStatus.PAID,),
    "all": (),
}
# The tabs whose invoices wait for somebody here.
CALLING = ("waiting", "to_pay", "disputed")


def home(session: Session, actor: Actor) -> Home:
    """Clocks and country of the owner being acted for; for vendors the product's own clocks."""
    if actor.owner_id is None:
        return Home(DEFAULT_ZONE, None)
    return home_of(session, actor.owner_id)


def today_of(found: Home) -> date:
    """The day on the owner's clocks."""
    return clock.now().astimezone(ZoneInfo(found.time_zone)).date()


@pages.get("/billing")
def index() -> Response:
    """Invoices, newest first, with what is owed by age; people of vendors read their own."""
    session, actor = db_session(), current_actor()
    place = home(session, actor)
    today = today_of(place)
    tab = request.args.get("tab", "all")
    filters = bind(ListInvoices, source=_asked(tab))
    found = list_invoices(session, actor, filters, today)
    desk = manages_anything(actor)
    aged = ageing(session, actor, today)
    return render(
        "billing/list.html" if desk else "billing/own.html",
        rows=[(row, words.due_words(row.due, today, row.status)) for row in found.items],
        onward=_page(found.next_cursor) if found.next_cursor else None,
        first=_page(None) if filters.cursor else None,
        filters=filters,
        tab=tab,
        tabs=_tabs(counts(session, actor) if desk else {}),
        vendors=[(str(each.id), each.name) for each in linked_vendors(session, actor.owner_id)]
        if desk and actor.owner_id
        else [],
        ageing=_drawn(aged),
        country=place.country,
        bucket_words=words.bucket_words,
        bucket_choices=[(name, words.bucket_words(name)) for name, _days in BUCKETS],
        export_args=_export_args(tab),
        unbilled=[] if desk or filters.cursor else to_bill(session, actor),
        nav_current="billing",
    )


def _export_args(tab: str) -> dict[str, Any]:
    """What the list is narrowed to, for its file."""
    kept: dict[str, Any] = {
        name: value
        for name, value in request.args.items()
        if name in ("vendor_org_id", "ticket_id", "q", "bucket") and value
    }
    states = [each.value for each in TABS.get(tab, ())]
    return kept | ({"status": states} if states else {})


def _asked(tab: str) -> dict[str, Any]:
    names = ("vendor_org_id", "ticket_id", "q", "bucket", "cursor")
    found: dict[str, Any] = {name: request.args.get(name) or None for name in names}
    found["late"] = request.args.get("late") == "true"
    chosen = [each for each in request.args.getlist("status") if each]
    found["status"] = chosen or list(TABS.get(tab, ()))
    return found


def _page(cursor: str | None) -> str:
    kept: dict[str, Any] = {
        name: value for name, value in request.args.items() if name != "cursor" and value
    }
    return url_for("billing.index", **kept, cursor=cursor)


def _tabs(numbers: dict[InvoiceStatus, int]) -> list[dict[str, Any]]:
    """Tabs of the list; those that ask for something say how many there are."""
    names = {
        "all": _("All"),
        "waiting": _("To approve"),
        "to_pay": _("To pay"),
        "disputed": _("Disputed"),
        "paid": _("Paid"),
    }
    return [
        {
            "key": key,
            "label": name,
            "href": url_for("billing.index", tab=key if key != "all" else None),
            "count": sum(numbers.get(state, 0) for state in TABS[key]) if key in CALLING else None,
        }
        for key, name in names.items()
    ]


def _drawn(aged: list[Aged]) -> list[dict[str, Any]]:
    """What is owed by age and currency: sums, counts, and each bar's share of the longest."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in aged:
        for name, total in line.sums.items():
            sums[line.currency][name] += total
            counts[line.currency][name] += line.counts[name]
    return [
        {
            "currency": currency,
            "total": sum(found.values(), Decimal(0)),
            "bars": [
                {
                    "name": name,
                    "words": words.bucket_words(name),
                    "sum": found.get(name, Decimal(0)),
                    "count": counts[currency].get(name, 0),
                    "share": ceil(100 * found.get(name, Decimal(0)) / max(found.values())),
                    "href": url_for("billing.index", bucket=name),
                }
                for name, _days in BUCKETS
            ],
        }
        for currency, found in sums.items()
    ]


@pages.get("/billing/ageing")
def show_ageing() -> Response:
    """What is owed to each vendor, by age."""
    session, actor = db_session(), current_actor()
    place = home(session, actor)
    return render(
        "billing/ageing.html",
        rows=ageing(session, actor, today_of(place)),
        buckets=[(name, words.bucket_words(name)) for name, _days in BUCKETS],
        country=place.country,
        today=today_of(place),
        nav_current="billing",
    )


@pages.get("/billing/invoices/<invoice_id>")
def show(invoice_id: str) -> Response:
    """One invoice, with what was agreed and seen beside it."""
    return show_invoice(invoice_id)


def show_invoice(invoice_id: str, *, error: AppError | None = None) -> Response:
    """The page of one invoice; with ``error`` what was typed and why it was not taken."""
    session, actor = db_session(), current_actor()
    invoice = get_invoice(session, actor, invoice_id)
    audit.read(actor, "VIEW", "Invoice", invoice.id, owner_id=invoice.property_owner_id)
    desk = actor.is_management(invoice.property_owner_id) or manages_anything(actor)
    return render(
        "billing/invoice.html" if desk else "billing/own_invoice.html",
        **facts(session, actor, invoice),
        typed=request.form,
        errors=dict(error.fields) if error else {},
        message=error.message if error else None,
        step=request.path.rsplit("/", 1)[-1],
        nav_current="billing",
    )


def facts(session: Session, actor: Actor, invoice: Invoice) -> dict[str, Any]:
    """Everything that a page says of an invoice."""
    place = home_of(session, invoice.property_owner_id)
    _language, country = place_of(session, invoice.property_owner_id, invoice.ticket_id)
    country = country or place.country
    lines = lines_of(invoice.line_items)
    hands = people(
        session,
        [
            getattr(invoice, f"{name}_by_id")
            for name in (
                "created",
                "submitted",
                "first_approved",
                "approved",
                "disputed",
                "paid",
                "cancelled",
            )
        ],
    )
    moves = available_moves(session, actor, invoice)
    return {
        "invoice": invoice,
        "lines": [(line, tax_words(line.tax_category, line.tax_rate)) for line in lines],
        "totals": totals(lines),
        "tax_words": tax_words,
        "country": country,
        "zone": place.time_zone,
        "today": today_of(place),
        "due": words.due_words(invoice.due_date, today_of(place), invoice.status),
        "ticket": mentions(session, actor, [invoice.ticket_id]).get(invoice.ticket_id)
        if invoice.ticket_id
        else None,
        "matches": [
            words.match_words(each, invoice.currency, country) for each in matches(session, invoice)
        ],
        "trail": words.trail(
            invoice, {key: row.name for key, row in hands.items()}, place.time_zone
        ),
        "two": needs_two(session, invoice),
        "first_approver": hands[invoice.first_approved_by_id].name
        if invoice.first_approved_by_id in hands
        else None,
        "moves": {move.value for move in moves},
        "may_decide": bool(moves & {Move.APPROVE, Move.LIFT}),
        "spaced_iban": spaced_iban,
    }
