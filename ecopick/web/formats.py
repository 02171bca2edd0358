"""Numbers, dates and durations as the reader's language writes them.

Times are shown in the time zone of the building they are about. English is
British English: days before months, the clock with 24 hours.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent
from flask import Flask

from ecopick.core import clock
from ecopick.core.text import gettext as _
from ecopick.core.text import language, ngettext
from ecopick.domains.sla.targets import Clock, SlaState
from ecopick.web import labels, navigation, toasts
from ecopick.web.session_cookies import csrf_token_for
from ecopick.web.state import find_actor

DEFAULT_ZONE = "Europe/Berlin"
LOCALES = {"en": "en_GB", "de": "de_DE", "fr": "fr_FR", "it": "it_IT"}
LONG_DAYS = {
    "en": "EEEE d MMMM",
    "de": "EEEE, d. MMMM",
    "fr": "EEEE d MMMM",
    "it": "EEEE d MMMM",
}


class HasNumber(Protocol):
    """Anything with a ticket's number."""

    @property
    def number(self) -> int: ...


def locale(country: str | None = None) -> Locale:
    """The reader's language, written as in ``country`` (ISO 3166) where Babel knows the pair."""
    code = language()
    if country:
        try:
            return Locale.parse(f"{code}_{country.upper()}")
        except (ValueError, UnknownLocaleError):
            pass
    return Locale.parse(LOCALES.get(code, "en_GB"))


def zone_of(tz: str | None) -> ZoneInfo:
    """The zone of that name; the product's own where there is none."""
    try:
        return ZoneInfo(tz or DEFAULT_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)


def zoned(value: datetime, tz: str | None = None) -> datetime:
    """``value`` on the clocks of ``tz`` (a building's zone)."""
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(zone_of(tz))


def local_date(value: datetime | date | None, tz: str | None = None) -> str:
    """ "12 March", with the year where it is not this one."""
    if value is None:
        return ""
    today = zoned(clock.now(), tz).date()
    day = zoned(value, tz) if isinstance(value, datetime) else value
    skeleton = "MMMMd" if day.year == today.year else "yMMMMd"
    return str(format_skeleton(skeleton, day, locale=locale()))


def local_time(value: datetime | None, tz: str | None = None) -> str:
    """ "07:12"."""
    return "" if value is None else zoned(value, tz).strftime("%H:%M")


def local_datetime(value: datetime | None, tz: str | None = None) -> str:
    """ "12 March, 07:12"."""
    return "" if value is None else f"{local_date(value, tz)}, {local_time(value, tz)}"


def long_day(value: datetime | None, tz: str | None = None) -> str:
    """ "Friday 13 March"."""
    if value is None:
        return ""
    text = format_date(zoned(value, tz), LONG_DAYS[language()], locale=locale())
    return str(text[:1].upper() + text[1:])


def near_day(value: datetime | None, tz: str | None = None) -> str:
    """ "today", "tomorrow", "yesterday", else the date."""
    if value is None:
        return ""
    days = (zoned(value, tz).date() - zoned(clock.now(), tz).date()).days
    near = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}
    return near.get(days) or local_date(value, tz)


def due_text(value: datetime | None, tz: str | None = None) -> str:
    """ "Due today, 11:37"."""
    if value is None:
        return ""
    return _("Due %(day)s, %(time)s", day=near_day(value, tz), time=local_time(value, tz))


def window(start: datetime | None, end: datetime | None, tz: str | None = None) -> str:
    """ "Friday 13 March, between 09:00 and 11:00"."""
    if start is None:
        return ""
    if end is None:
        return _("%(day)s, from %(time)s", day=long_day(start, tz), time=local_time(start, tz))
    return _(
        "%(day)s, between %(start)s and %(end)s",
        day=long_day(start, tz),
        start=local_time(start, tz),
        end=local_time(end, tz),
    )


def duration(value: timedelta | None) -> str:
    """ "38 min", "2 h 02 min", "14 h", "1 day 4 h", "3 days": never negative, at most two parts."""
    if value is None:
        return ""
    minutes = int(abs(value).total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return _("%(count)s min", count=rest)
    if hours < 10 and rest:
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=f"{rest:02d}")
    if hours < 24:
        return _("%(count)s h", count=hours)
    days, hours = divmod(hours, 24)
    text = ngettext("%(num)s day", "%(num)s days", days)
    return text if hours == 0 or days > 1 else f"{text} {_('%(count)s h', count=hours)}"


def minutes(count: int | None) -> str:
    """So many minutes as a duration: "2 h 41 min"."""
    return "" if count is None else duration(timedelta(minutes=count))


def age(value: datetime | None) -> str:
    """How long ago in its largest unit: "4 min", "3 h", "6 d"."""
    if value is None:
        return ""
    minutes = max(0, int((clock.now() - value).total_seconds() // 60))
    if minutes == 0:
        return _("now")
    if minutes < 60:
        return _("%(count)s min", count=minutes)
    if minutes < 48 * 60:
        return _("%(count)s h", count=minutes // 60)
    return _("%(count)s d", count=minutes // (24 * 60))


def ago(value: datetime | None) -> str:
    """ "4 min ago"; "just now" within the first minute."""
    if value is None:
        return ""
    if clock.now() - value < timedelta(minutes=1):
        return _("just now")
    return _("%(duration)s ago", duration=age(value))


def sla_text(shown: Clock | None) -> str:
    """What the SLA chip says: "38 min left", "41 min over", "Paused", "Met"."""
    if shown is None or shown.state is SlaState.NONE:
        return ""
    if shown.state in (SlaState.RUNNING, SlaState.AT_RISK):
        return _("%(duration)s left", duration=duration(shown.left))
    if shown.state is SlaState.PAST_DUE:
        return _("%(duration)s over", duration=duration(shown.left))
    return labels.label(shown.state, "SlaState")


def ring_text(shown: Clock) -> tuple[str, str]:
    """The two lines inside the SLA ring: "55" over "min left"."""
    if shown.state in (SlaState.MET, SlaState.MISSED, SlaState.NONE) or shown.left is None:
        return labels.label(shown.state, "SlaState"), ""
    late = shown.left < timedelta(0)
    minutes = int(abs(shown.left).total_seconds() // 60)
    if minutes < 60:
        return str(minutes), _("min over") if late else _("min left")
    if minutes < 48 * 60:
        return str(minutes // 60), _("h over") if late else _("h left")
    return str(minutes // 1440), _("days over") if late else _("days left")


def number(value: float | Decimal | None) -> str:
    """A number with the separators of the language."""
    return "" if value is None else str(format_decimal(value, locale=locale()))


def percent(share: float | Decimal | None) -> str:
    """A share of one as a percentage: "93%", in German "93 %"."""
    return "" if share is None else str(format_percent(share, locale=locale()))


def money(value: Decimal | float | None, currency: str = "EUR", country: str | None = None) -> str:
    """A sum as the building's country writes it: "1.234,50 €", "CHF 1'234.50"."""
    if value is None:
        return ""
    return str(format_currency(value, currency, locale=locale(country)))


def listed(names: Sequence[str]) -> str:
    """ "Annegret, Tobias and Jürgen"."""
    return str(format_list(list(names), locale=locale()))


def file_size(size: int | None) -> str:
    """ "1.4 MB"; empty where it is not known."""
    if size is None:
        return ""
    if size < 1_000_000:
        return _("%(size)s KB", size=number(max(1, round(size / 1000))))
    return _("%(size)s MB", size=number(round(size / 1_000_000, 1)))


def ticket_number(ticket: HasNumber | int, prefix: str = "EP") -> str:
    """ "EP-2183"."""
    found = ticket if isinstance(ticket, int) else ticket.number
    return f"{prefix}-{found}"


def csrf_token() -> str:
    """What every form of a signed-in person carries; empty for anybody else."""
    actor = find_actor()
    live = actor.session if actor is not None else None
    return csrf_token_for(live.family_id) if live is not None else ""


def install(app: Flask) -> None:
    """Give the templates the filters and globals of the HTTP kit."""
    app.jinja_env.filters.update(
        local_datetime=local_datetime,
        local_date=local_date,
        local_time=local_time,
        long_day=long_day,
        near_day=near_day,
        ago=ago,
        age=age,
        duration=duration,
        money=money,
        number=number,
        percent=percent,
        file_size=file_size,
    )
    app.jinja_env.globals.update(
        csrf_token=csrf_token,
        due_text=due_text,
        minutes=minutes,
        ring_text=ring_text,
        sla_text=sla_text,
        ticket_number=ticket_number,
        window=window,
    )
    labels.install(app)
    navigation.install(app)
    toasts.install(app)
