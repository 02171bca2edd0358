"""The workspace of one ticket: its sections, and what each of them shows."""

from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.tickets import steps
from ecopick.blueprints.tickets.clockwork import sla_moments
from ecopick.blueprints.tickets.feed import (
    Show,
    feed,
    field_words,
    icon,
    sentence,
    tone,
    value_words,
)
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError
from ecopick.core.text import gettext as _
from ecopick.domains.tickets.inputs import CATEGORIES
from ecopick.domains.tickets.lifecycle import TicketPriority
from ecopick.domains.tickets.link_inputs import OTHER, offered_windows
from ecopick.domains.tickets.queries.detail import (
    STAFF,
    VENDOR,
    TicketView,
    rights,
    ticket_view,
)
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.history import history, shown_changes
from ecopick.domains.tickets.queries.pickers import participants
from ecopick.domains.tickets.queries.timeline import counted_total
from ecopick.domains.tickets.queries.vendor_figures import vendor_figures
from ecopick.domains.tickets.queries.windows import ticket_facade
from ecopick.web import labels
from ecopick.web.formats import zone_of
from ecopick.web.render import render
from ecopick.web.state import current_actor, db_session

SECTIONS = (
    ("overview", "layout-list"),
    ("details", "square-pen"),
    ("activity", "messages-square"),
    ("team", "users"),
    ("history", "history"),
    ("sla", "timer"),
    ("attachments", "paperclip"),
    ("vendor", "hard-hat"),
)
DEFAULT = "activity"


def section_names() -> dict[str, str]:
    """What the sections are called."""
    return {
        "overview": _("Overview"),
        "details": _("Details"),
        "activity": _("Activity"),
        "team": _("Team"),
        "history": _("History"),
        "sla": _("SLA"),
        "attachments": _("Attachments"),
        "vendor": _("Vendor"),
    }


def show_ticket(
    ticket_id: str, *, error: AppError | None = None, section: str | None = None
) -> Response:
    """The ticket as its reader sees it: the workspace, the tenant's or the vendor's page."""
    session, actor = db_session(), current_actor()
    view = ticket_view(session, actor, ticket_id)
    common: dict[str, Any] = {
        "view": view,
        "ticket": view.ticket,
        "tz": view.ticket.building.time_zone,
        "can": rights(session, actor, view.ticket.id),
        "actions": {action.value for action in view.ticket.available_actions},
        "error": error,
        "errors": dict(error.fields) if error is not None else {},
        "typed": request.form,
        "me_id": actor.user_id,
        "steps": steps,
        "here": url_for("tickets.show", ticket_id=view.ticket.id),
    }
    if view.side == STAFF:
        return _workspace(session, actor, view, section, common)
    if view.side == VENDOR:
        return render("tickets/job.html", "tickets/_job.html", **_windows(view), **common)
    return render(
        "tickets/tracking.html",
        "tickets/_tracking.html",
        progress=steps.progress(view.ticket),
        **common,
    )


def _windows(view: TicketView) -> dict[str, Any]:
    """When a vendor could come, on the building's clocks."""
    zone = zone_of(view.ticket.building.time_zone)
    urgent = view.ticket.priority is TicketPriority.URGENT
    return {
        "offered": offered_windows(clock.now(), zone, urgent=urgent),
        "other": OTHER,
        "today": clock.now().astimezone(zone).date(),
    }


def _workspace(
    session: Session,
    actor: Actor,
    view: TicketView,
    section: str | None,
    common: dict[str, Any],
) -> Response:
    known = dict(SECTIONS)
    asked = section or request.args.get("section") or DEFAULT
    current = asked if asked in known else DEFAULT
    extra = _EXTRA.get(current)
    return render(
        "tickets/workspace.html",
        "tickets/_workspace.html",
        section=current,
        sections=_nav(view),
        section_title=section_names()[current],
        next_step=steps.next_step(view.ticket),
        menu=steps.menu(view.ticket),
        facade=ticket_facade(session, view.ticket),
        back_href=url_for("tickets.index"),
        nav_current="tickets",
        **(extra(session, actor, view) if extra else {}),
        **common,
    )


def _nav(view: TicketView) -> list[dict[str, Any]]:
    """The list of sections with their counts; each works as a link and as a fragment."""
    ticket, names = view.ticket, section_names()
    counts = {
        "activity": len(ticket.messages),
        "team": len(ticket.stakeholders) + (1 if ticket.reporter else 0),
        "attachments": len(ticket.attachments),
    }
    return [
        {
            "key": key,
            "label": names[key],
            "icon": icon,
            "href": (href := url_for("tickets.show", ticket_id=ticket.id, section=key)),
            "count": counts.get(key),
            "attrs": {
                "hx-get": href,
                "hx-target": "#main",
                "hx-swap": "innerHTML",
                "hx-push-url": "true",
            },
        }
        for key, icon in SECTIONS
    ]


def _details(session: Session, actor: Actor, view: TicketView) -> dict[str, Any]:
    return {
        "categories": [(name, labels.label(name, "Category")) for name in CATEGORIES],
        "priorities": [(item.value, labels.label(item)) for item in reversed(TicketPriority)],
    }


def _team(session: Session, actor: Actor, view: TicketView) -> dict[str, Any]:
    if "manage_stakeholders" not in rights(session, actor, view.ticket.id):
        return {"candidates": []}
    ticket = get_ticket(session, actor, view.ticket.id)
    taken = {row.user_id for row in view.ticket.stakeholders}
    return {
        "candidates": [
            (str(person.id), person.name)
            for person in participants(session, actor, ticket)
            if person.id not in taken
        ]
    }


def _history(session: Session, actor: Actor, view: TicketView) -> dict[str, Any]:
    return {
        "entries": history(session, actor, view.ticket.id),
        "shown_changes": shown_changes,
        "sentence": sentence,
        "icon": icon,
        "tone": tone,
        "field_words": field_words,
        "value_words": value_words,
    }


def _sla(session: Session, actor: Actor, view: TicketView) -> dict[str, Any]:
    return {"counted": counted_total(view.intervals), "moments": sla_moments(view)}


def _vendor(session: Session, actor: Actor, view: TicketView) -> dict[str, Any]:
    vendor_id = view.ticket.vendor_org_id
    owner_id = view.ticket.property_owner_id
    return {"figures": vendor_figures(session, owner_id, vendor_id) if vendor_id else None}


def _activity(session: Session, actor: Actor, view: TicketView) -> dict[str, Any]:
    asked = request.args.get("show")
    show: Show = "messages" if asked == "messages" else "changes" if asked == "changes" else "all"
    tz = view.ticket.building.time_zone
    return {
        "days": feed(view.ticket, history(session, actor, view.ticket.id), tz, show),
        "show": show,
    }


_EXTRA: dict[str, Callable[[Session, Actor, TicketView], dict[str, Any]]] = {
    "activity": _activity,
    "details": _details,
    "overview": _activity,
    "team": _team,
    "history": _history,
    "sla": _sla,
    "vendor": _vendor,
}
