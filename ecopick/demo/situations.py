"""Situations: what happened, in the words of whoever reports it, and what is said then.

A paragraph of the texts begins with ``category PRIORITY place scene``, the title and
the description. The lines after it say who speaks: q and a are a question to the
tenant and the answer, m the management, n a team note, w the worker on the way, d the
worker when it is done, t the tenant at the end. ``{since}`` becomes a moment.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from ecopick.demo.texts_de import GERMAN
from ecopick.demo.texts_en import ENGLISH
from ecopick.demo.texts_fr import FRENCH
from ecopick.demo.texts_it import ITALIAN
from ecopick.domains.property.models import SectionType as S
from ecopick.domains.property.models import UnitType as U
from ecopick.domains.tickets.lifecycle import TicketPriority

TEXTS = {"de": GERMAN, "en": ENGLISH, "fr": FRENCH, "it": ITALIAN}

# Where it happened: kind of unit and section; common areas may be anybody's.
PLACES: dict[str, tuple[U | None, S]] = {
    "kitchen": (U.APARTMENT, S.KITCHEN),
    "bath": (U.APARTMENT, S.BATHROOM),
    "bed": (U.APARTMENT, S.BEDROOM),
    "living": (U.APARTMENT, S.LIVING_ROOM),
    "hall": (U.APARTMENT, S.CORRIDOR),
    "balcony": (U.APARTMENT, S.BALCONY),
    "desk": (U.OFFICE, S.WORKSPACE),
    "meeting": (U.OFFICE, S.CONFERENCE_ROOM),
    "wc": (U.OFFICE, S.RESTROOM),
    "tea": (U.OFFICE, S.BREAKROOM),
    "reception": (U.OFFICE, S.RECEPTION),
    "stairs": (U.COMMON_AREA, S.STAIRWELL),
    "lobby": (U.COMMON_AREA, S.LOBBY),
    "lift": (U.COMMON_AREA, S.ELEVATOR),
    "laundry": (U.COMMON_AREA, S.LAUNDRY),
    "cellar": (U.COMMON_AREA, S.UTILITY),
    "plant": (U.COMMON_AREA, S.MECHANICAL),
    "garden": (U.COMMON_AREA, S.OTHER),
    "garage": (U.PARKING, S.ENTRANCE),
    "building": (None, S.OTHER),
}
PRIVATE = frozenset({U.APARTMENT, U.OFFICE})
# Things that a house of flats has and an office building does not.
ONLY_FLATS = frozenset({"laundry", "plant"})


@dataclass(frozen=True)
class Situation:
    """One thing that happens."""

    language: str
    category: str
    priority: TicketPriority
    place: str
    scene: str
    title: str
    description: str
    lines: tuple[tuple[str, str], ...]

    def said(self, kind: str) -> str | None:
        """The first line of this kind."""
        return next((text for each, text in self.lines if each == kind), None)

    @property
    def unit_type(self) -> U | None:
        """The kind of unit in which it happens."""
        return PLACES[self.place][0]

    @property
    def section(self) -> S:
        """The kind of section in which it happens."""
        return PLACES[self.place][1]


def parse(language: str, text: str) -> list[Situation]:
    """The situations of one language. Raises ValueError where a paragraph is malformed."""
    return [_situation(language, part) for part in text.strip().split("\n\n")]


def _situation(language: str, paragraph: str) -> Situation:
    head, title, description, *rest = paragraph.split("\n")
    category, priority, place, scene = head.split(" ")
    if place not in PLACES:
        raise ValueError(f"unknown place: {place}")
    lines = tuple((line[0], line[2:]) for line in rest)
    return Situation(
        language, category, TicketPriority(priority), place, scene, title, description, lines
    )


class Deck:
    """The situations of one language, dealt so that the same one comes back late."""

    def __init__(self, language: str, random: Random) -> None:
        cards = parse(language, TEXTS[language])
        random.shuffle(cards)
        self._cards = deque(cards)

    def reserve(self, titles: Iterable[str]) -> dict[str, Situation]:
        """Take these out for good; by title."""
        wanted = set(titles)
        taken = {card.title: card for card in self._cards if card.title in wanted}
        self._cards = deque(card for card in self._cards if card.title not in wanted)
        return taken

    def draw(self, fits: Callable[[Situation], bool]) -> Situation:
        """The longest unused situation that fits. Raises LookupError if none does."""
        for card in self._cards:
            if fits(card):
                self._cards.remove(card)
                self._cards.append(card)
                return card
        raise LookupError("no situation fits")


def decks(random: Random) -> dict[str, Deck]:
    """A deck for each language."""
    return {language: Deck(language, random) for language in TEXTS}
