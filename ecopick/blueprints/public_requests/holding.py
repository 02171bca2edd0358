"""Whoever holds a private link: found by its token, refused with the page as it is."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import Response, g, request

from ecopick.blueprints.attachments.pages import from_script
from ecopick.blueprints.public_requests.showing import show_ended, show_request
from ecopick.core.errors import (
    AppError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
    TooManyRequests,
)
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.commands.attempts import check_rate
from ecopick.domains.tickets.queries.public_requests import RequestContext, open_request
from ecopick.web.access import csrf_exempt, current_language, public
from ecopick.web.device import keep_device
from ecopick.web.errors import problem
from ecopick.web.idempotency import answer_link_repeat, keep_no_answer
from ecopick.web.state import act_as, close_session, database, db_session

Step = Callable[[RequestContext], Any]
RATE = "request_link"
REFUSALS = (Invalid, Conflict, Forbidden, TooLarge, TooManyRequests)


def opened(token: str) -> RequestContext | None:
    """The link, acting for the rest of the request; None for an unknown token."""
    check_rate(database(), RATE)
    link = open_request(database(), token, current_language())
    if link is not None:
        keep_no_answer()
        act_as(link.actor)
    g.request_token = token
    return link


def page(link: RequestContext | None, error: AppError | None = None, *, step: str = "") -> Response:
    """The page of a request, or that its link has ended."""
    if link is None or link.has_ended:
        return show_ended(known=link is not None)
    return show_request(db_session(), link, g.request_token, error, step=step)


def acts(step: Step) -> Callable[..., Any]:
    """A change on the page; a refusal shows the page again with what was typed."""

    @wraps(step)
    def run(token: str) -> Any:
        link = opened(token)
        if link is None or link.has_ended:
            return page(link)
        try:
            # What waited on a phone may be sent twice.
            repeated = answer_link_repeat()
            return step(link) if repeated is None else repeated
        except REFUSALS as error:
            close_session()
            if from_script():
                return problem(error)
            response = page(opened(token), error, step=step.__name__)
            response.status_code = max(error.status, response.status_code)
            return response

    return public(csrf_exempt(run))


def for_people(step: Step) -> Step:
    """A step of one tap: in a browser that reported or signed in before, else with a tick.

    Mail scanners press buttons too; they tick nothing.
    """

    @wraps(step)
    def run(link: RequestContext) -> Any:
        if is_strange() and request.form.get("sure") != "yes":
            raise Invalid(
                _("Please check the marked fields."),
                fields={"sure": _("Please tick that you want this.")},
            )
        response = cast(Response, step(link))
        keep_device(response)
        return response

    return run


def is_strange() -> bool:
    """Whether nobody has reported anything or signed in with this browser."""
    return bool(g.get("device_is_new", True))


def for_reporter(step: Step) -> Step:
    """A step of whoever reported it; a neighbour who follows finds nothing there."""

    @wraps(step)
    def run(link: RequestContext) -> Any:
        if not link.is_reporter:
            raise NotFound(_("There is nothing here, or you cannot see it."))
        return step(link)

    return run
