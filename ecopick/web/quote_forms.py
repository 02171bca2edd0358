"""The form of a quote, the same for vendors with and without an account."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_percent
from flask import request

from ecopick.core import clock
from ecopick.core.errors import Invalid, Text
from ecopick.core.text import lazy_gettext as _l
from ecopick.domains.billing.taxes import DEFAULT_COUNTRY, RATES
from ecopick.domains.tickets.lifecycle import TicketPriority
from ecopick.domains.tickets.link_inputs import OTHER, LinkAccept, offered_windows
from ecopick.domains.tickets.queries.opportunity_links import Standing
from ecopick.domains.tickets.quote_inputs import OfferQuote
from ecopick.web.amounts import typed_number
from ecopick.web.bind import bind
from ecopick.web.formats import locale, zone_of

ROWS = 4
LINE_FIELDS = ("description", "quantity", "unit_amount")
WINDOW_FIELDS = ("window", "date", "from_time", "until_time")


def typed_window(zone: ZoneInfo) -> dict[str, Any]:
    """The chosen window of arrival. Raises Invalid under the field that is missing or wrong."""
    raw = {name: request.form.get(name) or None for name in WINDOW_FIELDS}
    found = bind(LinkAccept, source=raw).arrival(zone, clock.now())
    return {"arrival_from": found.start, "arrival_until": found.end}


def typed_quote(time_zone: str) -> OfferQuote:
    """The quote in the request's form. Raises Invalid with a sentence for every field."""
    wrong: dict[str, Text] = {}
    window: dict[str, Any] = {}
    try:
        window = typed_window(zone_of(time_zone))
    except Invalid as error:
        wrong |= error.fields
    source = {
        "net": typed_number(request.form["net"]) if request.form.get("net") else None,
        "lines": _typed_lines(),
        "tax_rate": request.form.get("tax_rate") or None,
        "valid_until": request.form.get("valid_until") or None,
        "note": request.form.get("note") or None,
    }
    try:
        data = bind(OfferQuote, source=source | window)
        data.sums()
    except Invalid as error:
        wrong |= {_field(name): sentence for name, sentence in error.fields.items()}
    if wrong:
        raise Invalid(_l("Please check the marked fields."), fields=wrong)
    return data


def _field(name: str) -> str:
    """Errors of the whole, and of lines, stand at the price."""
    return "net" if not name or name.startswith(("lines", "__root__")) else name


def _typed_lines() -> list[dict[str, Any]]:
    found = []
    for row in range(ROWS):
        raw = {name: request.form.get(f"line-{row}-{name}", "").strip() for name in LINE_FIELDS}
        if not (raw["description"] or raw["unit_amount"]):
            continue
        found.append(
            {
                "description": raw["description"],
                "quantity": typed_number(raw["quantity"] or "1"),
                "unit_amount": typed_number(raw["unit_amount"]),
            }
        )
    return found


def tax_choices(country: str | None) -> list[tuple[str, str]]:
    """Rates of tax to choose from, the usual one first, none last."""
    rates = [*RATES.get(country or "", RATES[DEFAULT_COUNTRY]), "0"]
    return [(rate, _percent(rate)) for rate in rates]


def _percent(rate: str) -> str:
    return str(format_percent(Decimal(rate) / 100, format="#,##0.## %", locale=locale()))


def quote_page(stand: Standing, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What the page of a job with its price needs beside who looks at it."""
    item = stand.item
    zone = zone_of(item.time_zone)
    now = clock.now()
    return {
        "stand": stand,
        "item": item,
        "tz": item.time_zone,
        "country": item.country,
        "today": now.astimezone(zone).date(),
        "valid_default": (now.astimezone(zone).date() + dt.timedelta(days=30)).isoformat(),
        "offered": offered_windows(now, zone, urgent=item.priority is TicketPriority.URGENT),
        "other": OTHER,
        "taxes": tax_choices(item.country),
        "currency": item.currency,
        "rows": range(ROWS),
        "typed": typed,
    }


def has_price() -> bool:
    """Whether an application in the request's form carries a price."""
    return bool(request.form.get("net", "").strip() or _typed_lines())
