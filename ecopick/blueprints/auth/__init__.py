"""Signing in and out, and for whom a person acts."""

from ecopick.blueprints.auth.api import api
from ecopick.blueprints.auth.pages import pages

__all__ = ["api", "pages"]
