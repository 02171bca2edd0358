"""Reckoning with money: always Decimal, rounded half up, tax once for each rate.

The rules are those of EN 16931: a line's amount is its quantity times its price
(rounded by itself); tax is reckoned on the sum of all lines of one category and
rate (BR-CO-17), never line by line; the total is the sum of both (BR-CO-15).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ecopick.domains.billing.lifecycle import RateType, TaxCategory

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
HUNDRED = Decimal(100)


def rounded(value: Decimal) -> Decimal:
    """To the cent, half a cent up (away from zero)."""
    return value.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Line:
    """One line; ``amount`` is without tax and follows from quantity and price."""

    description: str
    quantity: Decimal
    unit_amount: Decimal
    tax_rate: Decimal
    tax_category: TaxCategory
    category: str | None = None
    rate_type: RateType | None = None

    @property
    def amount(self) -> Decimal:
        """Quantity times price."""
        return rounded(self.quantity * self.unit_amount)

    def stored(self) -> dict[str, Any]:
        """As JSON; sums are strings."""
        return {
            "description": self.description,
            "category": self.category,
            "rate_type": self.rate_type.value if self.rate_type else None,
            "quantity": plain(self.quantity),
            "unit_amount": str(self.unit_amount),
            "tax_rate": plain(self.tax_rate),
            "tax_category": self.tax_category.value,
            "amount": str(self.amount),
        }


@dataclass(frozen=True)
class TaxShare:
    """What is taxed alike, and the tax on it."""

    category: TaxCategory
    rate: Decimal
    basis: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Totals:
    """What an invoice comes to."""

    net: Decimal
    tax: Decimal
    gross: Decimal
    shares: tuple[TaxShare, ...]


def plain(value: Decimal) -> str:
    """A number without zeros behind: ``2.50`` is ``2.5``, ``19.0`` is ``19``."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def line_of(stored: Mapping[str, Any]) -> Line:
    """A stored line; one that names no category is taxed at the standard rate, or at zero."""
    rate = Decimal(str(stored.get("tax_rate") or 0))
    kind = stored.get("rate_type")
    guess = TaxCategory.STANDARD if rate else TaxCategory.ZERO
    return Line(
        description=str(stored["description"]),
        quantity=Decimal(str(stored["quantity"])),
        unit_amount=Decimal(str(stored["unit_amount"])),
        tax_rate=rate,
        tax_category=TaxCategory(stored.get("tax_category") or guess),
        category=stored.get("category"),
        rate_type=RateType(kind) if kind else None,
    )


def lines_of(stored: Iterable[Mapping[str, Any]]) -> list[Line]:
    """The lines of a stored invoice."""
    return [line_of(each) for each in stored]


def totals(lines: Iterable[Line]) -> Totals:
    """Net, tax for each category and rate, and gross."""
    bases: dict[tuple[TaxCategory, Decimal], Decimal] = {}
    for line in lines:
        key = (line.tax_category, line.tax_rate.normalize())
        bases[key] = bases.get(key, ZERO) + line.amount
    shares = tuple(
        TaxShare(category, rate, basis, rounded(basis * rate / HUNDRED))
        for (category, rate), basis in sorted(bases.items(), key=lambda each: each[0], reverse=True)
    )
    net = sum((share.basis for share in shares), ZERO)
    tax = sum((share.tax for share in shares), ZERO)
    return Totals(net, tax, net + tax, shares)
