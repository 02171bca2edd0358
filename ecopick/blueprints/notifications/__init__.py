"""Notifications: the inbox and how people want to be told."""

from ecopick.blueprints.notifications.api import api
from ecopick.blueprints.notifications.pages import pages

__all__ = ["api", "pages"]
