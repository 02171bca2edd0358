"""Pages of residents: my homes, and what they decide about a request."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session

from ecopick.adapters.calendars import CONTENT_TYPE, Appointment, calendar_file
from ecopick.blueprints.residents.homes import homes, picture
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Conflict
from ecopick.core.permissions import allows
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.domains.tickets.commands import household, visits
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.home_inputs import AskForTime, RateOutcome, ShareAtHome
from ecopick.domains.tickets.inputs import PostMessage
from ecopick.domains.tickets.lifecycle import AssignmentState
from ecopick.domains.tickets.models import Visit
from ecopick.domains.tickets.outputs import AssignmentOut, TicketOut
from ecopick.domains.tickets.queries.detail import ticket_view
from ecopick.domains.tickets.queries.visits import assignment_of, visit_view
from ecopick.domains.tickets.visit_inputs import PickTime
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.formats import window, zone_of
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session, settings
from ecopick.web.toasts import say

pages = Blueprint("residents", __name__)


def _back(ticket_id: str, place: str | None = None) -> Any:
    return see_other(url_for("tickets.show", ticket_id=ticket_id, _anchor=place))


@pages.get("/homes")
def show_homes() -> Any:
    """The units of the signed-in person, with the people in them."""
    session = db_session()
    found = homes(session, current_actor())
    pictures = {home.unit.unit_id: picture(session, home) for home in found}
    return render("residents/homes.html", homes=found, pictures=pictures)


@pages.post("/tickets/<ticket_id>/follow")
def follow(ticket_id: str) -> Any:
    """Hear of a request about one's own home."""
    household.follow_ticket(db_session(), current_actor(), ticket_id)
    say(_("You follow this request"))
    return _back(ticket_id, "household")


@pages.post("/tickets/<ticket_id>/unfollow")
def unfollow(ticket_id: str) -> Any:
    """Hear of it no longer; whoever moved out is led to what they still see."""
    session, actor = db_session(), current_actor()
    ticket = household.unfollow_ticket(session, actor, ticket_id)
    say(_("You do not follow this request any more"))
    if not allows(session, actor, "ticket:view", ticket):
        return see_other(url_for("tickets.index"))
    return _back(ticket_id, "household")


@pages.post("/tickets/<ticket_id>/sharing")
def share(ticket_id: str) -> Any:
    """Show one's own request to the people of the same home, or not."""
    data = bind(ShareAtHome)
    household.share_at_home(db_session(), current_actor(), ticket_id, data)
    say(_("The people of your home see it") if data.shared else _("Only you see it"))
    return _back(ticket_id, "household")


@pages.post("/tickets/<ticket_id>/rating")
def rate(ticket_id: str) -> Any:
    """Say in one tap how the outcome is."""
    household.rate_outcome(db_session(), current_actor(), ticket_id, bind(RateOutcome))
    say(_("Thank you for your answer"))
    return _back(ticket_id)


# ---- the appointment ----


def appointment_of(ticket: TicketOut) -> AssignmentOut:
    """The accepted visit of a ticket; Conflict where none is agreed."""
    job = job_of(ticket)
    if not job.arrival_from:
        raise Conflict(_l("No appointment is agreed."), code="no_appointment")
    return job


def job_of(ticket: TicketOut) -> AssignmentOut:
    """The accepted job of a ticket; Conflict where nobody has accepted it."""
    job = ticket.assignment
    if job is None or job.state is not AssignmentState.ACCEPTED:
        raise Conflict(_l("No appointment is agreed."), code="no_appointment")
    return job


def _host() -> str:
    return urlsplit(settings().public_base_url).hostname or "localhost"


def calendar_of(ticket: TicketOut, url: str, visit: Visit | None = None) -> Response:
    """The agreed visit as a file for the reader's own calendar.

    It is the same event as in the mails about the ``visit``, where there is one.
    """
    job = appointment_of(ticket)
    place = ", ".join(
        part for part in (ticket.building.address, ticket.unit and ticket.unit.label) if part
    )
    content = calendar_file(
        Appointment(
            uid=f"{visit.id if visit else job.id}@{_host()}",
            start=job.arrival_from or clock.now(),
            end=job.arrival_until or job.arrival_from or clock.now(),
            title=f"{job.who}: {ticket.title}" if job.who else ticket.title,
            place=place,
            text=f"{ticket.reference}, {ticket.building.name}",
            url=url,
            changed_at=job.responded_at or ticket.updated_at,
            version=visit.sequence if visit else job.version,
        )
    )
    response = Response(content, content_type=CONTENT_TYPE)
    name = f"{ticket.reference}.ics"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@pages.get("/tickets/<ticket_id>/appointment.ics")
def appointment(ticket_id: str) -> Any:
    """The agreed visit for one's own calendar."""
    session = db_session()
    ticket = ticket_view(session, current_actor(), ticket_id).ticket
    address = url_for("tickets.show", ticket_id=ticket.id)
    found = visit_view(session, appointment_of(ticket).id)
    return calendar_of(ticket, settings().public_base_url + address, found.row if found else None)


@pages.post("/tickets/<ticket_id>/appointment")
def pick_time(ticket_id: str) -> Any:
    """Take one of the times that the vendor proposes."""
    session, actor = db_session(), current_actor()
    job = job_of(ticket_view(session, actor, ticket_id).ticket)
    visits.pick_time(session, actor, job.id, bind(PickTime).chosen())
    say(_("The appointment is agreed"))
    return _back(ticket_id)


def _time_form(ticket_id: str, *, error: AppError | None = None) -> Response:
    view = ticket_view(db_session(), current_actor(), ticket_id)
    job = job_of(view.ticket)
    zone = zone_of(view.ticket.building.time_zone)
    return render(
        "residents/another_time.html",
        ticket=view.ticket,
        job=job,
        tz=view.ticket.building.time_zone,
        today=clock.now().astimezone(zone).date(),
        typed=request.form if error is not None else {},
        error=error,
        errors=dict(error.fields) if error is not None else {},
    )


@pages.get("/tickets/<ticket_id>/another-time")
def another_time(ticket_id: str) -> Any:
    """Ask for another time than the one agreed."""
    return _time_form(ticket_id)


@pages.post("/tickets/<ticket_id>/another-time")
@refill(_time_form)
def ask_for_time(ticket_id: str) -> Any:
    """Tell everybody on the request which times would suit; the visit stays until it is moved."""
    data = bind(AskForTime)
    session, actor = db_session(), current_actor()
    ticket = ticket_view(session, actor, ticket_id).ticket
    ask_other_time(session, actor, ticket, data)
    say(_("Your wish was sent"))
    return _back(ticket_id)


def ask_other_time(session: Session, actor: Actor, ticket: TicketOut, data: AskForTime) -> None:
    """Keep the wish with the visit, and tell everybody by a message.

    Where the vendor's visit is not arranged here, or the actor may only write, the message
    alone is sent.
    """
    job = job_of(ticket)
    zone = zone_of(ticket.building.time_zone)
    windows = data.windows(zone, clock.now())
    row = assignment_of(session, job.id)
    if row.vendor_org_id is not None and allows(session, actor, "visit:answer", row):
        visits.ask_other_time(session, actor, job.id, windows, data.times)
    body = another_time_words(job, data.times, ticket.building.time_zone)
    if windows:
        suits = window(windows[0].start, windows[0].end, ticket.building.time_zone)
        body = f"{body}\n{suits}"
    post_message(session, actor, ticket.id, PostMessage(body=body))


def another_time_words(job: AssignmentOut, times: str, tz: str) -> str:
    """The message by which a resident asks for another time."""
    if not job.arrival_from:
        return _("These times would suit me: %(times)s", times=times)
    when = window(job.arrival_from, job.arrival_until, tz)
    return _("%(when)s does not suit me. These times would: %(times)s", when=when, times=times)
