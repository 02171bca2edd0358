"""The frame around a page: navigation, owner, person, languages, stream.

The layouts read these values; nothing is asked of the database until they do.
An entry is shown only if its page exists and the person may use it.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from flask import Flask, current_app, g, request
from sqlalchemy import Select, select
from werkzeug.local import LocalProxy

from ecopick.core.actor import Actor
from ecopick.core.roles import MANAGEMENT_ROLES, MembershipRole
from ecopick.core.text import LANGUAGES
from ecopick.core.text import gettext as _
from ecopick.domains.auth.queries.actors import choices_among, served_owners
from ecopick.domains.governance.queries.approvals import waiting
from ecopick.domains.notifications.queries import unread
from ecopick.domains.people.queries import setting_of
from ecopick.domains.people.settings import SINGLE_KEYS
from ecopick.domains.property.queries import owner_names
from ecopick.domains.security.queries.alerts import open_alerts
from ecopick.domains.tickets.queries.list import still_open
from ecopick.web import labels, toasts
from ecopick.web.access import current_language
from ecopick.web.state import db_session, find_actor

LANGUAGE_NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "it": "Italiano"}
THEMES = ("light", "dark", "contrast")
# Entries whose number is red: what waits behind them waits for this person.
PRESSING = frozenset({"approvals", "security"})
# The role that names a person is the first of these that they hold.
ROLE_ORDER = (
    MembershipRole.PROPERTY_OWNER,
    MembershipRole.BUILDING_MANAGER,
    MembershipRole.BUILDING_ADMIN,
    MembershipRole.CARETAKER,
    MembershipRole.BUILDING_MAINTENANCE,
    MembershipRole.TENANT_ADMIN,
    MembershipRole.TENANT_COORDINATOR,
    MembershipRole.TENANT_OCCUPANT,
    MembershipRole.VENDOR_ADMIN,
    MembershipRole.VENDOR_TECH,
    MembershipRole.RESIDENT,
)


class _Waiting:
    """The sentences after a redirect, taken when the page shows them."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(
            [
                {"text": item.text, "undo": item.undo, "tone": item.tone, "href": item.href}
                for item in toasts.take()
            ]
        )


def page_exists(path: str, method: str = "GET") -> bool:
    """Whether this application answers ``method`` at ``path``."""
    return bool(_routes(current_app._get_current_object())(path, method))  # type: ignore[attr-defined]


@cache
def _routes(app: Flask) -> Callable[[str, str], bool]:
    adapter = app.url_map.bind("localhost")

    @cache
    def known(path: str, method: str) -> bool:
        return bool(adapter.test(path, method))

    return known


def entries(actor: Actor) -> list[dict[str, Any]]:
    """The entries of the sidebar for this person, in order, with what waits behind them."""
    counts = _facts(actor)
    return [
        {**entry, "count": counts.get(entry["key"]), "alert": entry["key"] in PRESSING}
        for entry in places(actor)
    ]


def places(actor: Actor) -> list[dict[str, Any]]:
    """The pages that this person may use, in the order of the sidebar; nothing is counted."""
    first = _("Dashboard") if actor.is_staff else _("Home")
    found = [
        _entry("notifications", _("Notifications"), "bell", "notifications"),
        _entry("dashboard", first, "layout-dashboard", ""),
    ]
    if actor.is_staff:
        ground = _("Places and people")
        found += [
            _entry("tickets", _("Tickets"), "ticket", "tickets"),
            _entry("approvals", _("Approvals"), "stamp", "approvals"),
            _entry("buildings", _("Buildings"), "building-2", "buildings", ground),
        ]
        if _manages(actor):
            found.insert(4, _entry("billing", _("Invoices"), "receipt", "billing"))
            found += [
                _entry("vendors", _("Vendors"), "hard-hat", "vendors", ground),
                _entry("members", _("Members"), "users", "members", ground),
                *_imports(actor, ground),
                _entry(
                    "permissions",
                    _("Permissions"),
                    "key-round",
                    "admin/permissions",
                    _("Administration"),
                ),
                _entry("audit", _("Audit log"), "scroll-text", "admin/audit", _("Administration")),
            ]
    elif actor.vendor_org_ids:
        inbox = "vendor/inbox" if page_exists(_path("vendor/inbox")) else "tickets"
        found += [
            _entry("jobs", _("Jobs"), "hard-hat", inbox),
            _entry(
                "own_subscriptions",
                _("Open jobs you hear of"),
                "megaphone",
                "vendor/subscriptions",
            ),
            _entry("own_performance", _("Your performance"), "badge-check", "vendor/performance"),
            _entry("own_papers", _("Certificates"), "shield-check", "vendor/certificates"),
            _entry("own_services", _("Services"), "wrench", "vendor/catalog"),
        ]
        if any(m.role == MembershipRole.VENDOR_ADMIN for m in actor.memberships):
            found.append(_entry("own_firm", _("Your firm"), "building-2", "vendor/details"))
    if not actor.is_staff and (actor.user_units or actor.tenant_roles):
        found.append(_entry("requests", _("My requests"), "message-square", "tickets"))
    if actor.user_units:
        found.append(_entry("homes", _("My homes"), "house", "homes"))
    if actor.is_app_admin:
        before = next((at for at, entry in enumerate(found) if entry["key"] == "audit"), len(found))
        words = _("Administration")
        found.insert(
            before, _entry("security", _("Security"), "shield-check", "admin/security", words)
        )
        support = _entry("support", _("Support access"), "life-buoy", "admin/support", words)
        found.insert(before + 1, support)
    return [entry for entry in found if page_exists(entry["href"])]


def _facts(actor: Actor) -> dict[str, Any]:
    """What waits behind an entry, the owners to choose from, and whether the person's single
    keys are off; in one statement."""
    if "frame_facts" not in g:
        asked: dict[str, Select[Any]] = {"notifications": unread(actor)}
        if actor.is_staff:
            asked |= {"tickets": still_open(actor), "approvals": waiting(actor)}
            asked["owners"] = served_owners()
        if actor.is_app_admin:
            asked["security"] = open_alerts()
        columns = [query.scalar_subquery().label(name) for name, query in asked.items()]
        own = setting_of(actor, SINGLE_KEYS).scalar_subquery().label(SINGLE_KEYS)
        g.frame_facts = dict(db_session().execute(select(*columns, own)).one()._mapping)
    found: dict[str, Any] = g.frame_facts
    return found


def _keys_off() -> bool:
    actor = find_actor()
    return actor is not None and _facts(actor)[SINGLE_KEYS] is False


def _path(place: str) -> str:
    return f"/{current_language()}/{place}"


def _entry(
    key: str, label: str, icon: str, place: str, section: str | None = None
) -> dict[str, Any]:
    return {"key": key, "label": label, "icon": icon, "href": _path(place), "section": section}


def _manages(actor: Actor) -> bool:
    return any(
        m.role in MANAGEMENT_ROLES and m.property_owner_id == actor.owner_id
        for m in actor.memberships
    )


def _imports(actor: Actor, section: str) -> list[dict[str, Any]]:
    """Only for whoever leads all of the owner's buildings."""
    if actor.owner_id is None or not actor.is_management(actor.owner_id):
        return []
    return [_entry("imports", _("Imports"), "upload", "imports", section)]


def role_name(actor: Actor) -> str:
    """What the person is here, in a word or two."""
    held = {m.role for m in actor.memberships if m.property_owner_id in (actor.owner_id, None)}
    held |= {m.role for m in actor.memberships if not actor.is_staff}
    for role in ROLE_ORDER:
        if role in held:
            return labels.label(role)
    return labels.label(MembershipRole.RESIDENT) if actor.user_units else ""


def _organisation() -> dict[str, Any] | None:
    actor = find_actor()
    if actor is None:
        return None
    if actor.is_staff and actor.owner_id is not None:
        choices = choices_among(actor, _facts(actor)["owners"])
        name = dict(choices).get(actor.owner_id, "Ecopick")
        options = [
            {"id": str(owner_id), "name": title, "current": owner_id == actor.owner_id}
            for owner_id, title in choices
        ]
        return {**_split(name), "options": options, "action": _path("account/owner")}
    names = sorted(owner_names(db_session(), actor.owner_ids).values())
    return {"name": names[0] if len(names) == 1 and not actor.vendor_org_ids else "Ecopick"}


def _split(name: str) -> dict[str, str | None]:
    """A long name on two lines: its first word, then the rest."""
    first, _space, rest = name.partition(" ")
    if len(name) <= 16 or not rest:
        return {"name": name, "detail": None}
    return {"name": first, "detail": rest}


def _person() -> dict[str, Any] | None:
    actor = find_actor()
    if actor is None:
        return None
    links = [
        {
            "label": _("Account security"),
            "icon": "shield-check",
            "href": _path("account/security"),
        },
        {"label": _("Your roles"), "icon": "user-check", "href": _path("account/memberships")},
    ]
    sign_out = _path("logout")
    return {
        "name": actor.name or actor.email,
        "role": role_name(actor),
        "links": [link for link in links if page_exists(link["href"])],
        "sign_out": sign_out if page_exists(sign_out, "POST") else None,
    }


def _languages() -> list[dict[str, Any]]:
    """The same page in each language, under the language's own name."""
    first, _slash, rest = request.path.lstrip("/").partition("/")
    if first not in LANGUAGES or not page_exists(request.path):
        rest = "tickets"
    query = request.query_string.decode() if request.method == "GET" else ""
    return [
        {
            "code": code,
            "label": LANGUAGE_NAMES[code],
            "href": f"/{code}/{rest}" + (f"?{query}" if query else ""),
            "current": code == current_language(),
        }
        for code in LANGUAGES
    ]


def _once(name: str, make: Callable[[], Any]) -> Any:
    """A value made at its first use and kept for this request."""

    def read() -> Any:
        if name not in g:
            setattr(g, name, make())
        return getattr(g, name)

    return LocalProxy(read)


def _nav() -> list[dict[str, Any]]:
    actor = find_actor()
    return entries(actor) if actor is not None else []


def context() -> dict[str, Any]:
    """What the layouts read."""
    theme = request.cookies.get("ecopick_theme")
    actor = find_actor()
    return {
        "nav": _once("frame_nav", _nav),
        "org": _once("frame_org", _organisation),
        "me": _once("frame_me", _person),
        "languages": _once("frame_languages", _languages),
        "home_href": _path(""),
        "search_href": _path("search"),
        "shortcuts_href": _path("shortcuts"),
        "theme": theme if theme in THEMES else None,
        "toasts": _Waiting(),
        "keys_off": _once("frame_keys_off", _keys_off),
        "events_url": "/api/events" if actor and page_exists("/api/events") else None,
        "phone": actor is None or not actor.is_staff,
    }


def install(app: Flask) -> None:
    """Give every template the frame and the language of the request."""
    app.context_processor(context)
    app.jinja_env.globals.update(current_language=current_language)
