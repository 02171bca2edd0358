"""What a vendor keeps of itself: its papers, its services, its details, its figures."""

from ecopick.blueprints.vendors.own import services
from ecopick.blueprints.vendors.own.pages import pages

__all__ = ["pages", "services"]
