"""What a search answers with: rows that lead somewhere or do something."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from ecopick.domains.tickets.queries.lines import TicketLine


@dataclass(frozen=True)
class Hit:
    """One row: a link (``href``), or a form that posts ``fields`` to ``action``.

    ``lead`` stands before the title and is the product's own word; ``line`` is the
    ticket whose state the row shows, with the time left if it is ``timed``; ``key`` the
    single key that does the same.
    """

    kind: str
    icon: str
    title: str
    href: str = ""
    id: uuid.UUID | None = None
    lead: str = ""
    detail: str = ""
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    line: TicketLine | None = None
    timed: bool = False
    key: str | None = None


@dataclass(frozen=True)
class Group:
    """Rows under one heading."""

    key: str
    title: str
    hits: list[Hit]


@dataclass(frozen=True)
class Answer:
    """All groups that hold something; ``about`` names the tickets that acts are meant for."""

    q: str
    words: tuple[str, ...]
    groups: list[Group]
    about: str = ""

    def __iter__(self) -> Iterator[Hit]:
        return (hit for group in self.groups for hit in group.hits)

    def place_of(self, wanted: Hit) -> int:
        """The place of a row, counted from one through all groups."""
        return next(at for at, hit in enumerate(self, 1) if hit is wanted)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(len(group.hits) for group in self.groups)
