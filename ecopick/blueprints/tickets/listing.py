"""The list of tickets as a page: views, filters in the address, pages by key."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, request, url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.tickets.asked import Asked, asked
from ecopick.blueprints.tickets.bulk import bulk_buttons
from ecopick.blueprints.tickets.columns import COLUMNS, chosen, heads, orders
from ecopick.blueprints.tickets.filter_words import chips, groups, periods, refusals
from ecopick.blueprints.tickets.origin import packed
from ecopick.blueprints.tickets.steps import tenant_words
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid
from ecopick.core.matching import marked
from ecopick.core.roles import MANAGEMENT_ROLES
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.domains.tickets.queries.filter_names import filter_choices, filter_names
from ecopick.domains.tickets.queries.list import (
    TOTAL,
    VIEWS,
    WAITING,
    Page,
    list_tickets,
    open_lines,
    view_counts,
)
from ecopick.domains.tickets.queries.views import KeptView, saved_views
from ecopick.web.render import render, wants_fragment
from ecopick.web.state import current_actor, db_session

VIEW_LABELS = {
    "open": _l("All open"),
    "due_soon": _l("Due soon"),
    "unassigned": _l("Unassigned"),
    "awaiting_tenant": _l("Awaiting tenant"),
    "resolved": _l("Resolved"),
    "all": _l("All"),
}
# Behind the views that people keep.
LAST = ("resolved", "all")
# Kept views that are counted; more of them show no figure.
COUNTED = 12
# No page was loaded before.
YEAR = 2000
# Tabs side by side; the rest stand in a menu.
TABS = 7


def view_name(key: str | None) -> str:
    """What a view is called; a list without one is just that."""
    return str(VIEW_LABELS[key]) if key in VIEW_LABELS else _("All")


def show_list() -> Response:
    """The list that fits the person: the desk's table, a tenant's requests, a vendor's jobs."""
    session, actor = db_session(), current_actor()
    if actor.is_staff:
        return _staff_list(session, actor)
    wanted, page = _page(session, actor, asked(view="all", limit=50))
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
        here=wanted.here,
        **_neighbours(wanted, page),
    )


def _loaded() -> datetime | None:
    """When the page that refreshes itself was loaded; what came later waits beside it."""
    try:
        found = datetime.fromisoformat(request.args.get("loaded", ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None and found.year >= YEAR else None


def _page(
    session: Session, actor: Actor, wanted: Asked, until: datetime | None = None
) -> tuple[Asked, Page]:
    """The page, from its start where the place in it is not understood."""
    try:
        return wanted, list_tickets(session, actor, wanted.filters, until=until)
    except Invalid as error:
        filters = wanted.filters.model_copy(update={"cursor": None})
        refused = [*wanted.refused, *((name, "") for name in error.fields)]
        wanted = Asked(filters, wanted.sort, wanted.saved, wanted.is_changed, refused)
        return wanted, list_tickets(session, actor, filters, until=until)


def _neighbours(wanted: Asked, page: Page) -> dict[str, Any]:
    return {
        "back": wanted.address(cursor=page.back_cursor) if page.back_cursor else None,
        "onward": wanted.address(cursor=page.next_cursor) if page.next_cursor else None,
    }


def _staff_list(session: Session, actor: Actor) -> Response:
    kept, columns = saved_views(session, actor)
    loaded = _loaded()
    wanted, page = _page(session, actor, asked(kept), loaded)
    counted = {each.key: each.filters for each in kept[:COUNTED] if not each.filters.q}
    counts = view_counts(session, actor, wanted.filters, page.found, counted, loaded)
    narrowed = chips(wanted, filter_names(session, actor, wanted.filters))
    shown = chosen(columns)
    ways = orders(wanted)
    return render(
        "tickets/list.html",
        "tickets/_list.html",
        rows=page.items,
        unread=page.unread,
        found=page.found,
        asked=wanted,
        filters=wanted.filters,
        problems=refusals(wanted.refused),
        total=counts[TOTAL],
        waiting=counts.get(WAITING, 0),
        refresh=_refresh(wanted, loaded),
        oob=loaded is not None and wants_fragment(),
        highlighted=marked,
        has_any=counts["all"] > 0,
        narrowed=narrowed,
        columns=[(name, str(words), name in shown) for name, words in COLUMNS.items()],
        heads=heads(wanted, shown),
        orders=ways,
        order=next(each["label"] for each in ways if each["current"]),
        here=wanted.here,
        cleared=url_for("tickets.index", view=wanted.filters.view),
        list_text=packed(
            wanted.filters,
            wanted.saved.key if wanted.saved else None,
            changed=wanted.is_changed,
        ),
        export=_if_there("tickets.export", wanted),
        may_share=actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES) != frozenset()
        if actor.owner_id
        else False,
        bulk=bulk_buttons(actor),
        nav_current="tickets",
        me_id=actor.user_id,
        **tabs(wanted, kept, counts),
        **_neighbours(wanted, page),
    )


def tabs(wanted: Asked, kept: list[KeptView], counts: dict[str, int]) -> dict[str, Any]:
    """The views as tabs; those that do not fit stand in the menu, never the open one."""
    listed = [_tab(name, str(VIEW_LABELS[name]), counts) for name in VIEWS if name not in LAST]
    listed += [_tab(each.key, each.name, counts, saved=each) for each in kept]
    listed += [_tab(name, str(VIEW_LABELS[name]), counts) for name in LAST]
    beside = listed[:TABS]
    more = listed[TABS:]
    current = next((each for each in more if each["key"] == wanted.view), None)
    if current:
        more.remove(current)
        more.insert(0, beside.pop())
        beside.append(current)
    return {"views": beside, "more_views": more, "view": wanted.view, "saved": wanted.saved}


def _tab(
    key: str, label: str, counts: dict[str, int], saved: KeptView | None = None
) -> dict[str, Any]:
    place: dict[str, Any] = {"saved": key} if saved else {"view": key}
    return {
        "key": key,
        "label": label,
        "href": url_for("tickets.index", **place),
        "count": counts.get(key),
        "shared": saved is not None and saved.is_shared,
    }


def _refresh(wanted: Asked, loaded: datetime | None) -> str:
    """Where the page that stands there now reads its rows anew."""
    mark = "&" if "?" in wanted.here else "?"
    return f"{wanted.here}{mark}{urlencode({'loaded': (loaded or clock.now()).isoformat()})}"


def _if_there(endpoint: str, wanted: Asked) -> str | None:
    return wanted.plain(endpoint) if endpoint in current_app.view_functions else None


def show_filters() -> Response:
    """The form of all filters: a page of its own, or a dialog above the list."""
    session, actor = db_session(), current_actor()
    kept, _columns = saved_views(session, actor)
    wanted = asked(kept)
    choices = filter_choices(session, actor, wanted.filters.building_id)
    return render(
        "tickets/filters.html",
        "tickets/_filters.html",
        asked=wanted,
        filters=wanted.filters,
        groups=groups(wanted.filters, choices),
        periods={name: periods(name) for name in ("reported", "updated")},
        problems=refusals(wanted.refused),
        opened=request.args.get("field"),
        nav_current="tickets",
    )
