"""Incidents on pages: joining, leaving, one message to all, an end for each."""

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for

from ecopick.blueprints.tickets.nearby import related_href
from ecopick.blueprints.tickets.sections import show_ticket
from ecopick.core.categories import CATEGORIES
from ecopick.core.db import new_id
from ecopick.core.errors import AppError, NotFound
from ecopick.core.finding import as_id
from ecopick.core.permissions import allows, authorize
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.core.text import ngettext
from ecopick.core.uow import after_commit
from ecopick.domains.tickets.commands.incident_runs import (
    AT_ONCE,
    advance_run,
    start_finish,
    start_message,
)
from ecopick.domains.tickets.commands.incidents import (
    create_incident,
    join_incident,
    leave_incident,
)
from ecopick.domains.tickets.incident_inputs import (
    MAX_TICKETS,
    CreateIncident,
    FinishIncident,
    IncidentMessage,
    JoinIncident,
)
from ecopick.domains.tickets.inputs import ChangeStatus
from ecopick.domains.tickets.lifecycle import ACTIVE, TERMINAL, TicketPriority, TicketStatus
from ecopick.domains.tickets.models import IncidentRun
from ecopick.domains.tickets.queries.detail import ticket_view
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.incidents import (
    ENDS,
    choices,
    find_run,
    has_open_children,
    incident_of,
    lines_by_id,
    open_incidents,
)
from ecopick.domains.tickets.queries.lines import TicketLine
from ecopick.web import labels
from ecopick.web.bind import bind, raw_input
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session, queue
from ecopick.web.toasts import say

WORK = "jobs.incidents.work"
NEW = "new"


def _again(ticket_id: str, *, error: AppError, **_rest: Any) -> Response:
    return show_ticket(ticket_id, error=error, section="related")


def _back(ticket_id: str | uuid.UUID) -> Any:
    return see_other(related_href(ticket_id))


def join() -> Response:
    """Which incident the chosen tickets become part of."""
    return _join_form()


def _join_form(*, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    ids = [key for key in map(as_id, request.values.getlist("ticket_id")[:MAX_TICKETS]) if key]
    found = lines_by_id(session, actor, ids)
    if not found:
        raise NotFound(_l("There is nothing here, or you cannot see it."))
    authorize(session, actor, "ticket:edit", get_ticket(session, actor, found[0].id))
    rows = [row for row in found if row.status not in TERMINAL]
    shown = {row.id for row in rows}
    incidents = open_incidents(session, actor)
    # A ticket is part of one incident, and an incident of none: where one is there, all join it.
    own = [row for row in incidents if row.id in shown | {each.parent_id for each in rows}]
    return render(
        "tickets/incident_join.html",
        rows=rows,
        closed=len(found) - len(rows),
        could_lead=[] if own else [row for row in rows if _could_lead(row)],
        parents=own or incidents,
        is_new_possible=not own,
        suggested=_suggested(rows or found),
        buildings=sorted({(str(row.building_id), row.building_name) for row in rows}),
        categories=[(name, labels.label(name, "Category")) for name in CATEGORIES],
        priorities=[(item.value, labels.label(item)) for item in reversed(TicketPriority)],
        new=NEW,
        error=error,
        errors=dict(error.fields) if error is not None else {},
        typed=request.form,
        nav_current="tickets",
    )


def _could_lead(row: TicketLine) -> bool:
    return row.status in ACTIVE and row.parent_id is None


def _suggested(rows: list[TicketLine]) -> dict[str, str]:
    """What most of the tickets have in common, and the highest of their priorities."""
    ranks = list(TicketPriority)
    return {
        "building_id": str(Counter(row.building_id for row in rows).most_common(1)[0][0]),
        "category": Counter(row.category for row in rows).most_common(1)[0][0],
        "priority": max((row.priority for row in rows), key=ranks.index).value,
    }


@refill(_join_form)
def submit_join() -> Any:
    """Join the tickets; without a choice of the incident, ask for it first."""
    into = request.form.get("into")
    if not into:
        return _join_form()
    session, actor = db_session(), current_actor()
    raw = raw_input(request, CreateIncident)
    raw.pop("into", None)
    if into == NEW:
        data: JoinIncident = bind(CreateIncident, source=raw)
        parent = create_incident(session, actor, data)  # type: ignore[arg-type]
    else:
        ids = [key for key in raw.get("ticket_id", ()) if key != into]
        data = bind(JoinIncident, source={"ticket_id": ids})
        parent = join_incident(session, actor, into, data)
    count = len(data.ticket_id)
    say(ngettext("%(num)s ticket joined", "%(num)s tickets joined", count))
    return _back(parent.id)


@refill(_again)
def leave(ticket_id: str) -> Any:
    """Take the ticket out of its incident; it can be put back at once."""
    raw = raw_input(request, JoinIncident)
    parent_id = leave_incident(db_session(), current_actor(), ticket_id)
    shown = str(raw.get("shown") or ticket_id)
    undo = url_for(
        "tickets.return_to_incident", ticket_id=ticket_id, parent_id=parent_id, shown=shown
    )
    say(_("Taken out of the incident"), undo=undo)
    return _back(shown)


@refill(_again)
def return_to_incident(ticket_id: str, parent_id: str) -> Any:
    """Put the ticket back into the incident that it was taken out of."""
    data = bind(JoinIncident, source={"ticket_id": [ticket_id]})
    join_incident(db_session(), current_actor(), parent_id, data)
    say(_("Back in the incident"))
    return _back(request.args.get("shown") or ticket_id)


@refill(_again)
def incident_message(ticket_id: str) -> Any:
    """One message for everyone on the incident, each on their own ticket."""
    run = start_message(db_session(), current_actor(), ticket_id, bind(IncidentMessage))
    return see_other(carry_out(run))


def carry_out(run: IncidentRun) -> str:
    """Do a small run at once, leave a large one to the workers; where its results are."""
    session = db_session()
    if len(run.ticket_ids) <= AT_ONCE:
        advance_run(session, current_actor(), run.id, AT_ONCE)
    else:
        wake = queue()
        after_commit(session, lambda: wake.ask(WORK))
    return url_for("tickets.incident_results", ticket_id=run.parent_id, run_id=run.id)


def incident_results(ticket_id: str, run_id: str) -> Response:
    """What became of each ticket, and how far the work is."""
    session, actor = db_session(), current_actor()
    ticket = get_ticket(session, actor, ticket_id)
    authorize(session, actor, "ticket:edit", ticket)
    run = find_run(session, actor, ticket.id, run_id)
    lines = {row.id: row for row in lines_by_id(session, actor, run.ticket_ids)}
    results = [(lines.get(uuid.UUID(row["ticket_id"])), row) for row in run.results]
    (parent,) = lines_by_id(session, actor, [ticket.id])
    return render(
        "tickets/incident_results.html",
        "tickets/_incident_results.html",
        run=run,
        parent=parent,
        results=results,
        refused=sum(row["outcome"] == "refused" for row in run.results),
        outcome_words=outcome_words,
        nav_current="tickets",
    )


def outcome_words(run: IncidentRun, outcome: str) -> str:
    """What became of a ticket."""
    match outcome:
        case "sent":
            return _("Message sent")
        case "detached":
            return _("Taken out of the incident")
        case "done":
            return labels.label(run.request["status"], "TicketStatus")
        case _:
            return _("Not done")


def asks_first(ticket_id: str, data: ChangeStatus) -> str | None:
    """Where an incident that is about to end asks what becomes of its tickets.

    None for all other changes, and for people who may not decide on the others.
    """
    if data.status not in ENDS:
        return None
    session, actor = db_session(), current_actor()
    ticket = get_ticket(session, actor, ticket_id)
    if not has_open_children(session, ticket.id):
        return None
    if not allows(session, actor, "ticket:edit", ticket):
        return None
    return url_for(
        "tickets.finish_incident", ticket_id=ticket.id, status=data.status, reason=data.reason
    )


def finish_incident(ticket_id: str) -> Response:
    """What becomes of each ticket when the incident ends."""
    return _finish_form(ticket_id)


def _finish_form(ticket_id: str, *, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    view = ticket_view(session, actor, ticket_id)
    authorize(session, actor, "ticket:edit", get_ticket(session, actor, ticket_id))
    asked = request.values.get("status")
    status = next((end for end in ENDS if end.value == asked), TicketStatus.RESOLVED)
    incident = incident_of(session, actor, view.ticket)
    return render(
        "tickets/incident_finish.html",
        ticket=view.ticket,
        target=status,
        choices=choices(session, actor, incident, status),
        evidence=[item for item in view.ticket.evidence if item.download_url],
        reason=request.values.get("reason", ""),
        idempotency_key=request.form.get("idempotency_key") or str(new_id()),
        error=error,
        errors=dict(error.fields) if error is not None else {},
        typed=request.form,
        nav_current="tickets",
    )


@refill(_finish_form)
def submit_finish(ticket_id: str) -> Any:
    """End the incident, and each chosen ticket with it."""
    raw = raw_input(request, FinishIncident)
    chosen = {name: raw.pop(name) for name in [*raw] if name.startswith("choice-")}
    for act in ("apply", "detach"):
        raw[act] = [name.removeprefix("choice-") for name, value in chosen.items() if value == act]
    data = bind(FinishIncident, source=raw)
    run = start_finish(db_session(), current_actor(), ticket_id, data)
    where = carry_out(run)
    say(_("Status: %(status)s", status=labels.label(data.status)))
    return see_other(where)


# (path, endpoint, view, method)
ROUTES: tuple[tuple[str, str, Callable[..., Any], str], ...] = (
    ("join", "join", join, "GET"),
    ("join", "submit_join", submit_join, "POST"),
    ("<ticket_id>/incident/leave", "leave_incident", leave, "POST"),
    (
        "<ticket_id>/incident/return/<parent_id>",
        "return_to_incident",
        return_to_incident,
        "POST",
    ),
    ("<ticket_id>/incident/message", "incident_message", incident_message, "POST"),
    ("<ticket_id>/incident/finish", "finish_incident", finish_incident, "GET"),
    ("<ticket_id>/incident/finish", "submit_finish", submit_finish, "POST"),
    ("<ticket_id>/incident/results/<run_id>", "incident_results", incident_results, "GET"),
)


def add_incidents(pages: Blueprint) -> None:
    """Mount the pages below ``/tickets``."""
    for path, endpoint, view, method in ROUTES:
        pages.add_url_rule(f"/tickets/{path}", endpoint, view, methods=[method])
