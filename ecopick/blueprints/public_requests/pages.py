"""The public form of a building and the privacy page of its owner."""

from typing import Any, cast

from flask import Blueprint, Response, request

from ecopick.blueprints.public_requests.forms import languages_at, show_form
from ecopick.blueprints.public_requests.kept import keep_back, still_kept
from ecopick.blueprints.public_requests.pace import check_pace
from ecopick.blueprints.public_requests.taking import (
    opened,
    sent_photos,
    slow_down,
    status_path,
    take,
    taken_before,
)
from ecopick.core.errors import AppError, Conflict, Invalid, NotFound, TooLarge, TooManyRequests
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.public_requests import may_keep_photos
from ecopick.domains.tickets.public_inputs import SubmitRequest
from ecopick.domains.tickets.queries.public_requests import PublicForm, open_owner
from ecopick.domains.tickets.queries.similar import similar_requests
from ecopick.web.access import csrf_exempt, current_language, public
from ecopick.web.bind import bind
from ecopick.web.device import keep_device
from ecopick.web.render import keep_offline, render, see_other
from ecopick.web.state import act_as, close_session, database, db_session

pages = Blueprint("public_requests", __name__)
REFUSALS = (Invalid, Conflict, TooLarge, TooManyRequests)


@pages.get("/public/buildings/<building_id>/requests")
@public
def form(building_id: str) -> Any:
    """The form; ``?code=`` names the place at which somebody stands."""
    slow_down()
    response = show_form(opened(building_id, request.args.get("code")))
    keep_offline(response, "public")
    return response


@pages.post("/public/buildings/<building_id>/requests")
@public
@csrf_exempt
def submit(building_id: str) -> Any:
    """Take the report and go to its private page; what is refused shows the form again.

    Once, before anything is stored, it asks whether a neighbour reported the same.
    """
    found = opened(building_id, request.form.get("code") or request.args.get("code"))
    try:
        data = bind(SubmitRequest)
        check_pace(data, needed=True)
        photos = sent_photos()
        link = taken_before(found, data, photos)
        if link is None and not data.asked:
            near = similar_requests(db_session(), found.building, data.category, data.description)
            if near:
                kept, lost = _kept(found)
                return show_form(found, similar=near, kept=kept, lost=lost)
        link = link or take(found, data, photos)
    except REFUSALS as error:
        return _again(found, error)
    response = cast(Response, see_other(status_path(link)))
    keep_device(response)
    return response


def _again(found: PublicForm, error: AppError) -> Response:
    """The form with what was typed and chosen, and why it was not taken."""
    close_session()
    slow_down()
    act_as(found.actor)
    kept, lost = _kept(found, new="file" not in error.fields)
    response = show_form(found, error=error, kept=kept, lost=lost)
    response.status_code = error.status
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _kept(found: PublicForm, *, new: bool = True) -> tuple[list[str], bool]:
    """Photos of earlier tries and, with ``new``, of this one, so that they need not be chosen
    again; and whether some were not kept because too many were."""
    earlier = still_kept(db_session(), request.form.getlist("kept"), found.owner.id)
    try:
        chosen = sent_photos() if new else []
    except Invalid:
        chosen = []
    if chosen and not may_keep_photos(found.building.id):
        return earlier, True
    return [*earlier, *keep_back(chosen, found.owner.id)], False


@pages.get("/public/owners/<owner_id>/privacy")
@public
def privacy(owner_id: str) -> Any:
    """What an owner does with reports: its own words, or complete ones of ours."""
    slow_down()
    owner = open_owner(database(), owner_id)
    if owner is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return render(
        "public/privacy.html",
        owner=owner,
        own=owner.privacy(current_language()),
        contact=owner.settings.get("contact"),
        languages=languages_at("public_requests.privacy", owner_id=owner.id),
        events_url=None,
        toasts=(),
    )
