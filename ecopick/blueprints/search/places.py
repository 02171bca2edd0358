"""Where a search can lead: tickets, buildings, units, people, vendors, pages."""

from collections.abc import Sequence

from flask import url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.search.hits import Group, Hit
from ecopick.core.actor import Actor
from ecopick.core.categories import CATEGORIES
from ecopick.core.matching import stands_in
from ecopick.core.roles import OPERATIONS_ROLES
from ecopick.core.text import gettext as _
from ecopick.core.text import pgettext
from ecopick.domains.people.members import FoundPerson, find_people
from ecopick.domains.property.queries import FoundPlace, find_places
from ecopick.domains.tickets.queries.finding import found_tickets, recent_tickets
from ecopick.domains.tickets.queries.lines import TicketLine
from ecopick.domains.vendors.queries import FoundVendor
from ecopick.web import labels
from ecopick.web.navigation import places

TICKETS = 6
BESIDE_ACTS = 4
OF_EACH = 3
MOST_VENDORS = 50


def tickets(
    session: Session, actor: Actor, q: str, *, beside_acts: bool
) -> tuple[Group, tuple[str, ...]]:
    """Tickets with this number or these words; without any, those that were open last.

    Fewer of them leave room for acts. With them the words that were looked for, which may be stems of those typed.
    """
    looked_for: tuple[str, ...] = ()
    limit = BESIDE_ACTS if beside_acts else TICKETS
    if q:
        found, looked_for = found_tickets(session, actor, q, limit)
    else:
        found = recent_tickets(session, actor, limit)
    title = _title(actor, is_recent=not q)
    # Targets are agreed with those who work; tenants read how far their request is.
    timed = actor.is_staff or bool(actor.vendor_org_ids)
    return Group("tickets", title, [_ticket(line, timed) for line in found]), looked_for


def _title(actor: Actor, *, is_recent: bool) -> str:
    """What tickets are called by those who read it."""
    if actor.is_staff:
        return _("Recent tickets") if is_recent else _("Tickets")
    if actor.vendor_org_ids:
        return _("Recent jobs") if is_recent else _("Jobs")
    return _("Recent requests") if is_recent else pgettext("tickets", "Requests")


def _ticket(line: TicketLine, timed: bool) -> Hit:
    place = " ".join(part for part in (line.building_name, line.unit_label) if part)
    return Hit(
        "ticket",
        "ticket",
        line.title,
        url_for("tickets.show", ticket_id=line.id),
        line.id,
        detail=f"{line.reference}, {place}",
        line=line,
        timed=timed,
    )


def working_categories(words: Sequence[str]) -> list[str]:
    """Categories of work whose name holds the words."""
    return [name for name in CATEGORIES if words and stands_in(_category(name), words)]


def _category(name: str) -> str:
    return labels.label(name, "Category")


def category_words(names: Sequence[str]) -> str:
    """The categories of work, for beside a vendor's name."""
    listed = ", ".join(_category(name) for name in names)
    return _("Does %(work)s", work=listed) if listed else ""


def elsewhere(
    session: Session, actor: Actor, words: Sequence[str], found: Sequence[FoundVendor]
) -> Group:
    """Buildings, units, people and vendors by name, and pages of the navigation."""
    hits: list[Hit] = []
    if words and actor.is_staff:
        hits += [_place(place) for place in find_places(session, actor, words, OF_EACH)]
        hits += [_person(person) for person in find_people(session, actor, words, OF_EACH)]
        hits += [_vendor(vendor) for vendor in found if vendor.by_name][:OF_EACH]
    return Group("places", _("Go to"), hits + _pages(actor, words))


def _place(found: FoundPlace) -> Hit:
    if found.unit_type is None:
        name, kind, icon = found.name, "building", "building-2"
        href = url_for("tickets.index", building_id=found.id)
    else:
        name, kind, icon = labels.unit_name(found.name, found.unit_type), "unit", "door-open"
        href = url_for("tickets.index", unit_id=found.id)
    return Hit(kind, icon, name, href, found.id, detail=found.detail)


def _person(found: FoundPerson) -> Hit:
    """Somebody's tickets: what they are to do, or else what they reported."""
    roles = ", ".join(labels.label(role) for role in found.roles)
    if OPERATIONS_ROLES & set(found.roles):
        href = url_for("tickets.index", assigned_to=found.id)
    else:
        href = url_for("tickets.index", reporter_id=found.id)
    return Hit(
        "person",
        "circle-user",
        found.name,
        href,
        found.id,
        detail=", ".join(part for part in (roles, found.home) if part),
    )


def _vendor(found: FoundVendor) -> Hit:
    return Hit(
        "vendor",
        "hard-hat",
        found.name,
        url_for("vendor_directory.show", vendor_id=found.id),
        found.id,
        detail=_("Vendor"),
    )


def _pages(actor: Actor, words: Sequence[str]) -> list[Hit]:
    found = [
        Hit("page", place["icon"], place["label"], place["href"], detail=place["section"] or "")
        for place in places(actor)
        if stands_in(place["label"], words)
    ]
    return found[:OF_EACH] if words else found
