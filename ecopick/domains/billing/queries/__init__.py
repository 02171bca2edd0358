"""Reading rates and invoices."""

from ecopick.domains.billing.queries.drafts import Draft, draft_for, next_number
from ecopick.domains.billing.queries.find import get_invoice, lock_invoice
from ecopick.domains.billing.queries.on_tickets import (
    InvoiceLine,
    invoice_count,
    invoice_sums,
    invoices_on,
)
from ecopick.domains.billing.queries.rates import RateLine, rates, rates_of

__all__ = [
    "Draft",
    "InvoiceLine",
    "RateLine",
    "draft_for",
    "get_invoice",
    "invoice_count",
    "invoice_sums",
    "invoices_on",
    "lock_invoice",
    "next_number",
    "rates",
    "rates_of",
]
