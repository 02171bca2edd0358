"""Pages that exist outside production only."""

from typing import Any

from flask import Blueprint, request

from ecopick.adapters.mailcatcher import caught_mails
from ecopick.web.access import public
from ecopick.web.render import render
from ecopick.web.state import settings

pages = Blueprint("dev", __name__)


@pages.get("/mail")
@public
def mail() -> Any:
    """The caught mails, newest first, with their links to follow."""
    to = request.args.get("to", "").strip()
    return render(
        "dev/mail.html", mails=caught_mails(settings().mail_dir, to or None, limit=100), to=to
    )


@pages.get("/components")
@public
def components() -> Any:
    """Every component in its states."""
    return render("dev/components.html")
