"""The list that an address asks for: filters, a kept view, an order, a place in it.

Every filter stands in the address. A kept view stands there by its id, with filters
beside it only once they differ from what is kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from ecopick.core.finding import as_id
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.queries.filters import VIEWS
from ecopick.domains.tickets.queries.views import KeptView
from ecopick.domains.tickets.view_inputs import kept, understood

BY_DUE = ("open", "due_soon", "unassigned")
PAGE = 25
# Fields of the filters that the address may hold, in the order of the form.
FILTERS = (
    "building_id",
    "unit_id",
    "status",
    "priority",
    "category",
    "assigned_to",
    "vendor_org_id",
    "reporter_id",
    "channel",
    "due",
    "reported",
    "reported_from",
    "reported_until",
    "updated",
    "updated_from",
    "updated_until",
    "unread",
    "figure",
    "q",
)
PLACE = frozenset({"sort", "cursor"})
SEVERAL = frozenset(
    name for name, each in ListTickets.model_fields.items() if "list[" in str(each.annotation)
)


@dataclass(frozen=True)
class Asked:
    """What the address asks for; ``refused`` names fields and values that are not understood."""

    filters: ListTickets
    sort: str | None = None
    saved: KeptView | None = None
    is_changed: bool = False
    refused: list[tuple[str, str]] = field(default_factory=list)

    @property
    def view(self) -> str:
        """The key of the tab that is open."""
        return self.saved.key if self.saved else self.filters.view or "open"

    @property
    def query(self) -> dict[str, Any]:
        """The parameters of this list's address, but for the place in it."""
        given: dict[str, Any] = {"saved": self.saved.key} if self.saved else {}
        if not self.saved or self.is_changed:
            given |= kept(self.filters)
        if self.sort:
            given["sort"] = self.sort
        return given

    @property
    def spelt(self) -> dict[str, Any]:
        """The same with every filter spelt out, also those of a kept view; values are text."""
        given = {**self.query, "view": self.filters.view or "all", **kept(self.filters)}
        return {name: _text(value) for name, value in given.items()}

    @property
    def here(self) -> str:
        """The address of this very page of the list."""
        given = {"cursor": self.filters.cursor} if self.filters.cursor else {}
        return url_for("tickets.index", **{**self.query, **given})

    def address(self, endpoint: str = "tickets.index", **changed: Any) -> str:
        """This list from its start with some parameters changed; None takes one away."""
        values = self.query
        if set(changed) - PLACE:
            values = {**values, "view": self.filters.view or "all", **kept(self.filters)}
        values = {**values, **changed}
        given: dict[str, Any] = {
            name: each for name, each in values.items() if each or each is False
        }
        return url_for(endpoint, **given)

    def plain(self, endpoint: str) -> str:
        """An address that spells every filter out, for what knows no kept views."""
        values = {**kept(self.filters), "sort": self.filters.sort}
        return url_for(endpoint, **values)


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def spelt_out(values: MultiDict[str, str]) -> dict[str, Any]:
    """The filters among the fields of a form, as ``ListTickets`` takes them."""
    found: dict[str, Any] = {}
    for name in (*FILTERS, "view", "sort"):
        given = [each for each in values.getlist(name) if each.strip()]
        if given:
            found[name] = given if name in SEVERAL else given[-1]
    return found


def asked(
    views: Iterable[KeptView] = (),
    *,
    view: str = "open",
    limit: int = PAGE,
    source: MultiDict[str, str] | None = None,
) -> Asked:
    """The list that the present address, or else ``source``, asks for; ``view`` where it
    names none."""
    values = request.args if source is None else source
    raw = spelt_out(values)
    if values.get("cursor"):
        raw["cursor"] = values["cursor"]
    refused: list[tuple[str, str]] = []
    key = values.get("saved")
    saved = next((each for each in views if each.key == key), None)
    if key and saved is None:
        refused.append(("saved", key[:80]))
    changed = any(name in raw for name in (*FILTERS, "view"))
    if saved and not changed:
        raw = {**kept(saved.filters), "sort": saved.filters.sort, **raw}
        raw.setdefault("view", "all")
        refused += saved.refused
    else:
        raw.setdefault("view", view)
    if raw["view"] not in VIEWS:
        refused.append(("view", str(raw["view"])[:80]))
        raw["view"] = view
    refused += _unknown_people(raw)
    given = values.get("sort")
    raw.setdefault("sort", saved.filters.sort if saved and not raw.get("q") else _usual(raw))
    filters, more = understood({**raw, "limit": limit})
    sort = given if given == filters.sort or (saved and changed) else None
    return Asked(filters, sort, saved, bool(saved and changed), refused + more)


def _usual(raw: dict[str, Any]) -> str:
    if raw.get("q"):
        return "best"
    return "due" if raw["view"] in BY_DUE else "newest"


def _unknown_people(raw: dict[str, Any]) -> list[tuple[str, str]]:
    given = raw.get("assigned_to", [])
    unknown = [each for each in given if each not in ("me", "none") and as_id(each) is None]
    if unknown:
        raw["assigned_to"] = [each for each in given if each not in unknown]
    return [("assigned_to", each[:80]) for each in unknown]
