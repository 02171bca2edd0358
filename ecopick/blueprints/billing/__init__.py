"""Rates and invoices: lists, one invoice, what vendors write, what management decides."""

from ecopick.blueprints.billing import (
    decisions,
    files,
    invoices,
    programs,
    rates,
    receiving,
    writing,
)
from ecopick.blueprints.billing.blueprint import api, pages

__all__ = [
    "api",
    "decisions",
    "files",
    "invoices",
    "pages",
    "programs",
    "rates",
    "receiving",
    "writing",
]
