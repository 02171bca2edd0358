"""The address of a building: shown, given out, ended."""

from flask import Blueprint, Response, url_for
from werkzeug.wrappers import Response as BaseResponse

from ecopick.blueprints.mailbox.reading import find, need_domain, whole
from ecopick.core.text import gettext as _
from ecopick.domains.mailbox import commands
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session, settings
from ecopick.web.toasts import say

pages = Blueprint("mailbox", __name__)


@pages.get("/buildings/<building_id>/mail")
def show(building_id: str) -> Response:
    """The address, and what mail to it becomes."""
    building, found = find(building_id)
    return render(
        "mailbox/page.html",
        building=building,
        address=whole(found),
        takes_mail=bool(settings().inbound.domain),
        nav_current="buildings",
    )


@pages.post("/buildings/<building_id>/mail")
def issue(building_id: str) -> BaseResponse:
    """A new address; the one before ends."""
    need_domain()
    commands.issue_address(db_session(), current_actor(), building_id)
    say(_("The building has a new address for mail."))
    return see_other(url_for("mailbox.show", building_id=building_id))


@pages.post("/buildings/<building_id>/mail/retire")
def retire(building_id: str) -> BaseResponse:
    """End the address: mail to it is refused from now on."""
    commands.retire_address(db_session(), current_actor(), building_id)
    say(_("The address takes no more mail."))
    return see_other(url_for("mailbox.show", building_id=building_id))
