"""For people at home: their units, what they share and follow, appointments and ratings."""

from ecopick.blueprints.residents.api import api
from ecopick.blueprints.residents.pages import pages

__all__ = ["api", "pages"]
