"""The chart of sign-in attempts: bars by the hour, drawn on the server."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.security.queries.sign_ins import Hour, worst_hour
from ecopick.web.formats import local_time

STEPS = (1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 400, 500, 1000)
LINES = 3
LEFT, RIGHT, TOP, BOTTOM = 34, 4, 26, 24
GAP = 2


@dataclass(frozen=True)
class Part:
    """A piece of a bar."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One hour: its pieces from below, and what it says."""

    x: float
    width: float
    words: str
    label: str | None
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Chart:
    """Everything that the picture needs, in its own units."""

    width: int
    height: int
    lines: list[tuple[float, int]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    remark: tuple[float, float, str, str] | None = None
    base: float = 0
    summary: str = ""


def draw(hours: Sequence[Hour], width: int, height: int, every: int) -> Chart:
    """The chart of ``hours``; each ``every``-th bar names its hour."""
    highest = max((hour.total for hour in hours), default=0)
    step = next((each for each in STEPS if each * LINES >= highest), -(-highest // LINES))
    top = step * LINES
    room = height - TOP - BOTTOM
    base = float(height - BOTTOM)
    pitch = (width - LEFT - RIGHT) / max(1, len(hours))
    thick = round(pitch * 0.66, 1)
    bars = []
    for number, hour in enumerate(hours):
        x = round(LEFT + number * pitch + (pitch - thick) / 2, 1)
        named = number % every == 0
        label = local_time(hour.start) if named else None
        bars.append(Bar(x, thick, _words(hour), label, _parts(hour, base, room / top)))
    return Chart(
        width=width,
        height=height,
        lines=[(round(base - room * line / LINES, 1), step * line) for line in range(LINES + 1)],
        bars=bars,
        remark=_remark(hours, bars, width),
        base=base,
        summary=_summary(hours),
    )


def _parts(hour: Hour, base: float, scale: float) -> tuple[Part, ...]:
    parts: list[Part] = []
    y = base
    for kind, count in (
        ("in", hour.signed_in),
        ("failed", hour.failed),
        ("blocked", hour.blocked),
    ):
        if not count:
            continue
        high = max(1.5, round(count * scale, 1))
        y = round(y - high, 1)
        parts.append(Part(kind, y, round(max(1.0, high - (GAP / 2 if parts else 0)), 1)))
    return tuple(parts)


def _remark(
    hours: Sequence[Hour], bars: Sequence[Bar], width: int
) -> tuple[float, float, str, str] | None:
    worst = worst_hour(hours)
    if worst is None:
        return None
    bar = bars[list(hours).index(worst)]
    top = min((part.y for part in bar.parts), default=TOP)
    words = ngettext(
        "%(time)s, %(num)s failed or blocked",
        "%(time)s, %(num)s failed or blocked",
        worst.failed + worst.blocked,
        time=local_time(worst.start),
    )
    if bar.x > width / 2:
        return bar.x + bar.width, max(12.0, top - 6), words, "end"
    return bar.x, max(12.0, top - 6), words, "start"


def _words(hour: Hour) -> str:
    return _(
        "%(time)s: %(signed_in)s signed in, %(failed)s failed, %(blocked)s blocked",
        time=local_time(hour.start),
        signed_in=hour.signed_in,
        failed=hour.failed,
        blocked=hour.blocked,
    )


def _summary(hours: Sequence[Hour]) -> str:
    return _(
        "Sign-in attempts of the last 24 hours: %(signed_in)s signed in, %(failed)s failed, "
        "%(blocked)s blocked",
        signed_in=sum(hour.signed_in for hour in hours),
        failed=sum(hour.failed for hour in hours),
        blocked=sum(hour.blocked for hour in hours),
    )
