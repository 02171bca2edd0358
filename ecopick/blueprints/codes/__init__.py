"""Codes of places: scanned by anybody, issued and printed by the staff."""

from ecopick.blueprints.codes.api import api
from ecopick.blueprints.codes.links import links
from ecopick.blueprints.codes.pages import pages

__all__ = ["api", "links", "pages"]
