"""What is typed about a visit: proposed times, a chosen one, ticks, codes."""

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from pydantic import Field

from ecopick.core.categories import Category
from ecopick.core.errors import Text
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import LINE_LENGTH, Day, Email, Input, Line, Prose, wrong_field
from ecopick.domains.tickets.link_inputs import (
    ArrivalWindow,
    LinkAnswer,
    check_window,
    window_of,
)
from ecopick.domains.tickets.visit_states import MOST_ITEMS

NEEDED: Text = _("This field is needed.")


class ProposeTimes(LinkAnswer):
    """Up to three windows on local clocks; the first is needed."""

    date: Day | None = None
    from_time: dt.time | None = None
    until_time: dt.time | None = None
    date_2: Day | None = None
    from_time_2: dt.time | None = None
    until_time_2: dt.time | None = None
    date_3: Day | None = None
    from_time_3: dt.time | None = None
    until_time_3: dt.time | None = None
    note: Prose | None = Field(default=None, max_length=500)

    def windows(self, zone: ZoneInfo, now: dt.datetime) -> list[ArrivalWindow]:
        """The windows, in their order. Raises Invalid under the field that is missing or wrong."""
        found = [self._window("", zone, now)]
        for mark in ("_2", "_3"):
            parts = [getattr(self, f"{name}{mark}") for name in ("date", "from_time", "until_time")]
            if any(part is not None for part in parts):
                found.append(self._window(mark, zone, now))
        return found

    def _window(self, mark: str, zone: ZoneInfo, now: dt.datetime) -> ArrivalWindow:
        day, start, end = (
            getattr(self, f"{name}{mark}") for name in ("date", "from_time", "until_time")
        )
        for name, value in (("date", day), ("from_time", start), ("until_time", end)):
            if value is None:
                raise wrong_field(f"{name}{mark}", NEEDED)
        first = dt.datetime.combine(day, start, zone).astimezone(dt.UTC)
        last = dt.datetime.combine(day, end, zone).astimezone(dt.UTC)
        if last <= first:
            raise wrong_field(f"until_time{mark}", _("The window must end after it begins."))
        return check_window(ArrivalWindow(first, last), now, f"date{mark}")


class PickTime(LinkAnswer):
    """One of the proposed windows, as the page carries it."""

    window: str = Field(max_length=100)

    def chosen(self) -> ArrivalWindow:
        """The window. Raises Invalid under ``window``."""
        return window_of(self.window)


class TickItem(LinkAnswer):
    """An item of the checklist by its place in it, ticked or no longer."""

    position: int = Field(ge=0, le=200)
    ticked: bool = True


class ProvePlace(LinkAnswer):
    """The code on the wall, read by the phone's camera or typed."""

    code: Line
    scanned: bool = False


class EndLink(LinkAnswer):
    """Which narrower link ends."""

    sublink_id: uuid.UUID


class GiveLink(LinkAnswer):
    """To whom the narrower link goes; without an address it is shown, not mailed."""

    name: Line = Field(max_length=100)
    email: Email | None = None


class SetChecklists(Input):
    """Short items by category, one a line; at most twenty."""

    items: dict[Category, str]

    def lists(self) -> dict[str, list[str]]:
        """The items of each category. Raises Invalid under the category that has too many."""
        found: dict[str, list[str]] = {}
        for category, words in self.items.items():
            lines = [" ".join(line.split())[:LINE_LENGTH] for line in words.splitlines()]
            found[category] = [line for line in lines if line]
            if len(found[category]) > MOST_ITEMS:
                raise wrong_field(category, _("At most twenty items, please."))
        return found
