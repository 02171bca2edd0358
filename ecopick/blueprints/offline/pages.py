"""The page with which the installed app starts, and which stands in where there is no line."""

from typing import Any

from flask import Blueprint, url_for

from ecopick.web.access import public
from ecopick.web.render import render, see_other
from ecopick.web.state import find_actor

pages = Blueprint("offline", __name__)


@pages.get("/app")
@public
def start() -> Any:
    """Whoever is signed in goes on to their work; for others what is kept on the device.

    The service worker keeps the page as a visitor without cookies gets it.
    """
    if find_actor() is not None:
        return see_other(url_for("tickets.index"))
    return render("offline/start.html", events_url=None)
