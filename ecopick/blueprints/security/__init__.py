"""The safety of the installation: monitoring for app administrators, the block page."""

from ecopick.blueprints.security import acts, block_page, monitoring, routes
from ecopick.blueprints.security.blueprint import api, pages

__all__ = ["acts", "api", "block_page", "monitoring", "pages", "routes"]
