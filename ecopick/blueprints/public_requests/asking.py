"""Did a neighbour report the same? Asked before a report is sent, answered by one tap."""

from typing import Any, cast

from flask import Response, g, request

from ecopick.blueprints.public_requests.forms import show_form, tile_word
from ecopick.blueprints.public_requests.pace import check_unseen
from ecopick.blueprints.public_requests.pages import REFUSALS, pages
from ecopick.blueprints.public_requests.taking import (
    known_device,
    opened,
    sent_key,
    slow_down,
    status_path,
)
from ecopick.blueprints.tickets.steps import tenant_words
from ecopick.core.errors import NotFound
from ecopick.domains.tickets.commands.public_requests import (
    count_submission,
    count_try,
    follow_request,
    followed_before,
)
from ecopick.domains.tickets.public_inputs import FollowRequest, LookForSimilar
from ecopick.domains.tickets.queries.similar import similar_requests
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.device import keep_device
from ecopick.web.render import render, see_other
from ecopick.web.state import close_session, db_session

WORDS = ("category", "description")


@pages.post("/public/buildings/<building_id>/requests/similar")
@public
@csrf_exempt
def similar(building_id: str) -> Any:
    """The part of the form that asks; reads only, by POST so that no address holds the words."""
    slow_down()
    found = opened(building_id, request.form.get("code"))
    typed = {name: request.form.get(name, "").strip() or None for name in WORDS}
    data = bind(LookForSimilar, source=typed)
    near = similar_requests(db_session(), found.building, data.category, data.description)
    return render(
        "public/_similar.html",
        similar=near,
        building=found.building,
        tile_word=tile_word,
        tenant_words=tenant_words,
    )


@pages.post("/public/buildings/<building_id>/requests/follow")
@public
@csrf_exempt
def follow(building_id: str) -> Any:
    """Follow what a neighbour reported; leads to a private page of one's own.

    A device follows once: it counts as one household.
    """
    found = opened(building_id, request.form.get("code"))
    try:
        data = bind(FollowRequest)
        check_unseen(data.website)
        session = db_session()
        link, submission = followed_before(session, data.ticket_id, sent_key(), g.device_id)
        if link is None:
            count_try(session, found.building.id)
            count_submission(session, found.building.id, None, known_device())
            link = follow_request(session, found.actor, found.building, data.ticket_id, submission)
    except (*REFUSALS, NotFound) as error:
        close_session()
        slow_down()
        response = show_form(opened(building_id, request.form.get("code")), error=error)
        response.status_code = error.status
        return response
    taken = cast(Response, see_other(status_path(link)))
    keep_device(taken)
    return taken
