"""Data on people: taking it along, having it erased, how long it is kept."""

from ecopick.blueprints.privacy.api import api
from ecopick.blueprints.privacy.pages import pages

__all__ = ["api", "pages"]
