"""Taking in an electronic invoice: XML or hybrid PDF, checked, and made a draft."""

from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from ecopick.adapters.e_invoices import BadInvoice, read
from ecopick.blueprints.billing.blueprint import pages
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Invalid, Text
from ecopick.core.permissions import authorize
from ecopick.core.text import LazyText
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.billing.commands import receiving
from ecopick.domains.billing.electronic import Taken, WrongInvoice, draft_of
from ecopick.domains.billing.models import Invoice
from ecopick.domains.property.queries import home_of
from ecopick.domains.vendors.queries import linked_vendors
from ecopick.web.errors import refill
from ecopick.web.formats import money
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session, storage
from ecopick.web.toasts import say
from ecopick.web.uploads import uploads

SENTENCES: dict[str, Text] = {
    "too_large": _("This file is too large for an electronic invoice."),
    "not_an_invoice": _(
        "This file is no electronic invoice (XML of CII or UBL, or a PDF with it)."
    ),
    "unsafe": _("This file is not what it seems to be, so it was not accepted."),
    "no_data": _("This PDF carries no electronic invoice (Factur-X, ZUGFeRD)."),
    "schema": _("This invoice does not keep to the standard, so it cannot be read."),
    "profile": _("This kind of electronic invoice has no lines, so it cannot be checked."),
    "kind": _("This is a credit note. Please take it in by hand."),
    "fields": _("Something is missing in this invoice, or is not what it should be."),
    "currency": _("This invoice is in a currency that cannot be taken in here."),
    "vat_id": _("The sender's VAT id on this invoice is not valid."),
}
RULES: dict[str, LazyText] = {
    "BT-131": _("A line: it says %(found)s, it should be %(expected)s."),
    "BR-CO-10": _("The sum of its lines: it says %(found)s, it should be %(expected)s."),
    "BR-CO-13": _("The total without tax: it says %(found)s, it should be %(expected)s."),
    "BR-CO-14": _("The tax in all: it says %(found)s, it should be %(expected)s."),
    "BR-CO-15": _("The total with tax: it says %(found)s, it should be %(expected)s."),
    "BR-CO-16": _("The amount due: it says %(found)s, it should be %(expected)s."),
    "BR-CO-17": _("The tax of one rate: it says %(found)s, it should be %(expected)s."),
    "BR-CO-18": _("The tax of one rate is missing: it says %(found)s for %(expected)s."),
    "BR-S-08": _("What one rate is reckoned on: it says %(found)s, it should be %(expected)s."),
}


def _rule(rule: str, found: str, expected: str) -> LazyText:
    sentence = RULES.get(rule, RULES["BR-CO-15"])
    return LazyText(sentence.message, {"found": found, "expected": expected})


def _form(*, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    authorize(session, actor, "billing:list", actor)
    owners = linked_vendors(session, actor.owner_id) if actor.is_staff and actor.owner_id else []
    return render(
        "billing/receive.html" if actor.is_staff else "billing/own_receive.html",
        vendors=[(str(each.id), each.name) for each in owners],
        typed=request.form,
        errors=dict(error.fields) if error else {},
        message=error.message if error else None,
        found=getattr(error, "details", []),
        nav_current="billing",
    )


@pages.get("/billing/receive")
def ask() -> Response:
    """The form for the file."""
    return _form()


@pages.post("/billing/receive")
@refill(_form)
def receive() -> Any:
    """Check the file and make a draft of it."""
    invoice = take_in(db_session(), current_actor())
    say(_("The invoice was read. Please check it."))
    return see_other(url_for("billing.show", invoice_id=invoice.id))


class Refused(Invalid):
    """A file that was not taken; ``details`` says rule by rule what is wrong."""

    def __init__(self, sentence: Text, details: Sequence[Text] = ()) -> None:
        super().__init__(sentence, code="not_accepted", fields={"file": sentence})
        self.details = list(details)


def take_in(session: Session, actor: Actor) -> Invoice:
    """The invoice in the request's file as a draft, the file kept with it.

    Raises Invalid under ``file`` with what is wrong; under ``vendor_org_id`` where the
    sender is not known.
    """
    upload = uploads()[0]
    stream = cast(BinaryIO, upload.stream)
    content = stream.read()
    authorize(session, actor, "billing:list", actor)
    taken = _taken(content, session, actor)
    chosen = request.form.get("vendor_org_id") or None
    invoice = receiving.take_in(session, actor, taken, chosen, content, upload.filename)
    session.flush()
    receiving.store(storage(), invoice, content)
    return invoice


def _taken(content: bytes, session: Session, actor: Actor) -> Taken:
    try:
        document = read(content)
        return draft_of(document)
    except WrongInvoice as error:
        country = home_of(session, actor.owner_id).country if actor.owner_id else None
        raise Refused(
            _("This invoice does not add up. Please ask the vendor for a correct one."),
            [
                _rule(
                    each.rule,
                    money(each.found, document.currency, country),
                    money(each.expected, document.currency, country),
                )
                for each in error.found
            ],
        ) from error
    except BadInvoice as error:
        raise Refused(SENTENCES.get(error.code, SENTENCES["fields"])) from error
