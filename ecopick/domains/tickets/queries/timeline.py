"""A ticket's clock, cut into the times in which it counted and in which it paused."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ecopick.core import clock
from ecopick.domains.sla.models import SLAEvent


@dataclass(frozen=True)
class Interval:
    """A stretch of time; ``running`` while it has not ended."""

    start: datetime
    end: datetime
    paused: bool
    running: bool = False

    @property
    def length(self) -> timedelta:
        """How long it lasted so far."""
        return self.end - self.start


def intervals(
    events: Iterable[SLAEvent], created_at: datetime, ended_at: datetime | None
) -> list[Interval]:
    """Counted and paused stretches from creation to the end, or to now.

    They follow on each other without gap or overlap, so their lengths add up.
    """
    last = ended_at or clock.now()
    cuts = [(created_at, False)]
    for event in events:
        if event.type == "paused" and not cuts[-1][1]:
            cuts.append((event.occurred_at, True))
        elif event.type == "resumed" and cuts[-1][1]:
            cuts.append((event.occurred_at, False))
    found: list[Interval] = []
    for place, (start, paused) in enumerate(cuts):
        final = place == len(cuts) - 1
        end = last if final else cuts[place + 1][0]
        if final or end > start:
            found.append(Interval(start, max(start, end), paused, final and ended_at is None))
    return found


def paused_total(spans: Iterable[Interval]) -> timedelta:
    """The sum of all pauses."""
    return sum((span.length for span in spans if span.paused), timedelta(0))


def counted_total(spans: Iterable[Interval]) -> timedelta:
    """The sum of the time that counts against the target."""
    return sum((span.length for span in spans if not span.paused), timedelta(0))
