"""An administrator who acts as somebody keeps away from how that person signs in."""

from flask import request

from ecopick.core.actor import Actor
from ecopick.domains.auth.refusals import ActingAsSomebody

# Accounts, and what a person alone asks for about themself.
CLOSED_BLUEPRINTS = frozenset({"auth", "auth_api", "privacy", "privacy_api"})
# Going on and out, in which language, and who one is.
OPEN_ENDPOINTS = frozenset(
    {
        "auth.set_language",
        "auth.sign_in",
        "auth.sign_out",
        "auth_api.keep_alive",
        "auth_api.me",
        "auth_api.refresh",
        "auth_api.session_left",
        "auth_api.sign_out",
    }
)


def refuse_while_acting(actor: Actor) -> None:
    """Raise ``ActingAsSomebody`` for pages and routes of that person's account."""
    if actor.support is None or not actor.support.as_person:
        return
    if request.blueprint in CLOSED_BLUEPRINTS and request.endpoint not in OPEN_ENDPOINTS:
        raise ActingAsSomebody
