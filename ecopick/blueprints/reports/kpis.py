"""The five figures of the dashboard: each with its two weeks, a comparison and its list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ecopick.core import clock
from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.reports.queries.places import Place
from ecopick.domains.reports.queries.trend import Trend
from ecopick.domains.tickets.lifecycle import WAITING
from ecopick.web.formats import duration, number

Href = Callable[..., str]
WEEK = 7
LONG_WAIT = timedelta(days=3)
NOTHING = "–"


@dataclass(frozen=True)
class Tile:
    """A figure; ``points`` of the last fourteen days, ``points_text`` the same in words."""

    key: str
    name: str
    figure: str
    href: str
    unit: str = ""
    note: str = ""
    tone: str | None = None
    icon: str | None = None
    points: list[float] = field(default_factory=list)
    points_text: list[str] = field(default_factory=list)


def tiles(places: Sequence[Place], trend: Trend, href: Href) -> list[Tile]:
    """Open, met, past due, first response, waiting: of these buildings and their history."""
    return [
        _open(places, trend, href),
        _met(trend, href),
        _past_due(places, trend, href),
        _first_response(trend, href),
        _waiting(places, trend, href),
    ]


def _direction(change: float) -> str:
    return "arrow-up-right" if change > 0 else "arrow-down-right" if change < 0 else "equal"


def _open(places: Sequence[Place], trend: Trend, href: Href) -> Tile:
    count = sum(place.open for place in places)
    points = [point.open for point in trend.days[:-1]] + [count]
    change = count - points[-1 - WEEK]
    note = _("As many as last week")
    if change > 0:
        note = ngettext("%(num)s more than last week", "%(num)s more than last week", change)
    elif change < 0:
        note = ngettext("%(num)s fewer than last week", "%(num)s fewer than last week", -change)
    return _counted(
        Tile(
            "open",
            _("Open tickets"),
            number(count),
            href(view="open"),
            note=note,
            icon=_direction(change),
        ),
        points,
    )


def _met(trend: Trend, href: Href) -> Tile:
    share, before = trend.now.met_share, trend.earlier.met_share
    note, tone, icon = _("Nothing resolved yet"), None, None
    if share is not None and before is None:
        note = ngettext("Of %(num)s ticket", "Of %(num)s tickets", trend.now.resolved)
    elif share is not None and before is not None:
        change = round((share - before) * 100, 1)
        icon = _direction(change)
        tone = "green" if change > 0 else "red" if change < 0 else None
        words = _("%(points)s points up") if change > 0 else _("%(points)s points down")
        note = words % {"points": number(abs(change))} if change else _("As before")
    shares = [point.met_share for point in trend.days]
    return Tile(
        "met",
        _("SLA met, 30 days"),
        NOTHING if share is None else number(round(share * 100, 1)),
        href(view="all", figure="resolved_30_days"),
        unit="" if share is None else "%",
        note=note,
        tone=tone,
        icon=icon,
        points=[each for each in shares if each is not None],
        points_text=[_percent(each) for each in shares],
    )


def _past_due(places: Sequence[Place], trend: Trend, href: Href) -> Tile:
    count = sum(place.past_due for place in places)
    points = [point.past_due for point in trend.days[:-1]] + [count]
    change = count - points[-2]
    note, tone = _("As many as yesterday"), None
    if change > 0:
        tone = "red"
        note = ngettext("%(num)s more than yesterday", "%(num)s more than yesterday", change)
    elif change < 0:
        tone = "green"
        note = ngettext("%(num)s fewer than yesterday", "%(num)s fewer than yesterday", -change)
    return _counted(
        Tile(
            "past_due",
            _("Past due"),
            number(count),
            href(view="open", due="past"),
            note=note,
            tone=tone,
            icon=_direction(change),
        ),
        points,
    )


def _first_response(trend: Trend, href: Href) -> Tile:
    median, before = trend.now.answer_minutes, trend.earlier.answer_minutes
    figure, unit = _minutes(median)
    note, tone, icon = _("Nothing answered yet"), None, None
    if median is not None and before is None:
        note = ngettext("Of %(num)s ticket", "Of %(num)s tickets", trend.now.answered)
    elif median is not None and before is not None:
        change = round(median) - round(before)
        icon = _direction(change)
        tone = "green" if change < 0 else "amber" if change > 0 else None
        length = duration(timedelta(minutes=abs(change)))
        words = _("%(time)s faster") if change < 0 else _("%(time)s slower")
        note = words % {"time": length} if change else _("As before")
    medians = [point.answer_minutes for point in trend.days]
    return Tile(
        "first_response",
        _("First response"),
        figure,
        href(view="all", figure="answered_30_days"),
        unit=unit,
        note=note,
        tone=tone,
        icon=icon,
        points=[each for each in medians if each is not None],
        points_text=[
            NOTHING if each is None else duration(timedelta(minutes=round(each)))
            for each in medians
        ],
    )


def _waiting(places: Sequence[Place], trend: Trend, href: Href) -> Tile:
    count = sum(place.waiting for place in places)
    points = [max(0, count - point.waiting_change) for point in trend.days[:-1]] + [count]
    began = min((place.waiting_since for place in places if place.waiting_since), default=None)
    note, tone = _("Nobody is waited for"), None
    if began is not None:
        waited = clock.now() - began
        tone = "amber" if waited >= LONG_WAIT else None
        note = _("Longest: %(time)s", time=duration(waited))
    elif count:
        note = _("For a tenant or a vendor")
    return _counted(
        Tile(
            "waiting",
            _("Waiting on others"),
            number(count),
            href(view="open", status=sorted(WAITING)),
            note=note,
            tone=tone,
            icon="hourglass",
        ),
        points,
    )


def _counted(tile: Tile, points: Sequence[int]) -> Tile:
    return Tile(
        **{
            **tile.__dict__,
            "points": [float(each) for each in points],
            "points_text": [number(each) for each in points],
        }
    )


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{number(round(share * 100, 1))} %"


def _minutes(value: float | None) -> tuple[str, str]:
    """A length of time as figure and unit: ("38", "min"), ("2.6", "h"), ("3", "d")."""
    if value is None:
        return NOTHING, ""
    if value < 120:
        return number(round(value)), _("min")
    if value < 48 * 60:
        return number(round(value / 60, 1)), _("h")
    return number(round(value / 1440, 1)), _("d")
