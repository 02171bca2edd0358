"""App administrators at work for an owner: opening, seeing and ending it."""

from ecopick.blueprints.support.api import api
from ecopick.blueprints.support.pages import pages

__all__ = ["api", "pages"]
