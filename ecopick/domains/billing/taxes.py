"""Rates of value-added tax that a vendor chooses from, in per cent, by its country."""

from decimal import Decimal

from ecopick.domains.billing.lifecycle import TaxCategory

RATES: dict[str, tuple[str, ...]] = {
    "AT": ("20", "13", "10"),
    "CH": ("8.1", "3.8", "2.6"),
    "DE": ("19", "7"),
    "FR": ("20", "10", "5.5"),
    "IT": ("22", "10", "5", "4"),
    "LI": ("8.1", "3.8", "2.6"),
    "LU": ("17", "14", "8"),
}
DEFAULT_COUNTRY = "DE"


def standard_rate(country: str | None) -> Decimal:
    """What most work is taxed with in a country."""
    return Decimal(RATES.get(country or "", RATES[DEFAULT_COUNTRY])[0])


def choices(country: str | None) -> list[tuple[TaxCategory, Decimal]]:
    """Every way to tax a line in a country: its rates, then free of tax, then reverse charge."""
    rates = RATES.get(country or "", RATES[DEFAULT_COUNTRY])
    taxed = [(TaxCategory.STANDARD, Decimal(rate)) for rate in rates]
    return [*taxed, (TaxCategory.EXEMPT, Decimal(0)), (TaxCategory.REVERSE, Decimal(0))]
