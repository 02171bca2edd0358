"""People: their roles and units."""

from ecopick.blueprints.people.api import api
from ecopick.blueprints.people.pages import pages

__all__ = ["api", "pages"]
