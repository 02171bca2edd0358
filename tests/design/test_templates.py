"""Templates: they compile, hold nothing inline, and name only icons, classes and macros that exist."""

import ast
import re
from pathlib import Path

import jinja2
import jinja2.meta
import pytest

from ecopick.web import labels, look_tables
from ecopick.web.label_tables import LABELS

ROOT = Path(__file__).resolve().parents[2] / "ecopick"
TEMPLATES = ROOT / "templates"
PAGES = sorted(
    file for file in TEMPLATES.rglob("*.html") if file.relative_to(TEMPLATES).parts[0] != "emails"
)
SPRITE = (ROOT / "static" / "vendor" / "lucide" / "sprite.svg").read_text()
ICONS = set(re.findall(r'<symbol id="([\w-]+)"', SPRITE))


def environment() -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(
        url_for=lambda endpoint, filename="", **_values: f"/static/{filename}",
        csrf_token=lambda: "token",
        current_language=lambda: "en",
        label=labels.label,
        icon_of=labels.icon_of,
        tone_of=labels.tone_of,
        initials=labels.initials,
    )
    env.filters.update(label=labels.label, initials=labels.initials)
    return env


def name_of(file: Path) -> str:
    return str(file.relative_to(TEMPLATES))


@pytest.mark.parametrize("file", PAGES, ids=name_of)
def test_nothing_inline(file: Path) -> None:
    """The content security policy allows no inline style, script or handler, and no eval."""
    text = re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.S)
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"[\s'\"]on[a-z]+\s*=\s*[\"']", text)
    assert "hx-on" not in text
    assert "javascript:" not in text
    assert not re.search(r"hx-trigger[\"']?\s*[=:]\s*[\"'][^\"']*\[", text)
    assert not re.search(r"hx-(?:vals|headers)[\"']?\s*[=:]\s*[\"'](?:js|javascript):", text)


@pytest.mark.parametrize("file", PAGES, ids=name_of)
def test_every_icon_is_in_the_sprite(file: Path) -> None:
    text = file.read_text()
    named = set(
        re.findall(r"\b(?:draw_icon|icon|icon_button|menu)\(\s*[\"']([a-z][a-z0-9-]+)[\"']", text)
    )
    named |= set(re.findall(r"\bicon(?:_end)?\s*=\s*[\"']([a-z][a-z0-9-]+)[\"']", text))
    named |= set(re.findall(r"[\"']icon[\"']\s*:\s*[\"']([a-z][a-z0-9-]+)[\"']", text))
    named |= set(re.findall(r"#([a-z][a-z0-9-]+)\"/></svg>", text))
    assert named - ICONS == set()


def test_icons_in_python_and_scripts_are_in_the_sprite() -> None:
    named = {icon for table in look_tables.ICONS.values() for icon in table.values()}
    for file in (ROOT / "static" / "js").glob("*.js"):
        named |= set(re.findall(r"\bicon\(\"([a-z0-9-]+)\"", file.read_text()))
        named |= set(re.findall(r"\"(?:tone-\w+|chip-open)\", \"([a-z0-9-]+)\"", file.read_text()))
    for python in ROOT.rglob("*.py"):
        named |= set(re.findall(r"[\"']icon[\"']:\s*\"([a-z0-9-]+)\"", python.read_text()))
    assert named - ICONS == set()


@pytest.mark.parametrize("file", PAGES, ids=name_of)
def test_it_compiles_and_imports_what_exists(file: Path) -> None:
    env = environment()
    source = file.read_text()
    for needed in jinja2.meta.find_referenced_templates(_parsed(env, source)):
        assert needed is None or (TEMPLATES / needed).exists(), needed
    for module, names in re.findall(
        r"\{%-?\s*from\s+\"(components/[\w/]+\.html)\"\s+import\s+([^%]+?)-?%\}", source
    ):
        macros = set(re.findall(r"\{%-?\s*macro\s+(\w+)", (TEMPLATES / module).read_text()))
        asked = {part.split(" as ")[0].strip() for part in names.split(",")}
        asked = {name.removesuffix("with context").strip() for name in asked}
        assert asked <= macros, module


def _parsed(env: jinja2.Environment, source: str) -> jinja2.nodes.Template:
    """The syntax tree, whatever filters the application adds."""
    return env.parse(source)


def test_every_macro_file_says_how_to_use_it() -> None:
    for file in (TEMPLATES / "components").glob("*.html"):
        assert file.read_text().startswith("{#-"), file.name


def test_the_gallery_shows_every_macro() -> None:
    """A component that the gallery does not show is not looked at in three themes."""
    source = (TEMPLATES / "dev" / "components.html").read_text()
    gallery = re.sub(r"\{%-? from [^%]+%\}", "", source)
    html = environment().get_template("dev/components.html").render(facades=[])
    assert html.count('data-theme="') >= 3
    for theme in ("light", "dark", "contrast"):
        assert f'data-theme="{theme}"' in html
    # Used by layouts or other macros, not by pages.
    unseen = {
        "icon.html": {"logo", "logo_light"},
        "nav.html": {"side_nav"},
        "overlay.html": {"panel_close"},
        "field.html": {"hidden_csrf"},
        "state.html": {"small_facade"},
    }
    for file in sorted((TEMPLATES / "components").glob("*.html")):
        macros = set(re.findall(r"\{%-?\s*macro\s+([a-z]\w*)", file.read_text()))
        for macro in macros - unseen.get(file.name, set()):
            assert re.search(rf"\b{macro}\b", gallery), f"{file.name}: {macro}"


def test_ids_are_unique_in_the_gallery() -> None:
    html = environment().get_template("dev/components.html").render(facades=[])
    # Radio groups and checkboxes of the row sample have no id; everything else has its own.
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted({one for one in ids if ids.count(one) > 1}) == []


def test_every_coded_value_has_words() -> None:
    """Each member of an enum that carries a label table has its own entry there."""
    missing = []
    for file in (ROOT / "domains").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.ClassDef) or node.name not in LABELS:
                continue
            if not any(isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases):
                continue
            for item in node.body:
                if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant):
                    if item.value.value not in LABELS[node.name]:
                        missing.append(f"{node.name}.{item.value.value}")
    assert missing == []


def test_labels_of_plain_and_unknown_values() -> None:
    assert labels.label("IN_PROGRESS", "TicketStatus") == "In progress"
    assert labels.label(None) == ""
    assert labels.label("roof_garden", "Category") == "Roof garden"
    assert labels.label("Fahrradkeller", "Category") == "Fahrradkeller"
    assert labels.tone_of("RESOLVED", "TicketStatus") == "green"
    assert labels.tone_of("nothing of the kind") == "slate"
    assert labels.icon_of("URGENT") == "chevrons-up"
    assert labels.initials("Annegret Hämmerle-Weißenburger") == "AH"
    assert labels.initials("Ascenseurs Kléber SARL") == "AK"
    assert labels.initials("Glaserei Hansen & Söhne") == "GH"
    assert labels.initials("Sarl") == "SA"
    assert labels.initials("Schwarzwald Sanitär & Heizungstechnik") == "SH"
    assert labels.initials("") == "?"
    assert set().union(*(t.values() for t in look_tables.TONES.values())) <= labels.TONE_NAMES
