"""Buildings and units."""

from ecopick.blueprints.property.api import api
from ecopick.blueprints.property.pages import pages

__all__ = ["api", "pages"]
