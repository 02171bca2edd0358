"""The address to which people mail what is wrong in a building."""

from ecopick.blueprints.mailbox.api import api
from ecopick.blueprints.mailbox.pages import pages

__all__ = ["api", "pages"]
