"""What the page behind a mailed link asks: when somebody comes, or why nobody does.

Nothing here can be answered by following links or pressing buttons.
"""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pydantic import Field

from ecopick.core.errors import Invalid, Text
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import Day, Input, Line, Prose, wrong_field

OTHER = "other"
EARLIEST, LATEST = dt.time(7), dt.time(19)
NOTICE = dt.timedelta(minutes=30)
LONGEST = dt.timedelta(hours=24)
FARTHEST = dt.timedelta(days=60)


@dataclass(frozen=True)
class ArrivalWindow:
    """When somebody will come; both ends aware, in UTC."""

    start: dt.datetime
    end: dt.datetime

    @property
    def value(self) -> str:
        """The window as a form carries it."""
        return f"{self.start.isoformat()}/{self.end.isoformat()}"


class LinkAnswer(Input):
    """``typed_name``: what the holder of a forwarded link calls themselves."""

    typed_name: Line | None = None


class LinkAccept(LinkAnswer):
    """One of the offered windows, or ``other`` with day, from and until on local clocks."""

    window: str | None = Field(default=None, max_length=100)
    date: Day | None = None
    from_time: dt.time | None = None
    until_time: dt.time | None = None

    def arrival(self, zone: ZoneInfo, now: dt.datetime) -> ArrivalWindow:
        """The chosen window. Raises Invalid under the field that is missing or wrong."""
        if self.window and self.window != OTHER:
            return check_window(window_of(self.window), now, "window")
        if self.window is None and self.date is None:
            raise wrong_field("window", _("Please choose when you can come."))
        fields: dict[str, Text] = {}
        for name in ("date", "from_time", "until_time"):
            if getattr(self, name) is None:
                fields[name] = _("This field is needed.")
        if self.date is None or self.from_time is None or self.until_time is None:
            raise Invalid(_("Please check the marked fields."), fields=fields)
        start = dt.datetime.combine(self.date, self.from_time, zone)
        end = dt.datetime.combine(self.date, self.until_time, zone)
        if end <= start:
            raise wrong_field("until_time", _("The window must end after it begins."))
        return check_window(
            ArrivalWindow(start.astimezone(dt.UTC), end.astimezone(dt.UTC)), now, "date"
        )


class LinkDecline(LinkAnswer):
    """A reason is needed, so that management knows what to do next."""

    reason: Line


class LinkMessage(LinkAnswer):
    """A word to everybody on the ticket."""

    body: Prose


class LinkDone(LinkAnswer):
    """The work is finished; what was done, if there is something to say."""

    body: Prose | None = None


def window_of(value: str) -> ArrivalWindow:
    """The window that a form carries as ``value``. Raises Invalid under ``window``."""
    try:
        start, end = (dt.datetime.fromisoformat(part) for part in value.split("/"))
    except ValueError:
        raise wrong_field("window", _("Please choose when you can come.")) from None
    if start.tzinfo is None or end.tzinfo is None or end <= start:
        raise wrong_field("window", _("Please choose when you can come."))
    return ArrivalWindow(start, end)


def check_window(window: ArrivalWindow, now: dt.datetime, field: str) -> ArrivalWindow:
    """The window, unless it has passed, is too long or too far. Raises Invalid under ``field``."""
    if window.end <= now:
        raise wrong_field(field, _("This time has already passed. Please choose another."))
    if window.end - window.start > LONGEST or window.start > now + FARTHEST:
        raise wrong_field(
            field, _("Please choose a window of at most a day within the next 60 days.")
        )
    return window


def offered_windows(now: dt.datetime, zone: ZoneInfo, *, urgent: bool) -> list[ArrivalWindow]:
    """What to offer at ``now``: the soonest today, tomorrow morning and afternoon.

    Urgent jobs are offered the soonest window at any hour, others between 7 and
    19 on the building's clocks.
    """
    local = now.astimezone(zone)
    soon = local + NOTICE
    start = soon.replace(minute=0, second=0, microsecond=0)
    while start < soon:
        start += dt.timedelta(minutes=30)
    if not urgent and start.time() < EARLIEST:
        start = start.replace(hour=EARLIEST.hour + 1, minute=0)
    end = start + dt.timedelta(minutes=90)
    found = []
    if urgent or (start.date() == local.date() == end.date() and end.time() <= LATEST):
        found.append(_utc(start, end))
    tomorrow = local.date() + dt.timedelta(days=1)
    for first, last in ((8, 10), (13, 15)):
        found.append(
            _utc(
                dt.datetime.combine(tomorrow, dt.time(first), zone),
                dt.datetime.combine(tomorrow, dt.time(last), zone),
            )
        )
    return found


def _utc(start: dt.datetime, end: dt.datetime) -> ArrivalWindow:
    return ArrivalWindow(start.astimezone(dt.UTC), end.astimezone(dt.UTC))
