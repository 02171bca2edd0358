"""The product as an app on a phone: its manifest, its service worker, its start page."""

from ecopick.blueprints.offline.api import api
from ecopick.blueprints.offline.pages import pages

__all__ = ["api", "pages"]
