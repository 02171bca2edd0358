"""The bar of a ticket's clock: where every stretch, mark and hour stands, in percent of its width.

Only positions; the template draws them, so that text keeps its size on any screen.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ecopick.core.text import gettext as _
from ecopick.domains.tickets.queries.sla_account import Account, Line, Use
from ecopick.web.formats import duration, local_date, local_time, zone_of

STEPS = tuple(
    timedelta(minutes=minutes)
    for minutes in (10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 5760, 10080, 20160, 43200)
)
MOST_TICKS = 6
# What a letter takes of the bar's width on a desk, in percent.
LETTER = 1.3
EDGE = 0.045


@dataclass(frozen=True)
class Segment:
    """A stretch of the bar."""

    x: float
    width: float
    use: Use


@dataclass(frozen=True)
class Label:
    """Words at a place; ``kind`` is start, pause, now, due or tick; ``anchor`` as in SVG.

    ``raised`` labels stand a line above the others, where they would collide.
    """

    x: float
    text: str
    kind: str
    anchor: str = "middle"
    raised: bool = False


@dataclass(frozen=True)
class Bar:
    """Everything to draw."""

    segments: tuple[Segment, ...]
    labels: tuple[Label, ...]
    ticks: tuple[Label, ...]

    @property
    def raised(self) -> bool:
        """Whether a second line of words is needed."""
        return any(label.raised for label in self.labels)


def sla_bar(account: Account, tz: str, *, ended: str | None = None) -> Bar:
    """The bar of an account; ``ended`` is the word for its end, None while the clock goes on."""
    lines = account.lines
    last = max(lines[-1].end, account.due)
    margin = max((last - account.start) * EDGE, timedelta(minutes=1))
    low, high = account.start - margin, last + margin

    def x(moment: datetime) -> float:
        return round((moment - low) / (high - low) * 100, 2)

    segments = tuple(
        Segment(x(line.start), round(x(line.end) - x(line.start), 2), line.use) for line in lines
    )
    now = next((line.start for line in lines if line.use is Use.LEFT), lines[-1].end)
    named = [
        (x(account.due), _("Due %(time)s", time=_at(account.due, now, tz)), "due"),
        (
            x(now),
            _("%(what)s %(time)s", what=ended or _("Now"), time=_at(now, now, tz)),
            "now",
        ),
        (x(account.start), _("Started %(time)s", time=_at(account.start, now, tz)), "start"),
        *((x(line.start + line.length / 2), _paused(line), "pause") for line in _pauses(lines)),
    ]
    return Bar(segments, _placed(named), _ticks(low, high, zone_of(tz), x))


def _at(moment: datetime, now: datetime, tz: str) -> str:
    """The time, with its day where that is another."""
    zone = zone_of(tz)
    if moment.astimezone(zone).date() == now.astimezone(zone).date():
        return local_time(moment, tz)
    return f"{local_date(moment, tz)}, {local_time(moment, tz)}"


def _pauses(lines: Iterable[Line]) -> list[Line]:
    pauses = [line for line in lines if line.use is Use.PAUSED]
    return sorted(pauses, key=lambda line: line.length, reverse=True)


def _paused(line: Line) -> str:
    return _("Paused %(time)s", time=duration(line.length))


def _placed(named: list[tuple[float, str, str]]) -> tuple[Label, ...]:
    """The labels that fit, the most telling ones first; due and now are never left out."""
    taken: list[tuple[float, float]] = []
    found: list[Label] = []
    for at, text, kind in named:
        half = len(text) * LETTER / 2
        anchor = "end" if at + half > 100 else "start" if at - half < 0 else "middle"
        left = at - (half if anchor == "middle" else 2 * half if anchor == "end" else 0)
        free = all(left >= end or left + 2 * half <= start for start, end in taken)
        if free:
            taken.append((left - 1, left + 2 * half + 1))
        if free or kind == "now":
            found.append(Label(at, text, kind, anchor, raised=not free))
    return tuple(found)


def _ticks(
    low: datetime, high: datetime, zone: ZoneInfo, x: Callable[[datetime], float]
) -> tuple[Label, ...]:
    """Round hours or days on the building's clocks, six at most."""
    step = next((each for each in STEPS if (high - low) / each <= MOST_TICKS), STEPS[-1])
    midnight = datetime.combine(low.astimezone(zone).date(), time())
    whole_days = step >= timedelta(days=1)
    found: list[Label] = []
    for number in range(int((high - low + timedelta(days=2)) / step) + 1):
        moment = (midnight + number * step).replace(tzinfo=zone)
        if low <= moment <= high:
            text = local_date(moment, zone.key) if whole_days else local_time(moment, zone.key)
            found.append(Label(x(moment), text, "tick"))
    return tuple(found)
