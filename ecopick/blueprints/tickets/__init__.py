"""Tickets: the list, the workspace of one ticket, the tenant's view, the API."""

from ecopick.blueprints.tickets.actions import add_actions
from ecopick.blueprints.tickets.bulk import add_bulk
from ecopick.blueprints.tickets.export import add_exports
from ecopick.blueprints.tickets.incidents import add_incidents
from ecopick.blueprints.tickets.pages import pages
from ecopick.blueprints.tickets.related import add_related
from ecopick.blueprints.tickets.related_api import api
from ecopick.blueprints.tickets.vendor_ratings import add_vendor_ratings
from ecopick.blueprints.tickets.viewing import add_viewing
from ecopick.blueprints.tickets.views import add_views

add_actions(pages)
add_bulk(pages)
add_exports(pages, api)
add_views(pages, api)
add_related(pages)
add_incidents(pages)
add_viewing(pages)
add_vendor_ratings(pages, api)

__all__ = ["api", "pages"]
