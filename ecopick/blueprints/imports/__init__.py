"""Taking over tables: upload, columns, trial, import, errors."""

from ecopick.blueprints.imports.api import api
from ecopick.blueprints.imports.pages import pages

__all__ = ["api", "pages"]
