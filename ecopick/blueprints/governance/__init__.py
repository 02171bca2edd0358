"""Permissions, approvals, and why somebody sees a ticket."""

from ecopick.blueprints.governance import access, approvals, approvals_api, permissions
from ecopick.blueprints.governance.blueprint import api, pages

__all__ = ["access", "api", "approvals", "approvals_api", "pages", "permissions"]
