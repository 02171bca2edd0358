"""The arithmetic that EN 16931 demands of an invoice, checked rule by rule.

The numbers are those of the standard. An invoice that breaks one is wrong, whoever wrote it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from ecopick.adapters.e_invoices.documents import Document, Item

CENT = Decimal("0.01")
NOTHING = Decimal(0)
# A line's amount may be rounded by another rule; a sum of many lines never may.
LINE_TOLERANCE = Decimal("0.02")
TAX_TOLERANCE = Decimal("0.01")


@dataclass(frozen=True)
class Finding:
    """A rule that is broken: what there is, and what it should be."""

    rule: str
    found: Decimal
    expected: Decimal
    line: int | None = None


def findings(invoice: Document) -> list[Finding]:
    """Every rule that the invoice breaks; none for a sound one."""
    return [each for rule in (_lines, _sums, _taxes) for each in rule(invoice)]


def line_amount(item: Item) -> Decimal:
    """What a line comes to: quantity times price for so many, with its own charges."""
    exact = item.quantity * item.price / item.base_quantity + item.surcharge
    return exact.quantize(CENT, ROUND_HALF_UP)


def _lines(invoice: Document) -> Iterator[Finding]:
    for number, item in enumerate(invoice.items, 1):
        expected = line_amount(item)
        if abs(item.amount - expected) > LINE_TOLERANCE:
            yield Finding("BT-131", item.amount, expected, number)


def _sums(invoice: Document) -> Iterator[Finding]:
    lines = sum((item.amount for item in invoice.items), NOTHING)
    if invoice.line_total is not None:
        yield from _same("BR-CO-10", invoice.line_total, lines)
    extra = sum((each.amount for each in invoice.surcharges), NOTHING)
    yield from _same("BR-CO-13", invoice.net, lines + extra)
    taxes = sum((each.amount for each in invoice.taxes), NOTHING)
    yield from _same("BR-CO-14", invoice.tax, taxes)
    yield from _same("BR-CO-15", invoice.gross, invoice.net + invoice.tax)
    owed = invoice.gross - invoice.prepaid + invoice.rounding
    yield from _same("BR-CO-16", invoice.due, owed)


def _same(rule: str, found: Decimal, expected: Decimal) -> Iterator[Finding]:
    if found != expected:
        yield Finding(rule, found, expected)


def _taxes(invoice: Document) -> Iterator[Finding]:
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for item in invoice.items:
        key = (item.tax_category, item.tax_rate.normalize())
        bases[key] = bases.get(key, NOTHING) + item.amount
    for extra in invoice.surcharges:
        key = (extra.tax_category, extra.tax_rate.normalize())
        bases[key] = bases.get(key, NOTHING) + extra.amount
    named = {(each.category, each.rate.normalize()): each for each in invoice.taxes}
    for key, basis in bases.items():
        share = named.get(key)
        if share is None:
            yield Finding("BR-CO-18", NOTHING, basis)
        else:
            yield from _same("BR-S-08", share.basis, basis)
    for each in invoice.taxes:
        expected = (each.basis * each.rate / 100).quantize(CENT, ROUND_HALF_UP)
        if abs(each.amount - expected) > TAX_TOLERANCE:
            yield Finding("BR-CO-17", each.amount, expected)
