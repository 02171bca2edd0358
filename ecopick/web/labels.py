"""Words, icons and tones for every coded value that people see.

Templates say ``{{ ticket.status|label }}``, ``icon_of(ticket.status)`` and
``tone_of(ticket.status)``. The kind of a value is the name of its enum class, so
that PENDING of an assignment and PENDING of a review read differently; a plain
string names its kind: ``label("open", "AlertStatus")``.
"""

import re
from enum import Enum
from typing import NamedTuple

from flask import Flask

from ecopick.core.text import LazyText
from ecopick.core.text import gettext as _
from ecopick.web.label_tables import LABELS
from ecopick.web.look_tables import ICONS, TONES

TONE_NAMES = frozenset({"red", "amber", "blue", "violet", "green", "slate"})
# Ends of a firm's name that tell nothing.
_UNTOLD = frozenset(
    {"ag", "co", "figli", "fils", "gmbh", "kg", "ltd", "s.a", "s.p.a", "s.r.l", "sa", "sarl"}
    | {"sas", "spa", "srl", "söhne"}
)
# A label with a word in it needs no kind before it.
_TELLING = re.compile(r"[^\W\d_]{4,}")


class Look(NamedTuple):
    """How a value is shown: its words, the icon and the tone."""

    text: str
    icon: str | None
    tone: str


def _key(value: object, kind: str | None) -> tuple[str | None, str]:
    if isinstance(value, Enum):
        return kind or type(value).__name__, str(value.value)
    return kind, str(value)


def _find(value: object, kind: str | None) -> LazyText | None:
    name, key = _key(value, kind)
    if name in LABELS:
        return LABELS[name].get(key)
    for table in LABELS.values():
        if key in table:
            return table[key]
    return None


def label(value: object, kind: str | None = None) -> str:
    """The words for ``value`` in the reader's language; '' for None.

    A value without an entry is shown as itself, underscores as spaces, so that a
    category typed by an owner reads as it was typed.
    """
    if value is None or value == "":
        return ""
    found = _find(value, kind)
    if found is not None:
        return str(found)
    text = _key(value, kind)[1].replace("_", " ").strip()
    return text.capitalize() if text.isupper() or text.islower() else text


def icon_of(value: object, kind: str | None = None) -> str | None:
    """The sprite icon of ``value``, None where it has none."""
    name, key = _key(value, kind)
    if name in ICONS:
        return ICONS[name].get(key)
    return next((table[key] for table in ICONS.values() if key in table), None)


def tone_of(value: object, kind: str | None = None) -> str:
    """The tone of ``value``: red, amber, blue, violet, green or slate."""
    name, key = _key(value, kind)
    if name in TONES:
        return TONES[name].get(key, "slate")
    return next((table[key] for table in TONES.values() if key in table), "slate")


def look(value: object, kind: str | None = None) -> Look:
    """Words, icon and tone at once."""
    return Look(label(value, kind), icon_of(value, kind), tone_of(value, kind))


def initials(name: str | None) -> str:
    """Two letters for an avatar: first and last word of ``name``, legal forms left out."""
    words = [word for word in (name or "").split() if word[0].isalnum()]
    told = [word for word in words if word.lower().rstrip(".") not in _UNTOLD] or words
    if not told:
        return "?"
    letters = told[0][0] + (told[-1][0] if len(told) > 1 else told[0][1:2])
    return letters.upper()


def unit_name(name: str, unit_type: object = None) -> str:
    """What a unit is called: "Apartment 3.07", but "Lobby" where its label says all."""
    if _TELLING.search(name):
        return name
    kind = label(unit_type, "UnitType")
    return f"{kind} {name}" if kind else _("unit %(label)s", label=name)


def floor_name(floor: str) -> str:
    """ "floor 3", "ground floor"; a floor that is no number stays as the owner wrote it."""
    try:
        number = int(floor)
    except ValueError:
        return floor
    return _("floor %(floor)s", floor=number) if number else _("ground floor")


def install(app: Flask) -> None:
    """Give the templates the filters and globals of this module."""
    app.jinja_env.filters.update(label=label, initials=initials)
    app.jinja_env.globals.update(
        label=label,
        icon_of=icon_of,
        tone_of=tone_of,
        initials=initials,
        unit_name=unit_name,
        floor_name=floor_name,
    )
