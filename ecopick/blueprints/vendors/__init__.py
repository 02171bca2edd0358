"""What people at a vendor do when they are signed in."""

from ecopick.blueprints.vendors import checklists, offers, subscriptions
from ecopick.blueprints.vendors.api import api
from ecopick.blueprints.vendors.pages import pages

__all__ = ["api", "checklists", "offers", "pages", "subscriptions"]
