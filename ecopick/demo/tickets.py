"""Ninety days of tickets: who reports what and when, and what stands open now."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from ecopick.core.db import Base
from ecopick.demo import phrases
from ecopick.demo.life import Life
from ecopick.demo.open_tickets import (
    CANCELLED,
    CLOSED,
    LINGERING,
    OPEN,
    Open,
    featured_titles,
)
from ecopick.demo.owners import House, Place, company_id
from ecopick.demo.people import BY_KEY, Person, at, manager_of
from ecopick.demo.plots import Plot
from ecopick.demo.rows import Rows
from ecopick.demo.situations import ONLY_FLATS, PRIVATE, Deck, Situation, decks
from ecopick.demo.trail import Trail
from ecopick.domains.property.models import UnitType
from ecopick.domains.sla.models import SLAEvent
from ecopick.domains.sla.targets import TARGETS
from ecopick.domains.tickets.lifecycle import TicketPriority, TicketStatus
from ecopick.domains.tickets.models import (
    Assignment,
    Message,
    Ticket,
    TicketCounter,
    TicketStakeholder,
    VendorLink,
)

SEED = 20260
DAYS = 90
P = TicketPriority
# The longest that a ticket of this priority takes in the demo until it is solved.
LONGEST = {
    P.URGENT: timedelta(days=1),
    P.HIGH: timedelta(days=2),
    P.MEDIUM: timedelta(days=6),
    P.LOW: timedelta(days=12),
}
# Half of what is past happened in these days: it has grown busier since.
BUSY_DAYS = 18
Suits = Callable[[Situation], bool]
_CHANNELS = ("web", "web", "web", "qr", "qr", "email")


@dataclass
class Cast:
    """One ticket before it happens."""

    house: House
    created: datetime
    key: str
    reporter: Person
    card: Situation
    ending: str = "closed"
    status: TicketStatus | None = None
    paused: timedelta = timedelta(0)
    unit: str | None = None
    is_done: bool = False


@dataclass
class Story:
    """Deals the tickets of all buildings, the same ones for the same moment."""

    houses: dict[str, House]
    now: datetime
    random: Random = field(default_factory=lambda: Random(SEED))

    def __post_init__(self) -> None:
        self.decks: dict[str, Deck] = decks(self.random)
        self.featured: dict[str, Situation] = {}
        for deck in self.decks.values():
            self.featured |= deck.reserve(featured_titles())

    def cast(self) -> list[Cast]:
        """Every ticket in the order of its creation."""
        past = sorted(self._past_moments(), key=lambda each: each[0])
        dealt = [self._past(*moment) for moment in past]
        dealt += [
            self._lingering(self.houses[key], f"{key}/lingering/{number}")
            for key, count in LINGERING.items()
            for number in range(count)
        ]
        dealt += [self._standing(number, spec) for number, spec in enumerate(OPEN)]
        return sorted(dealt, key=lambda each: (each.created, each.key))

    def _past_moments(self) -> Iterator[tuple[datetime, House, str, str]]:
        for ending, numbers in (("closed", CLOSED), ("cancelled", CANCELLED)):
            for key, count in numbers.items():
                for number in range(count):
                    house = self.houses[key]
                    yield self._moment(house), house, ending, f"{key}/{ending}/{number}"

    def _moment(self, house: House) -> datetime:
        """Some moment in the last ninety days, mostly by day and in the week."""
        while True:
            ends = (1.1, BUSY_DAYS) if self.random.random() < 0.5 else (BUSY_DAYS, DAYS)
            days = self.random.uniform(*ends)
            moment = (self.now - timedelta(days=days)).replace(microsecond=0)
            local = house.local(moment)
            likely = 1.0 if 7 <= local.hour < 19 else 0.14 if 6 <= local.hour < 23 else 0.04
            if local.weekday() >= 5:
                likely *= 0.35
            if self.random.random() < likely:
                return moment

    def _past(self, created: datetime, house: House, ending: str, key: str) -> Cast:
        age = self.now - created
        reporter = self._reporter(house)
        card = self._card(house, reporter, lambda each: LONGEST[each.priority] < age)
        return Cast(house, created, key, reporter, card, ending)

    def _lingering(self, house: House, key: str) -> Cast:
        """Solved in the last weeks, after the tenant had taken days to answer."""
        reporter = self.random.choice(at(house))
        card = self._card(house, reporter, _asks_calmly)
        paused = timedelta(days=self.random.uniform(4, 11))
        age = (
            paused
            + TARGETS[card.priority] * 0.3
            + timedelta(days=self.random.triangular(1.5, 14, 1.5))
        )
        created = self._decent(house, self.now - age, self.now + age)
        return Cast(house, created.replace(microsecond=0), key, reporter, card, paused=paused)

    def _standing(self, number: int, spec: Open) -> Cast:
        house = self.houses[spec.house]
        reporter = BY_KEY[spec.reporter] if spec.reporter else self._reporter(house)
        if spec.title:
            card = self.featured[spec.title]
        else:
            card = self._card(house, reporter, lambda each: each.priority in spec.priorities)
        target = TARGETS[card.priority]
        paused = timedelta(hours=spec.paused_hours)
        left = timedelta(minutes=spec.minutes) if spec.minutes else target * spec.share
        created = self.now - (target - left) - paused
        if spec.share > 0:
            created = self._decent(house, created, created + target - paused)
        if spec.status is TicketStatus.RESOLVED:
            created = self.now - LONGEST[card.priority] * self.random.uniform(1.0, 1.05)
        key = f"seed/{spec.status.value}" if spec.is_seed else f"{spec.house}/open/{number}"
        return Cast(
            house, created.replace(microsecond=0), key, reporter, card, "open", spec.status,
            paused, spec.unit, spec.is_done,
        )  # fmt: skip

    def _decent(self, house: House, created: datetime, due: datetime) -> datetime:
        """At an hour at which people report things, if the time that is left allows it."""
        local = house.local(created)
        if 7 <= local.hour < 22:
            return created
        midnight = local.replace(hour=0, minute=0, second=0)
        evening = midnight - timedelta(minutes=self.random.randint(125, 280))
        if local.hour >= 22:
            evening += timedelta(days=1)
        morning = evening + timedelta(hours=11)
        for moment in (morning, evening):
            moved = moment.astimezone(created.tzinfo)
            if moved < self.now - timedelta(hours=1) and due + (moved - created) > self.now:
                return moved
        return created

    def _reporter(self, house: House) -> Person:
        """Somebody who lives or works there, or the staff for somebody on the phone."""
        people = at(house)
        if people and self.random.random() < 0.84:
            return self.random.choice(people)
        staff = "caretaker" if house.owner == "rheinbogen" else "s.greco"
        local = {"tanneurs": "b.schaeffer", "talvera": "i.mair", "dreisam": "a.yildirim"}
        chosen = BY_KEY[local.get(house.key, staff)]
        return chosen if self.random.random() < 0.7 else manager_of(house)

    def _card(self, house: House, reporter: Person, suits: Suits) -> Situation:
        kinds = {place.kind for place in house.places}
        home = house.place(reporter.unit).kind if reporter.unit else None

        def fits(card: Situation) -> bool:
            kind = card.unit_type
            if not suits(card) or (kind is not None and kind not in kinds):
                return False
            if card.place in ONLY_FLATS and UnitType.APARTMENT not in kinds:
                return False
            return home is None or kind not in PRIVATE or kind is home

        language = reporter.language if reporter.unit else house.language
        return self.decks[language].draw(fits)

    def place_of(self, cast: Cast) -> Place | None:
        """The unit in which it happens."""
        kind = cast.card.unit_type
        if kind is None:
            return None
        if cast.unit:
            return cast.house.place(cast.unit)
        if kind in PRIVATE and cast.reporter.unit:
            return cast.house.place(cast.reporter.unit)
        return self.random.choice([place for place in cast.house.places if place.kind is kind])

    def live(self, rows: Rows, trail: Trail, cast: Cast, number: int) -> Life:
        """Let it happen."""
        life = Life(rows, trail, cast.house, number, cast.key)
        card, reporter, place = cast.card, cast.reporter, self.place_of(cast)
        since = self.random.choice(phrases.SINCE[card.language])
        description = card.description.replace("{since}", since)
        private = card.unit_type in PRIVATE
        noted = private and bool(reporter.unit) and self.random.random() < 0.35
        life.open(
            cast.created, reporter, title=card.title,
            description=description[0].upper() + description[1:], category=card.category,
            priority=card.priority, unit_id=place.id if place else None,
            unit_section_id=place.sections.get(card.section) if place else None,
            tenant_company_id=company_id(reporter.company) if reporter.company else None,
            access_note=self.random.choice(phrases.ACCESS[card.language]) if noted else None,
            channel=self.random.choice(_CHANNELS) if reporter.unit else "phone",
        )  # fmt: skip
        plot = Plot(life, card, reporter, cast.created, self.random, self.now)
        if cast.ending == "cancelled":
            plot.cancel()
        elif cast.status in (None, TicketStatus.RESOLVED):
            plot.finish(close=cast.status is None, paused=cast.paused)
        else:
            plot.stand(cast.status or TicketStatus.NEW, cast.paused, is_done=cast.is_done)
        return life


def _asks_calmly(card: Situation) -> bool:
    """Nothing urgent, and something about it is asked and answered."""
    return card.priority in (P.MEDIUM, P.LOW) and card.said("a") is not None


def build(rows: Rows, trail: Trail, houses: dict[str, House], now: datetime) -> list[Life]:
    """All tickets with everything that happened to them, numbered without gaps."""
    story = Story(houses, now)
    last: dict[str, int] = {}
    lives: list[Life] = []
    for cast in story.cast():
        owner = cast.house.owner
        last[owner] = last.get(owner, 0) + 1
        lives.append(story.live(rows, trail, cast, last[owner]))
    owners = {house.owner_id: house.owner for house in houses.values()}
    for row in rows.of(TicketCounter):
        row["last_number"] = last[owners[row["property_owner_id"]]]
    return lives


MODELS: tuple[type[Base], ...] = (
    Ticket,
    Assignment,
    Message,
    TicketStakeholder,
    VendorLink,
    SLAEvent,
)
