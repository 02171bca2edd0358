"""The first page of everybody, and the summary behind it."""

from ecopick.blueprints.reports.api import api
from ecopick.blueprints.reports.pages import pages

__all__ = ["api", "pages"]
