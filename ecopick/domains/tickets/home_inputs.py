"""What people of a home decide about their requests."""

import datetime as dt
from zoneinfo import ZoneInfo

from pydantic import Field

from ecopick.core.validation import Day, Input, Prose
from ecopick.domains.tickets.lifecycle import Rating
from ecopick.domains.tickets.link_inputs import OTHER, ArrivalWindow, LinkAccept


class ShareAtHome(Input):
    """Whether the people of the same home may see the request and follow it."""

    shared: bool


class RateOutcome(Input):
    """How the outcome is found."""

    rating: Rating


class AskForTime(Input):
    """Which times would suit better than the appointment: in words, and a window if one likes."""

    times: Prose = Field(max_length=500)
    date: Day | None = None
    from_time: dt.time | None = None
    until_time: dt.time | None = None

    def windows(self, zone: ZoneInfo, now: dt.datetime) -> list[ArrivalWindow]:
        """The window, or none. Raises Invalid under the field that is missing or wrong."""
        if self.date is None and self.from_time is None and self.until_time is None:
            return []
        own = LinkAccept(
            window=OTHER,
            date=self.date,
            from_time=self.from_time,
            until_time=self.until_time,
        )
        return [own.arrival(zone, now)]
