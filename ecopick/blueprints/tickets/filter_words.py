"""Filters in words: chips that can be taken away, choices of the form, what is not understood."""

from datetime import date
from typing import Any

from ecopick.blueprints.tickets.asked import FILTERS, Asked
from ecopick.core.categories import CATEGORIES
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.core.text import lazy_pgettext, pgettext
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.lifecycle import TicketPriority, TicketStatus
from ecopick.domains.tickets.models import TicketChannel
from ecopick.domains.tickets.queries.filter_names import Choice, Choices
from ecopick.web import labels
from ecopick.web.formats import local_date

NAMES = {
    "building_id": _l("Building"),
    "unit_id": _l("Unit"),
    "status": _l("Status"),
    "priority": _l("Priority"),
    "category": _l("Category"),
    "assigned_to": _l("Assigned to"),
    "vendor_org_id": _l("Vendor"),
    "reporter_id": _l("Reported by"),
    "channel": _l("Channel"),
    "due": _l("SLA"),
    "reported": _l("Reported"),
    "updated": _l("Updated"),
    "unread": _l("Read"),
    "figure": _l("Figure"),
    "q": _l("Search"),
    "view": lazy_pgettext("saved filters", "View"),
    "saved": lazy_pgettext("saved filters", "View"),
    "sort": _l("Order"),
    "cursor": _l("Page"),
}
FIGURES = {
    "my_work": _l("My work"),
    "resolved_30_days": _l("Resolved in the last 30 days"),
    "met_30_days": _l("Resolved in time in the last 30 days"),
    "answered_30_days": _l("Answered, of the last 30 days"),
    "no_reply_3_days": _l("No tenant reply for 3 days"),
}
PERIODS = {
    "1": _l("Last 24 hours"),
    "7": _l("Last 7 days"),
    "14": _l("Last 14 days"),
    "30": _l("Last 30 days"),
}
DUE = {"soon": _l("Due soon"), "past": _l("Past due")}
PEOPLE = {"me": _l("Me"), "none": _l("Nobody")}
UNREAD = {True: _l("Unread only"), False: _l("Read only")}
# Fields that share one chip.
PARTS = {
    "reported": ("reported", "reported_from", "reported_until"),
    "updated": ("updated", "updated_from", "updated_until"),
}


def _name_of(field: str) -> str:
    for whole, parts in PARTS.items():
        if field in parts:
            return str(NAMES[whole])
    return str(NAMES.get(field, field))


def refusals(refused: list[tuple[str, str]]) -> list[str]:
    """One sentence for everything in the address that is not understood."""
    said = []
    for field, value in refused:
        if field == "cursor":
            said.append(_("This page of the list no longer exists. You see its first one."))
        elif field == "saved":
            said.append(_("This view is not there any more, or not shared with you."))
        else:
            words = _("%(name)s: “%(value)s” is not known here and was left out.")
            said.append(words % {"name": _name_of(field), "value": value})
    return said


def chips(asked: Asked, names: dict[str, str]) -> list[dict[str, str]]:
    """The filters in use in the order of the form, each with the list without it."""
    found = []
    for field in FILTERS:
        if field == "q" or (field not in NAMES):
            continue
        value = _words(asked.filters, field, names)
        if value:
            gone: dict[str, Any] = dict.fromkeys((*PARTS.get(field, (field,)), "cursor"))
            found.append(
                {
                    "key": field,
                    "name": str(NAMES[field]),
                    "value": value,
                    "remove": asked.address(**gone),
                }
            )
    return found


def _words(filters: ListTickets, field: str, names: dict[str, str]) -> str:
    value = getattr(filters, field)
    match field:
        case "building_id" | "unit_id" | "reporter_id" | "vendor_org_id":
            return ", ".join(names.get(str(each), _("Unknown")) for each in value)
        case "assigned_to":
            return ", ".join(
                str(PEOPLE.get(each) or names.get(each, _("Unknown"))) for each in value
            )
        case "status":
            return ", ".join(labels.label(each) for each in value)
        case "priority":
            return ", ".join(labels.label(each) for each in value)
        case "category":
            return ", ".join(labels.label(each, "Category") for each in value)
        case "channel":
            return ", ".join(labels.label(each, "Channel") for each in value)
        case "due":
            return ", ".join(str(DUE[each]) for each in value)
        case "reported" | "updated":
            return _period(filters, field)
        case "unread":
            return str(UNREAD[value]) if value is not None else ""
        case _:
            return str(FIGURES[value]) if value else ""


def _period(filters: ListTickets, field: str) -> str:
    days, first, last = (getattr(filters, name) for name in PARTS[field])
    words = [str(PERIODS[days])] if days else []
    if first and last:
        words.append(_("%(first)s to %(last)s", first=_day(first), last=_day(last)))
    elif first:
        words.append(_("from %(day)s", day=_day(first)))
    elif last:
        words.append(pgettext("period", "until %(day)s", day=_day(last)))
    return ", ".join(words)


def _day(day: date) -> str:
    return local_date(day)


def groups(filters: ListTickets, choices: Choices) -> list[dict[str, Any]]:
    """The form of filters: groups of boxes, each group with what is chosen in words."""
    people = [("me", str(PEOPLE["me"])), ("none", str(PEOPLE["none"])), *choices.staff]
    options: dict[str, list[Choice]] = {
        "building_id": choices.buildings,
        "unit_id": choices.units,
        "status": [(each.value, labels.label(each)) for each in TicketStatus],
        "priority": [(each.value, labels.label(each)) for each in reversed(TicketPriority)],
        "category": [(each, labels.label(each, "Category")) for each in CATEGORIES],
        "assigned_to": people,
        "vendor_org_id": choices.vendors,
        "channel": [(each.value, labels.label(each.value, "Channel")) for each in TicketChannel],
        "due": [(key, str(words)) for key, words in DUE.items()],
    }
    found = []
    for field, listed in options.items():
        chosen = [str(each) for each in getattr(filters, field)]
        if listed:
            words = ", ".join(name for key, name in listed if key in chosen)
            found.append(
                {
                    "field": field,
                    "name": str(NAMES[field]),
                    "options": listed,
                    "chosen": chosen,
                    "words": words,
                }
            )
    return found


def periods(field: str) -> list[Choice]:
    """The periods that can be chosen for ``reported`` or ``updated``."""
    keys = ("7", "14", "30") if field == "reported" else ("1", "7", "30")
    return [(key, str(PERIODS[key])) for key in keys]
