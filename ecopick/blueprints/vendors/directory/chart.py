"""The last twelve months of a vendor as bars, drawn on the server."""

from collections.abc import Sequence

from babel.dates import format_date

from ecopick.blueprints.security.chart import (
    BOTTOM,
    LEFT,
    LINES,
    RIGHT,
    STEPS,
    TOP,
    Bar,
    Chart,
    Part,
)
from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.reports.queries.performance import Month
from ecopick.web.formats import locale


def month_name(month: Month, *, short: bool = False) -> str:
    """ "March 2026", or "Mar" below a bar."""
    return str(format_date(month.first, "LLL" if short else "LLLL y", locale=locale()))


def draw(months: Sequence[Month], width: int, height: int, every: int) -> Chart:
    """Bars of solved jobs: in time, late, without a deadline; each ``every``-th is named."""
    highest = max((month.jobs for month in months), default=0)
    step = next((each for each in STEPS if each * LINES >= highest), -(-highest // LINES))
    room, base = height - TOP - BOTTOM, float(height - BOTTOM)
    pitch = (width - LEFT - RIGHT) / max(1, len(months))
    thick = round(pitch * 0.62, 1)
    bars = [
        Bar(
            round(LEFT + at * pitch + (pitch - thick) / 2, 1),
            thick,
            words(month),
            month_name(month, short=True) if at % every == 0 else None,
            _parts(month, base, room / (step * LINES)),
        )
        for at, month in enumerate(months)
    ]
    return Chart(
        width=width,
        height=height,
        lines=[(round(base - room * line / LINES, 1), step * line) for line in range(LINES + 1)],
        bars=bars,
        base=base,
        summary=finding(months),
    )


def _parts(month: Month, base: float, scale: float) -> tuple[Part, ...]:
    parts: list[Part] = []
    y = base
    for kind, count in (
        ("in", month.met),
        ("failed", month.due - month.met),
        ("plain", month.jobs - month.due),
    ):
        if count:
            high = max(2.0, round(count * scale, 1))
            y = round(y - high, 1)
            parts.append(Part(kind, y, round(high - (1 if parts else 0), 1)))
    return tuple(parts)


def words(month: Month) -> str:
    """One month in a sentence."""
    return ngettext(
        "%(month)s: %(num)s job, %(met)s in time, %(late)s late",
        "%(month)s: %(num)s jobs, %(met)s in time, %(late)s late",
        month.jobs,
        month=month_name(month),
        met=month.met,
        late=month.due - month.met,
    )


def finding(months: Sequence[Month]) -> str:
    """What the chart shows, in a sentence: the last three months beside those before."""
    due, met = sum(m.due for m in months), sum(m.met for m in months)
    if not due:
        return _("No job with a deadline was finished in twelve months")
    late = months[-3:]
    recent, before = _met_share(late), _met_share(months[:-3])
    said = ngettext(
        "%(met)s of %(num)s job in time", "%(met)s of %(num)s jobs in time", due, met=met
    )
    if recent is None or before is None:
        return said
    if recent > before:
        return _("%(said)s; better in the last three months", said=said)
    if recent < before:
        return _("%(said)s; worse in the last three months", said=said)
    return _("%(said)s; unchanged in the last three months", said=said)


def _met_share(months: Sequence[Month]) -> float | None:
    due = sum(m.due for m in months)
    return sum(m.met for m in months) / due if due else None
