"""The audit: reading its streams, taking them away, proving that they are whole."""

from ecopick.blueprints.audit.api import api
from ecopick.blueprints.audit.pages import pages

__all__ = ["api", "pages"]
