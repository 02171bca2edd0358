"""The workspace of one ticket: its sections, and what each of them shows."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.tickets import steps
from ecopick.blueprints.tickets.beside import Beside, beside, shown_to
from ecopick.blueprints.tickets.clash import editing
from ecopick.blueprints.tickets.clockwork import sla_section
from ecopick.blueprints.tickets.conversation import activity_section, history_section
from ecopick.blueprints.tickets.listing import view_name
from ecopick.blueprints.tickets.nearby import related_section
from ecopick.blueprints.tickets.origin import origin_of
from ecopick.blueprints.tickets.viewing import come, others_viewing
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.categories import CATEGORIES
from ecopick.core.errors import AppError
from ecopick.core.permissions import allows
from ecopick.core.text import gettext as _
from ecopick.domains.billing.queries import invoices_on
from ecopick.domains.insights.queries import insights_on
from ecopick.domains.reports.queries.performance import scorecard
from ecopick.domains.tickets.lifecycle import TicketPriority, TicketStatus
from ecopick.domains.tickets.link_inputs import OTHER, offered_windows
from ecopick.domains.tickets.queries.detail import (
    STAFF,
    VENDOR,
    TicketView,
    ticket_view,
)
from ecopick.domains.tickets.queries.household import at_home
from ecopick.domains.tickets.queries.incidents import concerns_several_homes
from ecopick.domains.tickets.queries.pickers import participants
from ecopick.domains.tickets.queries.quotes import quotes_on
from ecopick.domains.tickets.queries.readers import read_readers, readers_of
from ecopick.domains.tickets.queries.vendor_ratings import verdicts_on
from ecopick.domains.tickets.queries.views import note_seen
from ecopick.domains.tickets.queries.visits import checks_of, visit_view, visits_of
from ecopick.domains.tickets.queries.windows import drawn_facade
from ecopick.web import labels, performance
from ecopick.web.formats import zone_of
from ecopick.web.render import render
from ecopick.web.state import current_actor, db_session

# In the order of the list; each has a template of its name in tickets/sections.
SECTIONS = (
    ("overview", "layout-list"),
    ("details", "square-pen"),
    ("activity", "messages-square"),
    ("team", "users"),
    ("history", "history"),
    ("sla", "timer"),
    ("attachments", "paperclip"),
    ("ai", "sparkles"),
    ("related", "git-compare"),
    ("billing", "receipt"),
    ("vendor", "hard-hat"),
)
# Shown only to whoever may read what they hold.
GUARDED = frozenset({"ai", "billing"})
DEFAULT = "activity"
# These show the conversation, with who has read it.
CONVERSATION = frozenset({"activity", "overview"})


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
        "ai": _("AI insights"),
        "related": _("Related"),
        "billing": _("Billing"),
        "vendor": _("Vendor"),
    }


def show_ticket(
    ticket_id: str, *, error: AppError | None = None, section: str | None = None
) -> Response:
    """The ticket as its reader sees it: the workspace, the tenant's or the vendor's page."""
    session, actor = db_session(), current_actor()
    view = ticket_view(session, actor, ticket_id)
    if request.method == "GET":
        note_seen(session, actor, view.ticket)
    common: dict[str, Any] = {
        "view": view,
        "ticket": view.ticket,
        "tz": view.ticket.building.time_zone,
        "can": view.can,
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
        if not view.hidden:
            come(actor, view.row)
        return render("tickets/job.html", "tickets/_job.html", **_windows(view), **common)
    return render(
        "tickets/tracking.html",
        "tickets/_tracking.html",
        progress=steps.progress(view.ticket),
        several_homes=concerns_several_homes(session, view.ticket.id),
        home=at_home(session, actor, view.row),
        visit=visit_view(session, getattr(view.ticket.assignment, "id", None)),
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
    origin = origin_of(session, actor, view.ticket)
    shown = shown_to(session, actor, view)
    known = [each for each in SECTIONS if each[0] not in GUARDED or each[0] in shown]
    asked = section or request.args.get("section") or DEFAULT
    current = asked if asked in dict(known) else DEFAULT
    also = {"readers": readers_of(view.ticket)} if current in CONVERSATION else {}
    around = beside(session, actor, view, origin, shown, also)
    extra = _EXTRA.get(current)
    return render(
        "tickets/workspace.html",
        "tickets/_workspace.html",
        section=current,
        sections=_nav(view, around, known),
        section_title=section_names()[current],
        next_step=steps.next_step(view.ticket),
        menu=steps.menu(view.ticket),
        viewers=others_viewing(actor, view.row),
        facade=drawn_facade(view.ticket, view.units),
        beside=around,
        near=around.near,
        origin=origin,
        origin_name=view_name(origin.view) if origin else None,
        back_href=origin.href if origin else url_for("tickets.index"),
        section_href=section_href,
        nav_current="tickets",
        **_choices(view),
        **(editing(session, actor, view, common["error"]) if current == "details" else {}),
        **(extra(session, actor, view, around) if extra else {}),
        **common,
    )


def section_href(ticket_id: uuid.UUID, section: str, **values: Any) -> str:
    """The address of a section, with the list that the ticket was opened from."""
    kept: dict[str, Any] = {"from": request.args["from"]} if "from" in request.args else {}
    return url_for("tickets.show", ticket_id=ticket_id, section=section, **values, **kept)


def _nav(
    view: TicketView, around: Beside, known: Iterable[tuple[str, str]]
) -> list[dict[str, Any]]:
    """The list of sections with their counts; each works as a link and as a fragment."""
    names = section_names()
    return [
        {
            "key": key,
            "label": names[key],
            "icon": icon,
            "href": (href := section_href(view.ticket.id, key)),
            "count": around.counts.get(key),
            "mark": "timer" if key == "sla" else None,
            "attrs": {
                "hx-get": href,
                "hx-target": "#main",
                "hx-swap": "innerHTML",
                "hx-push-url": "true",
            },
        }
        for key, icon in known
    ]


def _choices(view: TicketView) -> dict[str, Any]:
    """What category and priority can be changed to; a category of old stays among them."""
    names = [*dict.fromkeys([view.ticket.category, *CATEGORIES])]
    return {
        "categories": [(name, labels.label(name, "Category")) for name in names],
        "priorities": [(item.value, labels.label(item)) for item in reversed(TicketPriority)],
    }


def _team(session: Session, actor: Actor, view: TicketView, _around: Beside) -> dict[str, Any]:
    if "manage_stakeholders" not in view.can:
        return {"candidates": []}
    taken = {row.user_id for row in view.ticket.stakeholders}
    return {
        "candidates": [
            (str(person.id), person.name)
            for person in participants(session, actor, view.ticket)
            if person.id not in taken
        ]
    }


def _history(session: Session, actor: Actor, view: TicketView, _around: Beside) -> dict[str, Any]:
    return history_section(session, actor, view, section_href)


def _sla(session: Session, actor: Actor, view: TicketView, _around: Beside) -> dict[str, Any]:
    return sla_section(session, view)


def _ai(session: Session, actor: Actor, view: TicketView, _around: Beside) -> dict[str, Any]:
    return {"insights": insights_on(session, view.ticket.property_owner_id, view.ticket.id)}


def _billing(session: Session, actor: Actor, view: TicketView, _around: Beside) -> dict[str, Any]:
    return {"invoices": invoices_on(session, view.ticket.property_owner_id, view.ticket.id)}


def _vendor(session: Session, actor: Actor, view: TicketView, _around: Beside) -> dict[str, Any]:
    return _prices(session, actor, view) | _firm(session, actor, view)


def _prices(session: Session, actor: Actor, view: TicketView) -> dict[str, Any]:
    offers = quotes_on(session, actor, view.row)
    return {
        "offers": offers,
        "may_decide": bool(offers) and allows(session, actor, "quote:decide", offers[0].row),
        "country": view.ticket.building.country,
    }


def _firm(session: Session, actor: Actor, view: TicketView) -> dict[str, Any]:
    vendor_id = view.ticket.vendor_org_id
    if vendor_id is None:
        return {}
    card = scorecard(session, [view.ticket.property_owner_id], vendor_id)
    found = {
        "figures": performance.figures(card),
        "sample": performance.sample(card),
        "on_site": visits_of(session, view.ticket.id),
        "checks": checks_of(session, getattr(view.ticket.assignment, "id", None)),
    }
    if view.ticket.status not in (TicketStatus.RESOLVED, TicketStatus.CLOSED):
        return found
    closed = view.ticket.status is TicketStatus.CLOSED
    return {
        **found,
        "verdicts": verdicts_on(session, view.ticket),
        "may_rate": closed and allows(session, actor, "performance:rate", view.row),
    }


def _activity(session: Session, actor: Actor, view: TicketView, around: Beside) -> dict[str, Any]:
    readers = read_readers(around.also["readers"])
    return activity_section(session, actor, view, readers, section_href)


def _related(session: Session, actor: Actor, view: TicketView, _around: Beside) -> dict[str, Any]:
    return related_section(session, actor, view)


# Loads what a section shows beside what every page of the ticket has.
_EXTRA: dict[str, Callable[[Session, Actor, TicketView, Beside], dict[str, Any]]] = {
    "activity": _activity,
    "overview": _activity,
    "team": _team,
    "history": _history,
    "related": _related,
    "sla": _sla,
    "ai": _ai,
    "billing": _billing,
    "vendor": _vendor,
}
