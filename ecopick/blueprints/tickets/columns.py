"""Columns of the list: which there are, which a person chose, how each is sorted by."""

from typing import Any

from ecopick.blueprints.tickets.asked import Asked
from ecopick.core.text import lazy_gettext as _l

# In the order of the page; the request itself is always there.
COLUMNS = {
    "priority": _l("Priority"),
    "number": _l("Number"),
    "request": _l("Request"),
    "place": _l("Place"),
    "category": _l("Category"),
    "status": _l("Status"),
    "assigned": _l("Assigned to"),
    "sla": _l("SLA"),
    "reported": _l("Reported"),
    "updated": _l("Updated"),
}
ALWAYS = frozenset({"request"})
USUAL = frozenset(
    {"priority", "number", "request", "place", "status", "assigned", "sla", "updated"}
)
# How a column sorts at first and at the second time.
SORTS = {
    "priority": ("-priority", "priority"),
    "number": ("-number", "number"),
    "place": ("place", "-place"),
    "status": ("status", "-status"),
    "sla": ("due", "-due"),
    "reported": ("-created", "created"),
    "updated": ("-updated", "updated"),
}
ORDERS = {
    "due": _l("Time left"),
    "-due": _l("Most time left"),
    "newest": _l("Newest"),
    "created": _l("Oldest"),
    "-updated": _l("Updated last"),
    "updated": _l("Not updated for longest"),
    "-priority": _l("Most urgent"),
    "priority": _l("Least urgent"),
    "-number": _l("Highest number"),
    "number": _l("Lowest number"),
    "status": _l("Status"),
    "place": _l("Place"),
}


def chosen(kept: list[str] | None) -> frozenset[str]:
    """The columns to show: those that were kept, else the usual ones."""
    if kept is None:
        return USUAL
    return frozenset(name for name in kept if name in COLUMNS) | ALWAYS


def heads(asked: Asked, shown: frozenset[str]) -> list[dict[str, Any]]:
    """The heads of the shown columns; those that sort tell how, and where they lead."""
    sort = "-created" if asked.filters.sort == "newest" else asked.filters.sort
    found = []
    for name, words in COLUMNS.items():
        if name not in shown:
            continue
        first, second = SORTS.get(name, (None, None))
        onward = second if sort == first else first
        found.append(
            {
                "name": name,
                "label": str(words),
                "href": asked.address(sort=onward, cursor=None) if onward else None,
                "sorted": _direction(sort) if first and sort in (first, second) else None,
            }
        )
    return found


def _direction(sort: str) -> str:
    return "descending" if sort.startswith("-") else "ascending"


def orders(asked: Asked) -> list[dict[str, Any]]:
    """Every order of the list with its address; the present one is marked."""
    known = dict(ORDERS)
    if asked.filters.q:
        known = {"best": _l("Best match"), **known}
    sort = "newest" if asked.filters.sort == "-created" else asked.filters.sort
    if sort not in known:
        sort = "newest"  # The best match of no words.
    return [
        {
            "key": key,
            "label": str(words),
            "href": asked.address(sort=key, cursor=None),
            "current": key == sort,
        }
        for key, words in known.items()
    ]
