"""What the section of related tickets shows, in words."""

from typing import Any

from flask import request, url_for
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.text import gettext as _
from ecopick.domains.tickets.incident_inputs import ListRelated, RelatedGroup
from ecopick.domains.tickets.lifecycle import LinkKind
from ecopick.domains.tickets.queries.detail import TicketView
from ecopick.domains.tickets.queries.history import HistoryEntry
from ecopick.domains.tickets.queries.incidents import incident_of
from ecopick.domains.tickets.queries.related import (
    GROUPS,
    LinkLine,
    linked_tickets,
    related_groups,
)


def related_section(session: Session, actor: Actor, view: TicketView) -> dict[str, Any]:
    """The incident, the links and the groups, in three statements.

    With ``group`` in the address only that group is shown, page by page; an address
    that names none of ours shows everything.
    """
    asked = _asked()
    whole = asked.group is None
    return {
        "incident": incident_of(session, actor, view.ticket) if whole else None,
        "links": linked_tickets(session, actor, view.ticket) if whole else [],
        "groups": related_groups(session, actor, view.ticket, asked),
        "asked": asked,
        "idempotency_key": request.form.get("idempotency_key") or str(new_id()),
        "group_name": group_name,
        "group_reason": group_reason,
        "link_words": link_words,
    }


def related_href(ticket_id: object) -> str:
    """The address of a ticket's section of related tickets."""
    return url_for("tickets.show", ticket_id=ticket_id, section="related")


def _asked() -> ListRelated:
    group = request.args.get("group")
    named = next((name for name in GROUPS if name == group), None)
    cursor = request.args.get("after")
    return ListRelated(group=named, cursor=cursor[:200] if named and cursor else None)


def group_name(group: RelatedGroup) -> str:
    """The head of a group."""
    return {
        "unit": _("Same unit"),
        "riser": _("Above and below"),
        "similar": _("Similar text"),
        "building": _("Same building"),
    }[group]


def group_reason(group: RelatedGroup, view: TicketView) -> str:
    """Why the tickets of a group stand here."""
    ticket = view.ticket
    unit = ticket.unit.label if ticket.unit is not None else ""
    match group:
        case "unit":
            return _("Also about unit %(unit)s.", unit=unit)
        case "riser":
            return _("Units on the same riser as %(unit)s.", unit=unit)
        case "similar":
            return _("Their titles read like this one, wherever they are.")
        case _:
            return _("Elsewhere in %(building)s.", building=ticket.building.name)


def link_words(link: LinkLine) -> str:
    """What the linked ticket is to the one that is looked at."""
    match link.kind, link.outward:
        case LinkKind.DUPLICATE_OF, True:
            return _("This is a duplicate of")
        case LinkKind.DUPLICATE_OF, False:
            return _("Duplicate of this")
        case LinkKind.CAUSED_BY, True:
            return _("This was caused by")
        case _:
            return _("Caused by this")


def related_sentence(entry: HistoryEntry, who: str) -> str | None:
    """An entry about links or incidents as a sentence; None for all others."""
    meta = entry.meta
    other = str(meta.get("other") or "")
    match meta.get("source"), meta.get("link"):
        case "linked", "DUPLICATE_OF":
            return _("%(name)s marked this as a duplicate of %(number)s", name=who, number=other)
        case "linked", "DUPLICATE_OF_BY_OTHER":
            return _("%(name)s marked %(number)s as a duplicate of this", name=who, number=other)
        case "linked", "CAUSED_BY":
            return _("%(name)s named %(number)s as the cause of this", name=who, number=other)
        case "linked", "CAUSED_BY_BY_OTHER":
            return _("%(name)s named this as the cause of %(number)s", name=who, number=other)
        case "unlinked", _kind:
            return _("%(name)s removed the link to %(number)s", name=who, number=other)
        case "incident_joined", _kind if other:
            return _("%(name)s joined this into incident %(number)s", name=who, number=other)
        case "incident_joined", _kind:
            numbers = ", ".join(meta.get("tickets") or ())
            return _("%(name)s joined %(numbers)s into this incident", name=who, numbers=numbers)
        case "incident_left", _kind if other:
            return _("%(name)s took this out of incident %(number)s", name=who, number=other)
        case "incident_left", _kind:
            numbers = ", ".join(meta.get("tickets") or ())
            return _("%(name)s took %(numbers)s out of this incident", name=who, numbers=numbers)
        case "incident_message", _kind:
            return _("%(name)s wrote to everyone on this incident", name=who)
        case "incident_finish", _kind:
            return _("%(name)s ended this incident", name=who)
        case _:
            return None
