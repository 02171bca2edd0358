"""Style sheets: budgets, contrast of the tokens as they are written, vendored files as they came."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "ecopick" / "static"
CSS = sorted((STATIC / "css").glob("*.css"))
SCRIPTS = sorted(STATIC.rglob("*.js"))
TOKENS = (STATIC / "css" / "tokens.css").read_text()

TEXT_PAIRS = [
    ("text", "surface"),
    ("text-2", "surface"),
    ("text-3", "surface"),
    ("link", "surface"),
    ("text-3", "canvas"),
    ("text-3", "sunken"),
    ("text-3", "selected"),
    ("primary-label", "primary"),
    ("next-label", "next"),
    ("band-text-2", "band"),
    ("toast-text", "toast"),
    *[
        (tone, ground)
        for tone in ("red", "amber", "blue", "violet", "green", "slate")
        for ground in ("surface", f"{tone}-fill")
    ],
]
MARK_PAIRS = [
    ("control", "surface"),
    ("focus", "surface"),
    ("focus", "canvas"),
    ("mark-navy", "surface"),
    ("mark-red", "surface"),
    ("mark-amber", "surface"),
    ("mark-slate", "surface"),
    ("mark-green", "surface"),
]
# (theme, text, ground) -> the figure of the design language, measured on the same colours.
FIGURES = {
    ("light", "text", "surface"): 16.1,
    ("light", "text-2", "surface"): 8.0,
    ("light", "text-3", "surface"): 5.6,
    ("light", "text-3", "selected"): 4.96,
    ("light", "link", "surface"): 8.1,
    ("light", "primary-label", "primary"): 12.4,
    ("light", "next-label", "next"): 9.7,
    ("light", "red", "red-fill"): 6.4,
    ("light", "violet", "violet-fill"): 7.4,
    ("dark", "text", "surface"): 15.1,
    ("dark", "text-3", "surface"): 6.6,
    ("dark", "amber", "amber-fill"): 10.1,
    ("dark", "green", "green-fill"): 10.6,
    ("contrast", "text", "surface"): 21.0,
    ("contrast", "link", "surface"): 10.9,
    ("contrast", "next-label", "next"): 10.8,
}


def block(start: str) -> dict[str, str]:
    """The declarations of the first rule after ``start``."""
    body = TOKENS[TOKENS.index(start) :]
    body = body[body.index("{") + 1 :]
    if start.startswith("@media"):
        body = body[body.index("{") + 1 :]
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", body[: body.index("}")]))


THEMES = {
    "light": block(":root, [data-theme"),
    "dark": block('[data-theme="dark"]'),
    "contrast": block('[data-theme="contrast"]'),
}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(theme: str, front: str, back: str) -> float:
    values = {**THEMES["light"], **THEMES[theme]}
    light, dark = sorted((luminance(values[front]), luminance(values[back])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_text_reads_in_every_theme(theme: str) -> None:
    weak = {
        (front, back): round(contrast(theme, front, back), 2)
        for front, back in TEXT_PAIRS
        if contrast(theme, front, back) < (7 if theme == "contrast" else 4.5)
    }
    assert weak == {}


@pytest.mark.parametrize("theme", THEMES)
def test_marks_and_borders_show_in_every_theme(theme: str) -> None:
    weak = {
        (front, back): round(contrast(theme, front, back), 2)
        for front, back in MARK_PAIRS
        if contrast(theme, front, back) < 3
    }
    assert weak == {}


@pytest.mark.parametrize(("pair", "figure"), FIGURES.items(), ids=str)
def test_the_colours_are_those_of_the_design_language(
    pair: tuple[str, str, str], figure: float
) -> None:
    assert contrast(*pair) == pytest.approx(figure, abs=0.06)


@pytest.mark.parametrize(
    ("theme", "query"),
    [
        ("dark", "@media screen and (prefers-color-scheme: dark)"),
        ("contrast", "@media (prefers-contrast"),
    ],
)
def test_asking_the_system_gives_the_chosen_theme(theme: str, query: str) -> None:
    assert block(query) == THEMES[theme]
    assert THEMES[theme].keys() <= THEMES["light"].keys()


def compressed(files: list[Path]) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def test_budgets() -> None:
    assert compressed(CSS) <= 40 * 1024
    assert compressed(SCRIPTS) <= 60 * 1024


def test_every_rule_stands_in_a_layer() -> None:
    assert TOKENS.index("@layer reset, tokens, base, layout, components, utilities, print;") < 400
    for file in CSS:
        depth, outside = 0, []
        text = re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.S)
        for chunk in re.split(r"([{}])", text):
            if chunk == "{":
                depth += 1
            elif chunk == "}":
                depth -= 1
            elif depth == 0 and chunk.strip():
                outside.append(chunk.strip())
        assert depth == 0
        assert all(head.startswith(("@layer", "@font-face")) for head in outside), file.name


def test_components_take_colours_from_tokens() -> None:
    for file in CSS:
        if file.name in ("tokens.css", "utilities.css"):
            continue
        colours = set(re.findall(r"#[0-9A-Fa-f]{3,8}\b", file.read_text())) - {"#fff"}
        assert colours == set(), file.name


def test_every_variable_is_defined() -> None:
    text = "".join(file.read_text() for file in CSS)
    used = set(re.findall(r"var\(--([\w-]+)", text))
    defined = set(re.findall(r"--([\w-]+)\s*:", text))
    assert used - defined == set()


@pytest.mark.parametrize("folder", sorted(p.name for p in (STATIC / "vendor").iterdir()))
def test_vendored_files_are_as_they_came(folder: str) -> None:
    place = STATIC / "vendor" / folder
    assert (place / "LICENSE").stat().st_size > 200
    lines = re.findall(r"^sha256 (\S+) ([0-9a-f]{64})$", (place / "VERSION").read_text(), re.M)
    shipped = {f.name for f in place.iterdir()} - {"LICENSE", "VERSION", "icons.txt"}
    assert {name for name, _ in lines} == shipped
    for name, digest in lines:
        assert hashlib.sha256((place / name).read_bytes()).hexdigest() == digest


def test_scripts_need_no_eval_and_write_no_styles() -> None:
    for file in (STATIC / "js").glob("*.js"):
        text = file.read_text()
        for banned in (
            "eval(",
            "new Function",
            "innerHTML",
            ".style.",
            "outerHTML",
            "http://",
            "https://",
        ):
            if banned == "http://":
                text = text.replace("http://www.w3.org/2000/svg", "")
            assert banned not in text, (file.name, banned)
