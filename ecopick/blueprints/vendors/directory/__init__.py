"""The directory of vendors, for management: who they are, what they hold, how they do."""

from ecopick.blueprints.vendors.directory import papers
from ecopick.blueprints.vendors.directory.api import api
from ecopick.blueprints.vendors.directory.pages import pages

__all__ = ["api", "pages", "papers"]
