"""The dashboard of the owner's staff: each part asks for what it shows, once a request."""

import uuid
from datetime import datetime
from functools import cached_property
from typing import Any

from babel.dates import format_date
from flask import url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from ecopick.blueprints.reports.attention import Attention, attention
from ecopick.blueprints.reports.kpis import Tile, tiles
from ecopick.blueprints.reports.sentences import sentence
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.governance.words import act_words
from ecopick.domains.property.facade import draw_facade
from ecopick.domains.reports.policy import sees_money
from ecopick.domains.reports.queries import activity as happenings
from ecopick.domains.reports.queries import money, places, work
from ecopick.domains.reports.queries.places import Place
from ecopick.domains.reports.queries.trend import Trend, trend
from ecopick.domains.tickets.queries.figures import PERIOD
from ecopick.domains.tickets.queries.list import TicketLine
from ecopick.web.formats import local_time, locale, zoned

# Parts and every how many seconds they are asked for again.
PARTS = {"kpis": 60, "buildings": 60, "work": 30, "activity": 30, "attention": 30}
MOST_BUILDINGS = 6
FACADE_HEIGHT = 112
MOST_ROWS = 8
MOST_LATE = 3
MOST_HAPPENINGS = 6


class Board:
    """What the dashboard shows to ``actor``: all their buildings, or the one with this id."""

    def __init__(self, session: Session, actor: Actor, building_id: uuid.UUID | None) -> None:
        self.session, self.actor = session, actor
        self.now = clock.now()
        self.asked = building_id
        self.sees_money = sees_money(actor)

    @cached_property
    def places(self) -> list[Place]:
        """Every building with its open tickets."""
        return places.places(self.session, self.actor)

    @property
    def shown_places(self) -> list[Place]:
        """The buildings to choose from."""
        return [place for place in self.places if place.is_shown]

    @cached_property
    def building(self) -> Place | None:
        """The building that was chosen; None for all, and for one that cannot be seen."""
        return next((place for place in self.shown_places if place.id == self.asked), None)

    @property
    def building_id(self) -> uuid.UUID | None:
        """Its id."""
        return self.building.id if self.building else None

    @property
    def chosen(self) -> list[Place]:
        """The buildings that count."""
        return places.only(self.places, self.building_id)

    @property
    def zone(self) -> str:
        """The clocks of the owner."""
        return self.building.time_zone if self.building else places.home_zone(self.places)

    @property
    def moment(self) -> str:
        """ "Thursday, 12 March 2026, 10:42"."""
        day = format_date(zoned(self.now, self.zone), "full", locale=locale())
        return f"{day[:1].upper()}{day[1:]}, {local_time(self.now, self.zone)}"

    def href(self, **filters: Any) -> str:
        """The list of tickets with these filters, of the chosen building."""
        return url_for("tickets.index", building_id=self.building_id, **filters)

    def part(self, name: str) -> str:
        """Where a part is asked for again."""
        return url_for(f"reports.{name}", building_id=self.building_id)

    def every(self, name: str) -> int:
        """After how many seconds."""
        return PARTS[name]

    @cached_property
    def trend(self) -> Trend:
        """How the figures came about."""
        since = self.now - PERIOD
        return trend(self.session, self.actor, since, self.now, self.building_id)

    @cached_property
    def tiles(self) -> list[Tile]:
        """The five figures."""
        return tiles(self.chosen, self.trend, self.href)

    @property
    def days(self) -> list[tuple[datetime, list[str]]]:
        """The same figures day by day, as a table."""
        return [
            (point.at, [tile.points_text[at] for tile in self.tiles])
            for at, point in enumerate(self.trend.days)
        ]

    @cached_property
    def facades(self) -> list[tuple[Place, Markup]]:
        """The buildings with most to worry about, drawn."""
        found = places.by_trouble(self.chosen, MOST_BUILDINGS)
        windows = places.windows(self.session, self.actor, [place.id for place in found])
        return [
            (place, draw_facade(place.id, windows[place.id], height=FACADE_HEIGHT))
            for place in found
        ]

    @cached_property
    def _tickets(self) -> tuple[list[TicketLine], list[work.LateLine]]:
        return work.work(self.session, self.actor, self.building_id, mine=MOST_ROWS, late=MOST_LATE)

    @property
    def work(self) -> list[TicketLine]:
        """My work, what is due soonest first."""
        return self._tickets[0]

    @property
    def work_count(self) -> int:
        """How much it is in all."""
        return sum(place.my_work for place in self.chosen)

    @cached_property
    def activity(self) -> list[tuple[happenings.Happening, Markup]]:
        """What happened last, in sentences."""
        found = happenings.activity(
            self.session, self.actor, self.building_id, limit=MOST_HAPPENINGS
        )
        return [(item, sentence(item)) for item in found]

    @cached_property
    def attention(self) -> Attention:
        """What has to be looked at."""
        sums: list[money.Sum] = []
        if self.sees_money:
            today = zoned(self.now, self.zone).date()
            sums = money.sums(self.session, self.actor, today, self.building_id)
        return attention(self.actor, self.chosen, self._tickets[1], sums, self.href)

    def act_words(self, act: str) -> str:
        """What an approval is for, where nothing else names it."""
        return act_words(act)

    @property
    def is_new(self) -> bool:
        """Whether there is nothing to show yet: no building, or never a ticket."""
        last = self.trend.now
        return not self.shown_places or not (
            any(place.open for place in self.places) or last.answered or last.resolved
        )
