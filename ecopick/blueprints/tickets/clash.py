"""Two people edited the same ticket: what each of them wrote, side by side.

What only one of them changed is taken from that one; only fields that both changed
are asked about.
"""

import json
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Conflict
from ecopick.core.text import gettext as _
from ecopick.domains.tickets.outputs import TicketOut
from ecopick.domains.tickets.queries.detail import TicketView, ticket_view
from ecopick.domains.tickets.queries.history import HistoryEntry, field_name, history
from ecopick.web import labels
from ecopick.web.errors import problem
from ecopick.web.formats import local_datetime
from ecopick.web.state import close_session, current_actor, db_session

STALE, STALE_STATUS = "stale_version", "stale_status"
FIELDS = ("title", "description", "category", "priority", "access_note")


@dataclass(frozen=True)
class Clash:
    """A field that both changed: its values as they are sent, and as people read them."""

    name: str
    label: str
    mine: str
    theirs: str
    mine_shown: str
    theirs_shown: str


def field_labels() -> dict[str, str]:
    """What the fields are called."""
    return {
        "title": _("Title"),
        "description": _("Description"),
        "category": _("Category"),
        "priority": _("Priority"),
        "access_note": _("Access"),
    }


def editing(
    session: Session, actor: Actor, view: TicketView, error: AppError | None
) -> dict[str, Any]:
    """What the form of the details holds: the ticket's values, or what was typed.

    After somebody else's edit also ``clashes``, and by whom it was.
    """
    values = {name: _text(getattr(view.ticket, name)) for name in FIELDS}
    typed = {name: _text(request.form[name]) for name in FIELDS if name in request.form}
    if error is None or error.code != STALE:
        return {"values": values | (typed if error is not None else {}), "clashes": []}
    entries = _since(history(session, actor, view.ticket.id), view.ticket)
    before: dict[str, str] = {}
    for entry in entries:  # The newest first, so that the oldest value stays.
        before |= {field_name(c.field): _text(c.before) for c in entry.entries}
    clashes = []
    for name, mine in typed.items():
        now = values[name]
        if mine in (now, before.get(name)):
            continue
        if name in before:
            shown = [_shown(name, mine), _shown(name, now)]
            clashes.append(Clash(name, field_labels()[name], mine, now, *shown))
        values[name] = mine
    by = entries[0].actor_name if entries else None
    return {"values": values, "clashes": clashes, "changed_by": by or "Ecopick"}


def _since(entries: list[HistoryEntry], ticket: TicketOut) -> list[HistoryEntry]:
    """The edits since the version that the form was made of, the newest first."""
    told = [e for e in entries if any(field_name(c.field) in FIELDS for c in e.entries)]
    sent = request.form.get("version", "")
    return told[: max(0, ticket.version - int(sent))] if sent.isdecimal() else told[:1]


def overtaken(ticket_id: str, error: Conflict) -> Response:
    """The refusal of a change of status that waited, with the status as it is now.

    ``now`` is {status, label, note}: who set it is said to staff only.
    """
    close_session()
    session, actor = db_session(), current_actor()
    ticket = ticket_view(session, actor, ticket_id).ticket
    told = next((e for e in history(session, actor, ticket.id) if _tells_status(e)), None)
    now = {"status": ticket.status, "label": labels.label(ticket.status), "note": ""}
    if told is not None:
        at = local_datetime(told.created_at, ticket.building.time_zone)
        now["note"] = f"{told.actor_name or 'Ecopick'}, {at}"
    answer = problem(error)
    answer.set_data(json.dumps({**(answer.get_json() or {}), "now": now}))
    return answer


def _tells_status(entry: HistoryEntry) -> bool:
    return any(field_name(change.field) == "status" for change in entry.entries)


def _text(value: Any) -> str:
    return str(value or "").replace("\r\n", "\n").strip()


def _shown(name: str, value: str) -> str:
    match name:
        case "category":
            return labels.label(value, "Category")
        case "priority":
            return labels.label(value, "TicketPriority")
        case _:
            return value or "–"
