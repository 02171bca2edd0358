"""The façade: one window per unit, valid XML, the same drawing for the same building."""

import xml.etree.ElementTree as ElementTree

import pytest

from ecopick.domains.property.facade import (
    MAX_WINDOWS,
    Shape,
    Tone,
    Window,
    draw_facade,
    shape_of,
)

SVG = "{http://www.w3.org/2000/svg}"
COUNTS = [0, 1, 2, 3, 5, 7, 12, 17, 24, 36, 41, 60, 97, 120, MAX_WINDOWS]


def panes(drawing: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(drawing)
    return [rect for rect in root.iter(f"{SVG}rect") if rect.attrib["class"].split()[0] == "pane"]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("shape", list(Shape))
def test_one_window_per_unit_inside_the_walls(count: int, shape: Shape) -> None:
    drawing = draw_facade("b", [Window()] * count, shape=shape)
    found = panes(drawing)
    assert len(found) == count
    root = ElementTree.fromstring(drawing)
    wall = max(
        (r for r in root.iter(f"{SVG}rect") if r.attrib["class"] == "wall"),
        key=lambda r: float(r.attrib["height"]),
    )
    left, top = float(wall.attrib["x"]), float(wall.attrib["y"])
    for pane in found:
        x, y = float(pane.attrib["x"]), float(pane.attrib["y"])
        assert left < x
        assert x + float(pane.attrib["width"]) < left + float(wall.attrib["width"])
        assert top < y
        assert y + float(pane.attrib["height"]) < top + float(wall.attrib["height"])
    places = {(pane.attrib["x"], pane.attrib["y"]) for pane in found}
    assert len(places) == count


def test_a_filled_window_is_a_ticket() -> None:
    tones = [Tone.OPEN, Tone.AT_RISK, Tone.PAST_DUE, Tone.HERE, Tone.EMPTY]
    classes = [pane.attrib["class"] for pane in panes(draw_facade("b", [Window(t) for t in tones]))]
    assert classes == ["pane is-open", "pane is-risk", "pane is-late", "pane is-here", "pane"]


def test_units_stand_on_their_floors() -> None:
    windows = [Window(floor=floor) for floor in (0, 0, 0, 1, 1, 2, 4)]
    rows: dict[float, int] = {}
    for pane in panes(draw_facade("b", windows)):
        rows[float(pane.attrib["y"])] = rows.get(float(pane.attrib["y"]), 0) + 1
    # From the roof down: the fourth floor, a floor without units, then 1, 2 and 3 windows.
    assert [rows[y] for y in sorted(rows)] == [1, 1, 2, 3]


def test_a_tower_shows_the_pressing_units_first() -> None:
    windows = [Window()] * 400 + [Window(Tone.PAST_DUE)] * 3
    found = panes(draw_facade("b", windows))
    assert len(found) == MAX_WINDOWS
    assert sum("is-late" in pane.attrib["class"] for pane in found) == 3


def test_the_same_building_is_always_drawn_the_same() -> None:
    windows = [Window(Tone.OPEN), Window(), Window(Tone.AT_RISK)]
    assert draw_facade("42", windows, title="a") == draw_facade("42", windows, title="a")
    assert {shape_of(number) for number in range(40)} == set(Shape)


def test_the_title_is_escaped_and_named() -> None:
    drawing = draw_facade("b", [Window(name="<3.07>")], title="Höfe & <b>")
    root = ElementTree.fromstring(drawing)
    assert root.attrib["role"] == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == "Höfe & <b>"
    decorative = ElementTree.fromstring(draw_facade("b", [Window()]))
    assert decorative.attrib["aria-hidden"] == "true"


@pytest.mark.parametrize("height", [40, 66, 100])
def test_it_keeps_to_its_height(height: int) -> None:
    root = ElementTree.fromstring(draw_facade("b", [Window()] * 60, height=height))
    assert float(root.attrib["height"]) <= height
    assert "style" not in draw_facade("b", [Window()] * 60, height=height)
