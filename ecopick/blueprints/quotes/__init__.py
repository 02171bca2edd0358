"""Prices of vendors: chosen on the desk, the limits for them, and the API."""

from ecopick.blueprints.quotes.api import api
from ecopick.blueprints.quotes.pages import pages

__all__ = ["api", "pages"]
