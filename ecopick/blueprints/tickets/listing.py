"""The list of tickets as a page: views, filters in the address, pages by key."""

from typing import Any

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.tickets.steps import tenant_words
from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.domains.property.queries import buildings
from ecopick.domains.tickets.inputs import CATEGORIES, ListTickets
from ecopick.domains.tickets.lifecycle import TicketPriority, TicketStatus
from ecopick.domains.tickets.queries.filters import VIEWS
from ecopick.domains.tickets.queries.list import list_tickets, open_lines, view_counts
from ecopick.web import labels
from ecopick.web.bind import bind, raw_input
from ecopick.web.render import render
from ecopick.web.state import current_actor, db_session

VIEW_LABELS = {
    "open": _l("All open"),
    "due_soon": _l("Due soon"),
    "unassigned": _l("Unassigned"),
    "awaiting_tenant": _l("Awaiting tenant"),
    "resolved": _l("Resolved"),
    "all": _l("All"),
}
BY_DUE = ("open", "due_soon", "unassigned")
FILTERS = ("building_id", "status", "priority", "category", "assigned_to", "due", "q")


def show_list() -> Response:
    """The list that fits the person: the desk's table, a tenant's requests, a vendor's jobs."""
    session, actor = db_session(), current_actor()
    if actor.is_staff:
        return _staff_list(session, actor)
    page = list_tickets(session, actor, _filters("all", "newest", 50)[0])
    going_on, done = open_lines(page)
    vendor = bool(actor.vendor_org_ids) and not (actor.user_units or actor.tenant_roles)
    return render(
        "tickets/my_tickets.html",
        "tickets/_my_tickets.html",
        going_on=going_on,
        done=done,
        as_vendor=vendor,
        may_report=not vendor,
        tenant_words=tenant_words,
        here=url_for("tickets.index", **_given()),
        back=_address(cursor=page.back_cursor) if page.back_cursor else None,
        onward=_address(cursor=page.next_cursor) if page.next_cursor else None,
    )


def _staff_list(session: Session, actor: Actor) -> Response:
    view = request.args.get("view") or "open"
    sort = "due" if view in BY_DUE else "newest"
    filters, problem = _filters(view, sort, 25)
    try:
        page = list_tickets(session, actor, filters)
        counts = view_counts(session, actor)
    except Invalid as error:
        problem = error
        filters = ListTickets(view="open", sort="due", limit=25)
        page = list_tickets(session, actor, filters)
        counts = view_counts(session, actor)
    places = buildings(session, actor)
    return render(
        "tickets/list.html",
        "tickets/_list.html",
        rows=page.items,
        filters=filters,
        problem=next(iter(problem.fields.values()), problem.message) if problem else None,
        views=[_view(name, counts) for name in VIEWS],
        view=filters.view,
        total=counts[filters.view or "all"],
        narrowed=_narrowed(filters, places),
        choices=_choices(places),
        here=url_for("tickets.index", **_given()),
        by_due=_address(sort="due", cursor=None),
        by_newest=_address(sort="newest", cursor=None),
        cleared=url_for("tickets.index", view=filters.view),
        back=_address(cursor=page.back_cursor) if page.back_cursor else None,
        onward=_address(cursor=page.next_cursor) if page.next_cursor else None,
        nav_current="tickets",
        me_id=actor.user_id,
    )


def _filters(view: str, sort: str, limit: int) -> tuple[ListTickets, Invalid | None]:
    """The filters of the address; what is not understood leaves all of them out."""
    raw = raw_input(request, ListTickets)
    known = {name: value for name, value in raw.items() if value and name in _FIELDS}
    known = {"view": view, "sort": sort, "limit": limit, **known}
    try:
        return bind(ListTickets, source=known), None
    except Invalid as error:
        fallback = view if view in VIEWS else "open"
        return ListTickets(view=fallback, sort="newest", limit=limit), error


_FIELDS = frozenset({*FILTERS, "view", "sort", "cursor"})


def _given() -> dict[str, Any]:
    return {
        name: values if len(values) > 1 else values[0]
        for name in _FIELDS
        if (values := [value for value in request.args.getlist(name) if value])
    }


def _address(**changed: Any) -> str:
    """This list with some of its parameters changed; None takes one away."""
    values = {**_given(), **changed}
    return url_for(
        "tickets.index", **{name: value for name, value in values.items() if value is not None}
    )


def _view(name: str, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "key": name,
        "label": str(VIEW_LABELS[name]),
        "href": url_for("tickets.index", view=name),
        "count": counts[name],
    }


def _choices(places: list[Any]) -> dict[str, list[tuple[str, str]]]:
    return {
        "building_id": [(str(place.id), place.name) for place in places],
        "status": [(status.value, labels.label(status)) for status in TicketStatus],
        "priority": [(item.value, labels.label(item)) for item in reversed(TicketPriority)],
        "category": [(name, labels.label(name, "Category")) for name in CATEGORIES],
        "assigned_to": [("me", _("Me")), ("none", _("Nobody"))],
        "due": [("soon", _("Due soon")), ("past", _("Past due"))],
    }


def _narrowed(filters: ListTickets, places: list[Any]) -> list[dict[str, str]]:
    """The filters in use, each with the address of the list without it."""
    names = {str(place.id): place.name for place in places}
    shown: list[tuple[str, str, str]] = []
    if filters.building_id:
        shown.append(
            ("building_id", _("Building"), names.get(str(filters.building_id), _("Unknown")))
        )
    if filters.status:
        words = ", ".join(labels.label(status) for status in filters.status)
        shown.append(("status", _("Status"), words))
    if filters.priority:
        words = ", ".join(labels.label(item) for item in filters.priority)
        shown.append(("priority", _("Priority"), words))
    if filters.category:
        shown.append(("category", _("Category"), labels.label(filters.category, "Category")))
    if filters.assigned_to:
        whom = {"me": _("Me"), "none": _("Nobody")}.get(filters.assigned_to, _("One person"))
        shown.append(("assigned_to", _("Assigned to"), whom))
    if filters.due:
        shown.append(("due", _("SLA"), _("Due soon") if filters.due == "soon" else _("Past due")))
    return [
        {
            "key": key,
            "name": name,
            "value": value,
            "remove": _address(**{key: None, "cursor": None}),
        }
        for key, name, value in shown
    ]
