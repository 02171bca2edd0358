"""The sections of a ticket that tell what was said and done: activity, history, files."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from ecopick.blueprints.tickets import history_words as words
from ecopick.blueprints.tickets.feed import Show, feed, part_of, recipients, some_of
from ecopick.core.actor import Actor
from ecopick.core.text import gettext as _
from ecopick.domains.tickets.inputs import ReadHistory
from ecopick.domains.tickets.queries.detail import TicketView
from ecopick.domains.tickets.queries.history import (
    entry_rows,
    page_of,
    read_entries,
    shown_changes,
)
from ecopick.domains.tickets.queries.readers import Reader
from ecopick.web.bind import bind

Href = Callable[..., str]


def activity_section(
    session: Session, actor: Actor, view: TicketView, readers: Sequence[Reader], href: Href
) -> dict[str, Any]:
    """Messages, files and changes; three statements, however long the conversation is."""
    ticket = view.ticket
    asked, since = request.args.get("show"), request.args.get("since")
    show: Show = "messages" if asked == "messages" else "changes" if asked == "changes" else "all"
    rows = entry_rows(session, actor, view.row) if show != "messages" else []
    part = part_of(view, rows, show, since)
    entries = read_entries(session, ticket.property_owner_id, part.rows)
    names = recipients(view, actor.user_id)
    chosen = None if show == "all" else show
    return {
        "days": feed(view, part, entries, readers, actor.user_id),
        "show": show,
        "refresh_href": href(ticket.id, "activity", show=chosen, since=since),
        "earlier_href": href(ticket.id, "activity", show=chosen, since=part.earlier)
        if part.earlier
        else None,
        "reply_to": _("Reply to %(names)s", names=some_of(names))
        if names
        else _("Write a message"),
    }


def history_section(session: Session, actor: Actor, view: TicketView, href: Href) -> dict[str, Any]:
    """Every entry with its fields before and after, in pages, of one kind or all."""
    known = {name: request.args.get(name) or None for name in ("kind", "cursor")}
    asked = bind(ReadHistory, source=known)
    page = page_of(session, actor, view.row, asked)
    kinds = {
        None: _("All"),
        "status": _("Status"),
        "people": _("People"),
        "fields": _("Fields"),
        "messages": _("Messages"),
    }
    ticket_id: uuid.UUID = view.ticket.id
    return {
        "entries": page.entries,
        "kinds": [
            (text, href(ticket_id, "history", kind=kind), kind == asked.kind)
            for kind, text in kinds.items()
        ],
        "refresh_href": href(ticket_id, "history", kind=asked.kind, cursor=asked.cursor),
        "first_href": href(ticket_id, "history", kind=asked.kind) if asked.cursor else None,
        "next_href": href(ticket_id, "history", kind=asked.kind, cursor=page.next_cursor)
        if page.next_cursor
        else None,
        "shown_changes": shown_changes,
        "tell": words,
    }
