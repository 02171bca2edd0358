"""Files of tickets: upload, download, small pictures."""

from ecopick.blueprints.attachments.api import api
from ecopick.blueprints.attachments.pages import pages

__all__ = ["api", "pages"]
