"""By the private link: the visit for one's own calendar, and how the outcome is."""

from typing import Any

from flask import url_for

from ecopick.blueprints.public_requests.holding import acts, for_people, for_reporter, opened
from ecopick.blueprints.public_requests.pages import pages
from ecopick.blueprints.public_requests.status import back
from ecopick.blueprints.residents.pages import (
    appointment_of,
    ask_other_time,
    calendar_of,
    job_of,
)
from ecopick.core.errors import NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands import visits
from ecopick.domains.tickets.commands.household import rate_outcome
from ecopick.domains.tickets.home_inputs import AskForTime, RateOutcome
from ecopick.domains.tickets.queries.detail import ticket_view
from ecopick.domains.tickets.queries.public_requests import RequestContext
from ecopick.domains.tickets.queries.visits import visit_view
from ecopick.domains.tickets.visit_inputs import PickTime
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
    session = db_session()
    ticket = ticket_view(session, link.actor, link.ticket_id).ticket
    found = visit_view(session, appointment_of(ticket).id)
    form = url_for("public_requests.form", building_id=ticket.building_id)
    return calendar_of(ticket, settings().public_base_url + form, found.row if found else None)


@pages.post("/requests/<token>/appointment")
@acts
@for_reporter
@for_people
def pick_time(link: RequestContext) -> Any:
    """Take one of the times that the vendor proposes."""
    session = db_session()
    job = job_of(ticket_view(session, link.actor, link.ticket_id).ticket)
    visits.pick_time(session, link.actor, job.id, bind(PickTime).chosen())
    say(_("The appointment is agreed"))
    return back()


@pages.post("/requests/<token>/another-time")
@acts
@for_reporter
def other_time(link: RequestContext) -> Any:
    """Ask for another time; the visit stays until it is moved."""
    data = bind(AskForTime)
    session = db_session()
    ticket = ticket_view(session, link.actor, link.ticket_id).ticket
    ask_other_time(session, link.actor, ticket, data)
    say(_("Your wish was sent"))
    return back()


@pages.post("/requests/<token>/rating")
@acts
@for_reporter
@for_people
def rate(link: RequestContext) -> Any:
    """Say in one tap how the outcome is."""
    rate_outcome(db_session(), link.actor, link.ticket_id, bind(RateOutcome))
    say(_("Thank you for your answer"))
    return back("rating")
