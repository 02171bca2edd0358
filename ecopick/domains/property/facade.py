"""The façade of a building as SVG: one window per unit, a filled window is a ticket.

Pure: the same building and units always give the same drawing. Colours come from
the style sheet by class, so the drawing follows the theme and needs no inline style.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from math import ceil, sqrt

from markupsafe import Markup, escape

MAX_WINDOWS = 160
MAX_PER_FLOOR = 16
MAX_FLOORS = 14

PITCH_X = 14.0
PITCH_Y = 16.0
PANE_W = 9.0
PANE_H = 11.0
SIDE = 9.0
TOP = 6.0
BASE = 20.0
GROUND = 2.0


class Tone(StrEnum):
    """What fills a window; EMPTY is a unit without an open ticket."""

    EMPTY = "empty"
    OPEN = "open"
    AT_RISK = "risk"
    PAST_DUE = "late"
    HERE = "here"


class Shape(StrEnum):
    """The outline above the walls."""

    GABLE = "gable"
    FLAT = "flat"
    MANSARD = "mansard"
    STEPPED = "stepped"


ROOF_HEIGHT = {Shape.GABLE: 16.0, Shape.FLAT: 3.0, Shape.MANSARD: 10.0, Shape.STEPPED: 9.0}
SEVERITY = (Tone.EMPTY, Tone.OPEN, Tone.AT_RISK, Tone.PAST_DUE, Tone.HERE)


@dataclass(frozen=True)
class Window:
    """One unit: its worst ticket, its floor where known, and a name for its tooltip."""

    tone: Tone = Tone.EMPTY
    floor: int | None = None
    name: str = ""


def shape_of(building_id: object) -> Shape:
    """The outline of a building: fixed by its id."""
    shapes = list(Shape)
    return shapes[sha256(str(building_id).encode()).digest()[0] % len(shapes)]


def draw_facade(
    building_id: object,
    windows: Sequence[Window],
    *,
    title: str | None = None,
    height: int = 100,
    shape: Shape | None = None,
    columns: int | None = None,
) -> Markup:
    """The façade, ``height`` CSS pixels high at most, ground floor lowest.

    Without ``title`` the drawing is decorative. Over ``MAX_WINDOWS`` units, those
    with the most pressing tickets are drawn and the rest left out. Units keep
    their floors when every one is known and the floors fit; otherwise, or when
    ``columns`` asks for a certain width, they fill the rows from the ground up,
    in the order given.
    """
    outline = shape or shape_of(building_id)
    rows = _rows(_shown(windows), columns)
    widest = max([len(row) for row in rows] + [3])
    wall_w = 2 * SIDE + widest * PITCH_X - (PITCH_X - PANE_W)
    wall_h = TOP + max(len(rows), 1) * PITCH_Y + BASE
    roof_h = ROOF_HEIGHT[outline]
    width = wall_w + 8
    total = roof_h + wall_h + GROUND
    parts = [_roof(outline, 4.0, wall_w, roof_h), _rect("wall", 4.0, roof_h, wall_w, wall_h)]
    for index, row in enumerate(rows):
        y = roof_h + TOP + (len(rows) - 1 - index) * PITCH_Y
        row_w = len(row) * PITCH_X - (PITCH_X - PANE_W)
        left = 4.0 + (wall_w - row_w) / 2
        parts += [_pane(window, left + at * PITCH_X, y) for at, window in enumerate(row)]
    parts.append(_rect("door", 4.0 + wall_w / 2 - 5, total - GROUND - 12, 10.0, 12.0))
    parts.append(
        f'<path class="ground" d="M0 {_n(total - 1)}h{_n(width)}"/>',
    )
    scale = min(1.0, height / total)
    name = f"<title>{escape(title)}</title>" if title else ""
    role = ' role="img"' if title else ' aria-hidden="true"'
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="facade"{role} '
        f'width="{_n(width * scale)}" height="{_n(total * scale)}" '
        f'viewBox="0 0 {_n(width)} {_n(total)}">{name}{"".join(parts)}</svg>'
    )


def _shown(windows: Sequence[Window]) -> list[Window]:
    if len(windows) <= MAX_WINDOWS:
        return list(windows)
    order = sorted(range(len(windows)), key=lambda at: (-SEVERITY.index(windows[at].tone), at))
    return [windows[at] for at in sorted(order[:MAX_WINDOWS])]


def _rows(windows: list[Window], columns: int | None) -> list[list[Window]]:
    """Rows from the ground up."""
    if not windows:
        return []
    known = [window.floor for window in windows if window.floor is not None]
    if columns is None and len(known) == len(windows) and max(known) - min(known) < MAX_FLOORS:
        if max(Counter(known).values()) <= MAX_PER_FLOOR:
            return [
                [window for window in windows if window.floor == floor]
                for floor in range(min(known), max(known) + 1)
            ]
    across = min(MAX_PER_FLOOR, columns or _across(len(windows)))
    return [windows[at : at + across] for at in range(0, len(windows), across)]


def _across(count: int) -> int:
    """Windows per floor: near half as wide again as high, with few gaps at the top."""
    ideal = max(3, round(sqrt(count * 1.6)))
    nearby = range(max(3, ideal - 2), ideal + 3)
    return min(nearby, key=lambda n: (ceil(count / n) * n - count, abs(n - ideal)))


def _pane(window: Window, x: float, y: float) -> str:
    klass = "pane" if window.tone is Tone.EMPTY else f"pane is-{window.tone}"
    name = f"<title>{escape(window.name)}</title>" if window.name else ""
    pane = (
        f'<rect class="{klass}" x="{_n(x)}" y="{_n(y)}" '
        f'width="{_n(PANE_W)}" height="{_n(PANE_H)}" rx="1.5"'
    )
    pane += f">{name}</rect>" if name else "/>"
    sign = _sign(window.tone, x, y)
    return pane + sign


def _sign(tone: Tone, x: float, y: float) -> str:
    """A stroke that tells the tones apart without colour; shown in high contrast."""
    if tone is Tone.PAST_DUE:
        return f'<path class="sign" d="M{_n(x + 2)} {_n(y + 2)}l5 7m0-7l-5 7"/>'
    if tone is Tone.AT_RISK:
        return f'<path class="sign" d="M{_n(x + 2)} {_n(y + 9)}l5-7"/>'
    return ""


def _roof(shape: Shape, x: float, width: float, height: float) -> str:
    right, middle = x + width, x + width / 2
    if shape is Shape.GABLE:
        return f'<path class="roof" d="M{_n(middle)} 0L{_n(right + 3)} {_n(height)}H{_n(x - 3)}z"/>'
    if shape is Shape.MANSARD:
        return (
            f'<path class="roof" d="M{_n(x + 5)} 0H{_n(right - 5)}'
            f'L{_n(right + 3)} {_n(height)}H{_n(x - 3)}z"/>'
        )
    if shape is Shape.STEPPED:
        return _rect("wall", x + width * 0.22, 0.0, width * 0.5, height)
    return _rect("roof", x - 2, 0.0, width + 4, height)


def _rect(klass: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="{klass}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"/>'
    )


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
