"""Electronic invoices (EN 16931): read from CII, UBL or hybrid PDFs, checked, and made."""

from ecopick.adapters.e_invoices.documents import BadInvoice, Document, Item, Party
from ecopick.adapters.e_invoices.reading import read
from ecopick.adapters.e_invoices.rules import Finding, findings
from ecopick.adapters.e_invoices.writing import hybrid_pdf, to_xml

__all__ = [
    "BadInvoice",
    "Document",
    "Finding",
    "Item",
    "Party",
    "findings",
    "hybrid_pdf",
    "read",
    "to_xml",
]
