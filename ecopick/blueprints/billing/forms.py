"""The form of an invoice: its lines and its sender, as typed and as shown again."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import format_percent
from flask import request

from ecopick.core.business_ids import spaced_iban
from ecopick.core.errors import Invalid, Text
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.domains.billing.inputs import LineInput, SaveInvoice, Seller
from ecopick.domains.billing.lifecycle import TaxCategory
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.queries import Draft
from ecopick.domains.billing.sums import Line, lines_of, plain
from ecopick.domains.billing.taxes import choices
from ecopick.web.amounts import shown_number, typed_number
from ecopick.web.bind import bind
from ecopick.web.formats import locale

MOST_ROWS = 100
# Rows without anything in them below those that are filled in.
SPARE_ROWS = 1
LINE_FIELDS = ("description", "quantity", "unit_amount", "tax", "rate_type", "category")
SELLER_FIELDS = (
    "name", "vat_id", "tax_number", "address", "postcode", "city", "country", "iban", "email",
    "phone",
)  # fmt: skip
HEAD_FIELDS = (
    "invoice_number", "issue_date", "due_date", "service_date", "note", "tax_note",
    "payment_days",
)  # fmt: skip


def typed_invoice() -> SaveInvoice:
    """The invoice in the request's form. Raises Invalid with a sentence for every field."""
    wrong: dict[str, Text] = {}
    lines = _typed_lines(wrong)
    seller = _typed_seller(wrong)
    head: dict[str, Any] = {name: request.form.get(name) or None for name in HEAD_FIELDS}
    if "payment_days" not in request.form:
        head.pop("payment_days")
    try:
        made = bind(SaveInvoice, source={**head, "lines": lines, "seller": seller})
    except Invalid as error:
        wrong = {**error.fields, **wrong}
    if wrong:
        raise Invalid(_l("Please check the marked fields."), fields=wrong)
    return made


def _typed_lines(wrong: dict[str, Text]) -> list[LineInput]:
    found = []
    for row in range(row_count(request.form)):
        raw = {name: request.form.get(f"line-{row}-{name}", "").strip() for name in LINE_FIELDS}
        if not (raw["description"] or raw["unit_amount"]):
            continue
        category, _colon, rate = raw.pop("tax").partition(":")
        source: dict[str, Any] = {name: value or None for name, value in raw.items()}
        source["quantity"] = typed_number(raw["quantity"]) if raw["quantity"] else 1
        source["unit_amount"] = typed_number(raw["unit_amount"]) if raw["unit_amount"] else None
        source |= {"tax_category": category or "S", "tax_rate": rate or 0}
        try:
            found.append(bind(LineInput, source=source))
        except Invalid as error:
            wrong |= {f"line-{row}-{_shown(name)}": text for name, text in error.fields.items()}
    return found


def _shown(name: str) -> str:
    return "tax" if name.startswith("tax") else "description" if name == "form" else name


def _typed_seller(wrong: dict[str, Text]) -> Seller | None:
    raw = {
        name: request.form.get(f"seller_{name}") or None
        for name in SELLER_FIELDS
        if f"seller_{name}" in request.form
    }
    if not raw:
        return None
    try:
        return bind(Seller, source=raw)
    except Invalid as error:
        wrong |= {f"seller_{name}": text for name, text in error.fields.items()}
        return None


def row_count(form: Mapping[str, str]) -> int:
    """How many rows for lines the form has."""
    rows = [
        int(name.split("-")[1])
        for name in form
        if name.startswith("line-") and name.split("-")[1].isdigit()
    ]
    return min(max(rows, default=-1) + 1, MOST_ROWS)


def shown_form(known: Invoice | Draft) -> dict[str, Any]:
    """The values of every field: what was typed, else what is known."""
    if request.method == "POST":
        return _typed_values()
    if isinstance(known, Draft):
        head: dict[str, Any] = {
            "invoice_number": known.number,
            "issue_date": _day(known.issue_date),
            "due_date": _day(known.due_date),
            "service_date": _day(known.service_date),
        }
        return {**head, "rows": _rows(known.lines), **_seller(known.seller)}
    head = {
        "invoice_number": known.invoice_number,
        "issue_date": _day(known.issue_date),
        "due_date": _day(known.due_date),
        "service_date": _day(known.service_date),
        "note": known.note or "",
        "tax_note": known.tax_note or "",
    }
    return {**head, "rows": _rows(lines_of(known.line_items)), **_seller(known.seller)}


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def _typed_values() -> dict[str, Any]:
    rows = [
        {name: request.form.get(f"line-{row}-{name}", "") for name in LINE_FIELDS}
        for row in range(row_count(request.form))
    ]
    if request.form.get("act") == "more":
        rows += [{} for _row in range(min(3, MOST_ROWS - len(rows)))]
    return {**request.form.to_dict(), "rows": rows}


def _rows(lines: Sequence[Line]) -> list[dict[str, str]]:
    filled = [
        {
            "description": line.description,
            "quantity": shown_number(line.quantity),
            "unit_amount": shown_number(line.unit_amount, money=True),
            "tax": f"{line.tax_category.value}:{plain(line.tax_rate)}",
            "rate_type": line.rate_type.value if line.rate_type else "",
            "category": line.category or "",
        }
        for line in lines
    ]
    return [*filled, *({} for _row in range(SPARE_ROWS))]


def _seller(side: Mapping[str, Any]) -> dict[str, str]:
    found = {f"seller_{name}": str(side.get(name) or "") for name in SELLER_FIELDS}
    if found["seller_iban"]:
        found["seller_iban"] = spaced_iban(found["seller_iban"])
    return found


def tax_choices(country: str | None, rows: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Ways to tax a line: those of the seller's country, and whatever a line has already."""
    found = {
        f"{category.value}:{plain(rate)}": tax_words(category, rate)
        for category, rate in choices(country)
    }
    for row in rows:
        category, _colon, rate = row.get("tax", "").partition(":")
        if category and f"{category}:{rate}" not in found and category in set(TaxCategory):
            number = typed_number(rate)
            if isinstance(number, Decimal):
                found[f"{category}:{rate}"] = tax_words(TaxCategory(category), number)
    return list(found.items())


def tax_words(category: TaxCategory, rate: Decimal) -> str:
    """How a line is taxed, in words: "19%", "Free of tax", "Reverse charge"."""
    match category:
        case TaxCategory.STANDARD:
            return percent_words(rate)
        case TaxCategory.EXEMPT:
            return _("Free of tax")
        case TaxCategory.REVERSE:
            return _("Reverse charge")
        case _:
            return percent_words(Decimal(0))


def percent_words(rate: Decimal) -> str:
    """A rate in per cent with its decimals: "8.1%"."""
    return str(format_percent(rate / 100, locale=locale(), decimal_quantization=False))
