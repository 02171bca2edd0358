"""By the private link: the visit for one's own calendar, and how the outcome is."""

from typing import Any

from flask import url_for

from ecopick.blueprints.public_requests.holding import acts, for_reporter, opened
from ecopick.blueprints.public_requests.pages import pages
from ecopick.blueprints.public_requests.status import back
from ecopick.blueprints.residents.pages import calendar_of
from ecopick.core.errors import NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.household import rate_outcome
from ecopick.domains.tickets.home_inputs import RateOutcome
from ecopick.domains.tickets.queries.detail import ticket_view
from ecopick.domains.tickets.queries.public_requests import RequestContext
from ecopick.web.access import public
from ecopick.web.bind import bind
from ecopick.web.state import db_session, settings
from ecopick.web.toasts import say


@pages.get("/requests/<token>/appointment.ics")
@public
def appointment(token: str) -> Any:
    """The agreed visit as a file for a calendar; whoever else reads that learns no link."""
    link = opened(token)
    if link is None or link.has_ended or not link.is_reporter:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    ticket = ticket_view(db_session(), link.actor, link.ticket_id).ticket
    form = url_for("public_requests.form", building_id=ticket.building_id)
    return calendar_of(ticket, settings().public_base_url + form)


@pages.post("/requests/<token>/rating")
@acts
@for_reporter
def rate(link: RequestContext) -> Any:
    """Say in one tap how the outcome is."""
    rate_outcome(db_session(), link.actor, link.ticket_id, bind(RateOutcome))
    say(_("Thank you for your answer"))
    return back("rating")
