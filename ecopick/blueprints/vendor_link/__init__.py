"""The page behind a vendor's mailed link."""

from ecopick.blueprints.vendor_link import invoices, quotes, visits
from ecopick.blueprints.vendor_link.pages import pages

__all__ = ["invoices", "pages", "quotes", "visits"]
