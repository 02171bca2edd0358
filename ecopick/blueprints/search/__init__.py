"""Search across everything a person may see, and the keys that save the mouse."""

from ecopick.blueprints.search import keys
from ecopick.blueprints.search.api import api
from ecopick.blueprints.search.pages import pages

__all__ = ["api", "keys", "pages"]
