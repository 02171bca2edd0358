"""Did a neighbour report the same? Asked before a report is sent, answered by one tap."""

from typing import Any

from flask import request

from ecopick.blueprints.public_requests.forms import show_form, tile_word
from ecopick.blueprints.public_requests.pages import REFUSALS, pages
from ecopick.blueprints.public_requests.taking import opened, sent_key, slow_down, status_path
from ecopick.blueprints.tickets.steps import tenant_words
from ecopick.core.errors import NotFound
from ecopick.domains.tickets.commands.public_requests import (
    Submission,
    count_submission,
    follow_request,
    repeated,
)
from ecopick.domains.tickets.public_inputs import FollowRequest, LookForSimilar
from ecopick.domains.tickets.queries.similar import similar_requests
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
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
    """Follow what a neighbour reported; leads to a private page of one's own."""
    found = opened(building_id, request.form.get("code"))
    try:
        data = bind(FollowRequest)
        session = db_session()
        submission = Submission.of(f"follow:{data.ticket_id}", sent_key(), {})
        link = repeated(session, submission)
        if link is None:
            count_submission(session, found.building.id, None, None)
            link = follow_request(session, found.actor, found.building, data.ticket_id, submission)
    except (*REFUSALS, NotFound) as error:
        close_session()
        response = show_form(opened(building_id, request.form.get("code")), error=error)
        response.status_code = error.status
        return response
    return see_other(status_path(link))
