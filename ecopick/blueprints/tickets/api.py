"""``/api/tickets``: the paths and field names of the REST interface."""

import uuid
from typing import TypeVar

from flask import Blueprint, Response, jsonify, make_response, request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from ecopick.blueprints.tickets.forms import ConfirmClaim
from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid, Text
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.assignment import (
    assign_ticket,
    cancel_assignment,
    respond_assignment,
)
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.intake import create_ticket, triage_ticket, update_ticket
from ecopick.domains.tickets.commands.opportunities import confirm_claim, publish_opportunity
from ecopick.domains.tickets.commands.stakeholders import add_stakeholder, remove_stakeholder
from ecopick.domains.tickets.commands.status import transition_ticket_status
from ecopick.domains.tickets.inputs import (
    AddStakeholder,
    AssignTicket,
    CancelAssignment,
    ChangeStatus,
    CreateTicket,
    ListTickets,
    PostMessage,
    PublishOpportunity,
    ReadHistory,
    RespondAssignment,
    TriageTicket,
    UpdateTicket,
)
from ecopick.domains.tickets.outputs import AuditOut, MessageOut, StakeholderOut
from ecopick.domains.tickets.queries.detail import (
    STAFF,
    claim_of,
    current_assignment,
    shown_after,
    ticket_after,
    ticket_detail,
    ticket_view,
)
from ecopick.domains.tickets.queries.history import history_page
from ecopick.domains.tickets.queries.list import line_out, list_tickets
from ecopick.domains.tickets.queries.pickers import members, vendor_orgs
from ecopick.domains.tickets.queries.sla_account import account, account_out, causes_of
from ecopick.web.bind import bind, raw_input
from ecopick.web.state import current_actor, db_session

api = Blueprint("tickets_api", __name__)
M = TypeVar("M", bound=BaseModel)


@api.get("/tickets")
def index() -> Response:
    """A page of the visible tickets, newest first; ``limit`` is at most 200."""
    page = list_tickets(db_session(), current_actor(), bind(ListTickets))
    return jsonify(
        items=[line_out(row).model_dump(mode="json") for row in page.items],
        next_cursor=page.next_cursor,
    )


@api.post("/tickets")
def create() -> Response:
    """201 with the ticket."""
    session, actor = db_session(), current_actor()
    ticket = create_ticket(session, actor, bind(CreateTicket), channel="api")
    return _ticket(session, actor, ticket.id, 201)


@api.get("/tickets/vendor-orgs")
def list_vendor_orgs() -> Response:
    """Vendors of the owner, for managers."""
    rows = vendor_orgs(db_session(), current_actor())
    return jsonify(items=[row.model_dump(mode="json") for row in rows], next_cursor=None)


@api.get("/tickets/org-members")
def list_org_members() -> Response:
    """Staff of the owner, for managers."""
    rows = members(db_session(), current_actor())
    return jsonify(items=[row.model_dump(mode="json") for row in rows], next_cursor=None)


@api.post("/tickets/assign")
def assign() -> Response:
    """Ask a member of the staff or a vendor."""
    ticket_id, data = with_ticket(AssignTicket)
    session, actor = db_session(), current_actor()
    assign_ticket(session, actor, ticket_id, data)
    return _ticket(session, actor, ticket_id)


@api.post("/tickets/status")
def change_status() -> Response:
    """Bring the ticket to a status; 409 where no such step exists."""
    ticket_id, data = with_ticket(ChangeStatus)
    session, actor = db_session(), current_actor()
    transition_ticket_status(session, actor, ticket_id, data)
    return _ticket(session, actor, ticket_id)


@api.post("/tickets/triage")
def triage() -> Response:
    """Review a new ticket."""
    ticket_id, data = with_ticket(TriageTicket)
    session, actor = db_session(), current_actor()
    triage_ticket(session, actor, ticket_id, data)
    return _ticket(session, actor, ticket_id)


@api.post("/tickets/message")
def message() -> Response:
    """201 with the message."""
    ticket_id, data = with_ticket(PostMessage)
    session, actor = db_session(), current_actor()
    row = post_message(session, actor, ticket_id, data)
    made = MessageOut.model_validate(row, from_attributes=True)
    return _json(shown_after(session, actor, ticket_id, made), 201)


@api.get("/tickets/<ticket_id>")
def show(ticket_id: str) -> Response:
    """The ticket with its relations; staff also see its history."""
    found = ticket_detail(db_session(), current_actor(), ticket_id, with_audit=True)
    return _json(found)


@api.get("/tickets/<ticket_id>/history")
def read_history(ticket_id: str) -> Response:
    """A page of the entries, newest first, of one ``kind`` or all; empty but for staff."""
    page = history_page(db_session(), current_actor(), ticket_id, bind(ReadHistory))
    items = [AuditOut.model_validate(entry).model_dump(mode="json") for entry in page.entries]
    return jsonify(items=items, next_cursor=page.next_cursor)


@api.get("/tickets/<ticket_id>/sla")
def read_sla(ticket_id: str) -> Response:
    """Why it is due then: start, target, pauses and every stretch of time, in seconds."""
    session, actor = db_session(), current_actor()
    view = ticket_view(session, actor, ticket_id)
    owner_id = view.ticket.property_owner_id
    causes = causes_of(session, owner_id, view.ticket.id) if view.side == STAFF else ()
    return jsonify(account_out(account(view.intervals, view.clock.due_at, causes)))


@api.put("/tickets/<ticket_id>")
def update(ticket_id: str) -> Response:
    """Edit fields; ``version`` refuses to overwrite somebody else's edit."""
    data = bind(UpdateTicket)
    session, actor = db_session(), current_actor()
    update_ticket(session, actor, ticket_id, data)
    return _ticket(session, actor, ticket_id)


@api.post("/tickets/<ticket_id>/stakeholders")
def add_participant(ticket_id: str) -> Response:
    """201 with the participation."""
    session, actor = db_session(), current_actor()
    row = add_stakeholder(session, actor, ticket_id, bind(AddStakeholder))
    return _json(shown_after(session, actor, ticket_id, StakeholderOut.model_validate(row)), 201)


@api.delete("/tickets/<ticket_id>/stakeholders/<user_id>")
def remove_participant(ticket_id: str, user_id: str) -> Response:
    """204 once the person no longer takes part."""
    remove_stakeholder(db_session(), current_actor(), ticket_id, user_id)
    return Response(status=204)


@api.post("/tickets/<ticket_id>/assignment/respond")
def respond(ticket_id: str) -> Response:
    """Accept or decline the open assignment."""
    data = bind(RespondAssignment)
    session, actor = db_session(), current_actor()
    assignment = current_assignment(session, actor, ticket_id)
    respond_assignment(session, actor, assignment, data)
    return _ticket(session, actor, ticket_id)


@api.post("/tickets/<ticket_id>/assignment/cancel")
def cancel(ticket_id: str) -> Response:
    """Take the open assignment back."""
    data = bind(CancelAssignment)
    session, actor = db_session(), current_actor()
    cancel_assignment(session, actor, ticket_id, data)
    return _ticket(session, actor, ticket_id)


@api.post("/tickets/<ticket_id>/opportunity")
def opportunity(ticket_id: str) -> Response:
    """Open the job to vendors, or withdraw it."""
    data = bind(PublishOpportunity)
    session, actor = db_session(), current_actor()
    publish_opportunity(session, actor, ticket_id, data)
    return _ticket(session, actor, ticket_id)


@api.post("/tickets/<ticket_id>/opportunity/confirm")
def confirm(ticket_id: str) -> Response:
    """Give the job to the vendor that applied."""
    data = bind(ConfirmClaim)
    session, actor = db_session(), current_actor()
    claim_of(session, actor, ticket_id, data.assignment_id)
    confirm_claim(session, actor, ticket_id)
    return _ticket(session, actor, ticket_id)


def with_ticket(model: type[M]) -> tuple[str, M]:
    """The body as ``model`` and the ``ticket_id`` beside it. Raises Invalid."""
    raw = raw_input(request, model)
    ticket_id = raw.pop("ticket_id", None)
    problems: dict[str, Text] = {}
    if ticket_id is None or not isinstance(ticket_id, str):
        problems["ticket_id"] = _("This field is needed.")
    try:
        data = bind(model, source=raw)
    except Invalid as error:
        raise Invalid(error.message, fields={**problems, **error.fields}) from error
    if problems:
        raise Invalid(_("Please check the marked fields."), fields=problems)
    return str(ticket_id), data


def _ticket(session: Session, actor: Actor, key: uuid.UUID | str, status: int = 200) -> Response:
    """The ticket after a change; only its id and status for whoever no longer sees it."""
    view = ticket_after(session, actor, key)
    if view is None:
        return make_response(jsonify(id=str(key), available_actions=[]), status)
    return _json(view.ticket, status)


def _json(model: BaseModel, status: int = 200) -> Response:
    return make_response(jsonify(model.model_dump(mode="json")), status)
