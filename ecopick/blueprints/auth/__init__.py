"""Signing in and out, keeping an account, and for whom a person acts."""

from ecopick.blueprints.auth import (
    account,
    devices,
    email_change,
    factors,
    magic_link,
    passkeys,
    password,
    providers,
    registration,
    reset,
    second_step,
    security_page,
    session_api,
    sign_in,
    step_up,
)
from ecopick.blueprints.auth.blueprint import api, pages

__all__ = [
    "account",
    "api",
    "devices",
    "email_change",
    "factors",
    "magic_link",
    "pages",
    "passkeys",
    "password",
    "providers",
    "registration",
    "reset",
    "second_step",
    "security_page",
    "session_api",
    "sign_in",
    "step_up",
]
