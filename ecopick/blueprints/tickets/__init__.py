"""Tickets: the list, the workspace of one ticket, the tenant's view, the API."""

from ecopick.blueprints.tickets.actions import add_actions
from ecopick.blueprints.tickets.api import api
from ecopick.blueprints.tickets.pages import pages

add_actions(pages)

__all__ = ["api", "pages"]
