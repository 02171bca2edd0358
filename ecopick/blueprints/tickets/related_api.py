"""``/api/tickets/<id>/…``: related tickets, links and incidents."""

from flask import Response, jsonify, make_response
from pydantic import BaseModel

from ecopick.blueprints.tickets.api import api
from ecopick.blueprints.tickets.incidents import carry_out
from ecopick.core.errors import NotFound
from ecopick.core.finding import as_id
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.incident_runs import start_finish, start_message
from ecopick.domains.tickets.commands.incidents import join_incident, leave_incident
from ecopick.domains.tickets.commands.related import link_tickets, unlink_tickets
from ecopick.domains.tickets.incident_inputs import (
    FinishIncident,
    IncidentMessage,
    JoinIncident,
    LinkTickets,
    ListRelated,
)
from ecopick.domains.tickets.incident_outputs import (
    GroupOut,
    IncidentOut,
    IncidentRunOut,
    LinkOut,
    TicketLinkOut,
)
from ecopick.domains.tickets.models import IncidentRun
from ecopick.domains.tickets.queries.detail import ticket_view
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.incidents import find_run, incident_of
from ecopick.domains.tickets.queries.related import linked_tickets, related_groups
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session

__all__ = ["api"]


@api.get("/tickets/<ticket_id>/related")
def related(ticket_id: str) -> Response:
    """Linked tickets, the incident and the groups; ``group`` and ``cursor`` continue one."""
    asked = bind(ListRelated)
    session, actor = db_session(), current_actor()
    ticket = ticket_view(session, actor, ticket_id).ticket
    groups = related_groups(session, actor, ticket, asked)
    return jsonify(
        links=[_dump(LinkOut, row) for row in linked_tickets(session, actor, ticket)],
        incident=_dump(IncidentOut, incident_of(session, actor, ticket)),
        groups=[_dump(GroupOut, group) for group in groups],
    )


@api.post("/tickets/<ticket_id>/links")
def link(ticket_id: str) -> Response:
    """201 with the link from this ticket to ``other_id``."""
    made = link_tickets(db_session(), current_actor(), ticket_id, bind(LinkTickets))
    return make_response(jsonify(_dump(TicketLinkOut, made)), 201)


@api.delete("/tickets/<ticket_id>/links/<link_id>")
def unlink(ticket_id: str, link_id: str) -> Response:
    """204 once the link is gone."""
    unlink_tickets(db_session(), current_actor(), ticket_id, link_id)
    return Response(status=204)


@api.post("/tickets/<ticket_id>/children")
def join(ticket_id: str) -> Response:
    """The incident after the tickets have joined it: all of them, or none."""
    session, actor = db_session(), current_actor()
    join_incident(session, actor, ticket_id, bind(JoinIncident))
    ticket = ticket_view(session, actor, ticket_id).ticket
    return jsonify(_dump(IncidentOut, incident_of(session, actor, ticket)))


@api.delete("/tickets/<ticket_id>/children/<child_id>")
def leave(ticket_id: str, child_id: str) -> Response:
    """204 once the ticket is no longer part of the incident."""
    session, actor = db_session(), current_actor()
    if get_ticket(session, actor, child_id).parent_id != as_id(ticket_id):
        raise NotFound(_("There is nothing here, or you cannot see it."))
    leave_incident(session, actor, child_id)
    return Response(status=204)


@api.post("/tickets/<ticket_id>/incident-message")
def tell_everyone(ticket_id: str) -> Response:
    """The message on each ticket; 202 where the workers do it."""
    return _run(start_message(db_session(), current_actor(), ticket_id, bind(IncidentMessage)))


@api.post("/tickets/<ticket_id>/incident-end")
def end(ticket_id: str) -> Response:
    """The incident's end, and that of each chosen ticket; 202 where the workers do it."""
    return _run(start_finish(db_session(), current_actor(), ticket_id, bind(FinishIncident)))


@api.get("/tickets/<ticket_id>/incident-runs/<run_id>")
def show_run(ticket_id: str, run_id: str) -> Response:
    """What became of each ticket so far."""
    session, actor = db_session(), current_actor()
    ticket = get_ticket(session, actor, ticket_id)
    authorize(session, actor, "ticket:edit", ticket)
    return jsonify(_dump(IncidentRunOut, find_run(session, actor, ticket.id, run_id)))


def _run(run: IncidentRun) -> Response:
    carry_out(run)
    return make_response(jsonify(_dump(IncidentRunOut, run)), 200 if run.ended_at else 202)


def _dump(model: type[BaseModel], row: object) -> dict[str, object]:
    return model.model_validate(row).model_dump(mode="json")
