"""What people do with a ticket on its pages: each a POST form that leads back to it.

Refused, the page comes back with the reason and with what was typed.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, BinaryIO, TypeVar, cast
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, make_response, request, url_for
from pydantic import BaseModel

from ecopick.blueprints.attachments.pages import from_script
from ecopick.blueprints.tickets.clash import STALE_STATUS, overtaken
from ecopick.blueprints.tickets.forms import AssignTo
from ecopick.blueprints.tickets.incidents import asks_first
from ecopick.blueprints.tickets.origin import kept_origin
from ecopick.blueprints.tickets.sections import show_ticket
from ecopick.core import clock
from ecopick.core.errors import AppError, Conflict, Invalid
from ecopick.core.permissions import authorize
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.core.validation import PROSE_LENGTH
from ecopick.domains.reports.queries.recommendation import recommended
from ecopick.domains.tickets.commands.assignment import (
    assign_ticket,
    cancel_assignment,
    respond_assignment,
    undo_response,
)
from ecopick.domains.tickets.commands.attachments import attach_file
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.intake import triage_ticket, update_ticket
from ecopick.domains.tickets.commands.opportunities import (
    confirm_claim,
    publish_opportunity,
    refuse_claim,
)
from ecopick.domains.tickets.commands.stakeholders import add_stakeholder, remove_stakeholder
from ecopick.domains.tickets.commands.status import transition_ticket_status
from ecopick.domains.tickets.inputs import (
    AddAttachment,
    AddStakeholder,
    AssignTicket,
    CancelAssignment,
    ChangeStatus,
    PostMessage,
    PublishOpportunity,
    RespondAssignment,
    TriageTicket,
    UpdateTicket,
)
from ecopick.domains.tickets.lifecycle import AssignmentType
from ecopick.domains.tickets.link_inputs import LinkAccept
from ecopick.domains.tickets.queries.detail import STAFF, current_assignment, ticket_view
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.mentionable import mentionable
from ecopick.domains.tickets.queries.pickers import members
from ecopick.web import labels, performance
from ecopick.web.bind import bind, raw_input
from ecopick.web.errors import refill
from ecopick.web.formats import zone_of
from ecopick.web.render import local_path, render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say
from ecopick.web.uploads import keep

M = TypeVar("M", bound=BaseModel)
View = Callable[..., Any]


def _again(section: str | None = None) -> Callable[..., Response]:
    """Show the ticket again, in a section, with the reason of the refusal."""

    def form(ticket_id: str, *, error: AppError, **_rest: Any) -> Response:
        return show_ticket(ticket_id, error=error, section=section)

    return form


def _back(ticket_id: str, section: str | None = None) -> Any:
    return see_other(_page(ticket_id, section))


def _page(ticket_id: str, section: str | None = None) -> str:
    kept: dict[str, Any] = {"from": kept_origin()}
    return url_for("tickets.show", ticket_id=ticket_id, section=section, **kept)


@refill(_again())
def triage(ticket_id: str) -> Any:
    """Review a new ticket."""
    triage_ticket(db_session(), current_actor(), ticket_id, bind(TriageTicket))
    say(_("Ticket triaged"))
    return _back(ticket_id)


@refill(_again())
def status(ticket_id: str) -> Any:
    """Bring the ticket to the wanted status; what waited on a phone learns what is in its way."""
    data = bind(ChangeStatus)
    if from_script():
        try:
            transition_ticket_status(db_session(), current_actor(), ticket_id, data)
        except Conflict as error:
            if error.code != STALE_STATUS:
                raise
            return overtaken(ticket_id, error)
        return make_response(jsonify(url=_page(ticket_id)), 200)
    if (asked := asks_first(ticket_id, data)) is not None:
        return see_other(asked)
    ticket = transition_ticket_status(db_session(), current_actor(), ticket_id, data)
    say(_("Status: %(status)s", status=labels.label(ticket.status)))
    return see_other(local_path(request.form.get("next"), _page(ticket_id)))


def cancel(ticket_id: str) -> Response:
    """Ask before a ticket is cancelled; what cannot be undone asks first."""
    session, actor = db_session(), current_actor()
    view = ticket_view(session, actor, ticket_id)
    authorize(session, actor, "ticket:cancel", get_ticket(session, actor, ticket_id))
    page = "tickets/cancel.html" if view.side == STAFF else "tickets/cancel_phone.html"
    return render(page, ticket=view.ticket, nav_current="tickets")


@refill(_again("activity"))
def message(ticket_id: str) -> Any:
    """Write to everyone, or a note to the team, with files; all of it or nothing."""
    files = [item for item in request.files.getlist("file") if item.filename]
    raw = raw_input(request, PostMessage)
    if files and not raw.get("body"):
        raw["body"] = ", ".join(str(item.filename) for item in files)[:PROSE_LENGTH]
    raw.pop("quick", None)
    data = bind(PostMessage, source=raw)
    session, actor = db_session(), current_actor()
    made = post_message(session, actor, ticket_id, data)
    for item in files:
        stored = keep(cast(BinaryIO, item.stream), item.filename, made.property_owner_id)
        attach_file(session, actor, made.ticket_id, AddAttachment(message_id=made.id), stored)
    if from_script():
        return make_response(jsonify(id=str(made.id)), 201)
    say(_("Note saved") if data.visibility == "team" else _("Message sent"))
    return _back(ticket_id)


def people(ticket_id: str) -> Response:
    """Who can be named in a message, as options of the picker."""
    team_only = request.args.get("audience") == "team"
    found = mentionable(db_session(), current_actor(), ticket_id, team_only=team_only)
    return render("tickets/_people_options.html", people=found)


@refill(_again("details"))
def details(ticket_id: str) -> Any:
    """Edit the fields; another person's edit in between is not overwritten."""
    update_ticket(db_session(), current_actor(), ticket_id, bind(UpdateTicket))
    say(_("Changes saved"))
    return _back(ticket_id, "details" if "title" in request.form else None)


def assign(ticket_id: str) -> Response:
    """Choose a person or a vendor."""
    return _picker(ticket_id)


def _picker(ticket_id: str, *, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    view = ticket_view(session, actor, ticket_id)
    authorize(session, actor, "ticket:assign", get_ticket(session, actor, ticket_id))
    people = members(session, actor, view.ticket.building_id)
    return render(
        "tickets/assign.html",
        view=view,
        ticket=view.ticket,
        people=[
            {
                "value": f"user:{row.user_id}",
                "title": row.name,
                "note": ", ".join(labels.label(role) for role in row.roles),
            }
            for row in people
        ],
        vendors=[
            {
                "value": f"vendor:{row.id}",
                "title": row.name,
                "note": " · ".join(performance.reasons(row, view.ticket.category)),
            }
            for row in recommended(session, actor, view.ticket)
        ],
        error=error,
        errors=dict(error.fields) if error is not None else {},
        chosen=request.form.get("assignee", ""),
        nav_current="tickets",
    )


@refill(_picker)
def submit_assign(ticket_id: str) -> Any:
    """Give the ticket to the chosen person or vendor."""
    data = _assignee(bind(AssignTo).assignee)
    assign_ticket(db_session(), current_actor(), ticket_id, data)
    vendor = data.type is AssignmentType.VENDOR
    say(_("Sent to vendor") if vendor else _("Ticket assigned"))
    return _back(ticket_id)


def _assignee(value: str) -> AssignTicket:
    kind, _colon, key = value.partition(":")
    try:
        chosen = uuid.UUID(key)
    except ValueError as error:
        raise _not_an_option("assignee") from error
    if kind == "vendor":
        return AssignTicket(type=AssignmentType.VENDOR, vendor_org_id=chosen)
    return AssignTicket(type=AssignmentType.INTERNAL, assigned_to_user_id=chosen)


def _not_an_option(name: str) -> Invalid:
    return Invalid(
        _l("Please check the marked fields."),
        fields={name: _l("Please choose one of the options.")},
    )


@refill(_again("team"))
def add_participant(ticket_id: str) -> Any:
    """Let somebody take part."""
    raw = raw_input(request, AddStakeholder)
    for name in ("can_comment", "can_edit", "can_resolve"):
        raw[name] = bool(raw.get(name))
    data = bind(AddStakeholder, source=raw)
    add_stakeholder(db_session(), current_actor(), ticket_id, data)
    say(_("Participant added"))
    return _back(ticket_id, "team")


@refill(_again("team"))
def remove_participant(ticket_id: str, user_id: str) -> Any:
    """End somebody's participation."""
    remove_stakeholder(db_session(), current_actor(), ticket_id, user_id)
    say(_("Participant removed"))
    return _back(ticket_id, "team")


def decline(ticket_id: str) -> Response:
    """Ask for the reason before an assignment is declined."""
    session, actor = db_session(), current_actor()
    view = ticket_view(session, actor, ticket_id)
    authorize(
        session, actor, "ticket:respond_assignment", current_assignment(session, actor, ticket_id)
    )
    page = "tickets/decline.html" if view.side == STAFF else "tickets/decline_phone.html"
    return render(page, ticket=view.ticket, nav_current="tickets")


@refill(_again())
def respond(ticket_id: str) -> Any:
    """Accept, with a window of arrival, or decline, with a reason."""
    session, actor = db_session(), current_actor()
    zone = zone_of(ticket_view(session, actor, ticket_id).ticket.building.time_zone)
    raw = raw_input(request, RespondAssignment)
    for name in ("arrival_from", "arrival_until"):
        raw[name] = _with_zone(raw.get(name), zone)
    if "date" in request.form:  # the vendor's form offers windows
        window = bind(LinkAccept).arrival(zone, clock.now())
        raw |= {"arrival_from": window.start, "arrival_until": window.end}
    data = bind(RespondAssignment, source=raw)
    assignment = current_assignment(session, actor, ticket_id)
    respond_assignment(session, actor, assignment, data)
    undo = url_for("tickets.undo", ticket_id=ticket_id, assignment_id=assignment.id)
    if data.accept:
        say(_("Job accepted"), undo=undo)
        return _back(ticket_id)
    say(_("Job declined"))
    return see_other(url_for("tickets.index"))


def _with_zone(value: Any, zone: ZoneInfo) -> Any:
    """The time of a form's field, which says none, on the building's clocks."""
    try:
        moment = datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return value
    if moment is None or moment.tzinfo is not None:
        return value
    return moment.replace(tzinfo=zone).isoformat()


@refill(_again())
def undo(ticket_id: str, assignment_id: str) -> Any:
    """Take an answer back."""
    undo_response(db_session(), current_actor(), assignment_id)
    say(_("Answer taken back"))
    return _back(ticket_id)


@refill(_again("team"))
def release(ticket_id: str) -> Any:
    """Take the open assignment back."""
    cancel_assignment(db_session(), current_actor(), ticket_id, bind(CancelAssignment))
    say(_("Assignment withdrawn"))
    return _back(ticket_id, "team")


@refill(_again())
def opportunity(ticket_id: str) -> Any:
    """Open the job to vendors, or withdraw it."""
    session, actor = db_session(), current_actor()
    zone = zone_of(ticket_view(session, actor, ticket_id).ticket.building.time_zone)
    raw = raw_input(request, PublishOpportunity)
    raw["vendor_deadline"] = _with_zone(raw.get("vendor_deadline"), zone)
    data = bind(PublishOpportunity, source=raw)
    publish_opportunity(session, actor, ticket_id, data)
    say(_("Open to vendors") if data.open else _("Open job withdrawn"))
    return _back(ticket_id)


@refill(_again())
def confirm(ticket_id: str) -> Any:
    """Give the job to the vendor that applied."""
    confirm_claim(db_session(), current_actor(), ticket_id)
    say(_("Vendor confirmed"))
    return _back(ticket_id)


@refill(_again())
def refuse(ticket_id: str) -> Any:
    """Turn the application down."""
    refuse_claim(db_session(), current_actor(), ticket_id)
    say(_("Application refused"))
    return _back(ticket_id)


# (path below the ticket, endpoint, view, method)
ROUTES: tuple[tuple[str, str, View, str], ...] = (
    ("triage", "triage", triage, "POST"),
    ("status", "status", status, "POST"),
    ("cancel", "cancel", cancel, "GET"),
    ("messages", "message", message, "POST"),
    ("people", "people", people, "GET"),
    ("details", "details", details, "POST"),
    ("assign", "assign", assign, "GET"),
    ("assign", "submit_assign", submit_assign, "POST"),
    ("stakeholders", "add_participant", add_participant, "POST"),
    ("stakeholders/<user_id>/remove", "remove_participant", remove_participant, "POST"),
    ("assignment/decline", "decline", decline, "GET"),
    ("assignment/respond", "respond", respond, "POST"),
    ("assignment/<assignment_id>/undo", "undo", undo, "POST"),
    ("assignment/cancel", "release", release, "POST"),
    ("opportunity", "opportunity", opportunity, "POST"),
    ("opportunity/confirm", "confirm_claim", confirm, "POST"),
    ("opportunity/refuse", "refuse_claim", refuse, "POST"),
)


def add_actions(pages: Blueprint) -> None:
    """Mount the actions below ``/tickets/<ticket_id>``."""
    for path, endpoint, view, method in ROUTES:
        pages.add_url_rule(f"/tickets/<ticket_id>/{path}", endpoint, view, methods=[method])
