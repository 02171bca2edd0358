"""Bring the four catalogues up to date with the sentences in code and templates.

    python scripts/catalogues.py [de fr it]

New sentences appear untranslated, sentences that are gone are dropped; a test
fails until every language is complete again.
"""

import argparse
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("de", "fr", "it")
KEYWORDS: dict[str, object] = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "later": None,
    "_l": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]


def extract() -> Catalog:
    """Every sentence of the product, with where it stands."""
    template = Catalog(project="Ecopick", version="1", charset="utf-8")
    for folder in ("ecopick", "jobs"):
        found = extract_from_dir(ROOT / folder, METHODS, keywords=KEYWORDS, comment_tags=("Note:",))
        for name, _line, message, comments, context in found:
            template.add(
                message, None, [(f"{folder}/{name}", 0)], auto_comments=comments, context=context
            )
    return template


def load(language: str) -> Catalog:
    """The catalogue of a language as it stands."""
    with (ROOT / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as handle:
        return read_po(handle, locale=language)


def update(language: str, template: Catalog) -> int:
    """Merge ``template`` into the catalogue; answers how many are untranslated."""
    path = ROOT / "translations" / language / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = load(language) if path.exists() else Catalog(locale=language, project="Ecopick")
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with path.open("wb") as handle:
        write_po(handle, catalogue, sort_output=True, include_lineno=False, width=100)
    return sum(1 for message in catalogue if message.id and not is_translated(message))


def is_translated(message: object) -> bool:
    """Whether every form of a message has a text."""
    text = getattr(message, "string", "")
    return all(text) if isinstance(text, (tuple, list)) else bool(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Bring the catalogues up to date.")
    parser.add_argument(
        "languages", nargs="*", metavar="language", help="de, fr or it; all if none"
    )
    asked = parser.parse_args().languages or LANGUAGES
    if unknown := set(asked) - set(LANGUAGES):
        parser.error("no catalogue for " + ", ".join(sorted(unknown)))
    sentences = extract()
    for code in asked:
        print(code, update(code, sentences), "untranslated of", len(sentences))
