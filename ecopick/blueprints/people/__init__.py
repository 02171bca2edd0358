"""People: their roles and units, who belongs, who is invited."""

from ecopick.blueprints.people import invitations, members
from ecopick.blueprints.people.api import api
from ecopick.blueprints.people.pages import pages

__all__ = ["api", "invitations", "members", "pages"]
