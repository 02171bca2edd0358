"""Signing in and out, keeping an account, and for whom a person acts."""

from ecopick.blueprints.auth import account, security_page, session_api, sign_in
from ecopick.blueprints.auth.blueprint import api, pages

__all__ = ["account", "api", "pages", "security_page", "session_api", "sign_in"]
