"""Aids for development: caught mails, the component gallery, a quick sign-in."""

from ecopick.blueprints.dev.api import api
from ecopick.blueprints.dev.pages import pages

__all__ = ["api", "pages"]
