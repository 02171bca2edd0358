"""The two blueprints on which every module of this folder hangs its views."""

from flask import Blueprint, current_app, request

from ecopick.domains.auth.commands.attempts import check_rate
from ecopick.web.access import SAFE_METHODS
from ecopick.web.state import database

pages = Blueprint("auth", __name__)
api = Blueprint("auth_api", __name__)


@pages.before_request
@api.before_request
def slow_floods() -> None:
    """Whatever is sent without a session is counted by address and device first.

    Refreshing counts unknown tokens itself: many windows may refresh at once.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if request.endpoint == "auth_api.refresh":
        return
    if request.method not in SAFE_METHODS and getattr(view, "is_public", False):
        check_rate(database(), "account")
