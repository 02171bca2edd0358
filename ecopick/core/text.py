"""Sentences for people, in the four languages of the product.

Domains raise errors and build mails without a web request, so the language is
a context variable here; the web sets it for each request, jobs for each mail.
Catalogues are gettext files under ``translations/``.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LANGUAGES = ("en", "de", "fr", "it")
DEFAULT_LANGUAGE = "en"
CATALOGUES = Path(__file__).resolve().parents[2] / "translations"

_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


def language() -> str:
    """The language of the running work."""
    return _language.get()


def set_language(code: str) -> None:
    """Set the language at the edge; unknown codes become the default."""
    _language.set(code if code in LANGUAGES else DEFAULT_LANGUAGE)


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """Write in ``code`` for a while: a mail in its recipient's language."""
    token = _language.set(code if code in LANGUAGES else DEFAULT_LANGUAGE)
    try:
        yield
    finally:
        _language.reset(token)


@cache
def _catalogue(code: str) -> NullTranslations:
    return Translations.load(str(CATALOGUES), [code])


def gettext(message: str, **values: object) -> str:
    """``message`` in the current language, ``%(name)s`` filled from ``values``."""
    text: str = _catalogue(language()).ugettext(message)
    return text % values if values else text


def pgettext(context: str, message: str, **values: object) -> str:
    """``gettext`` for words that mean two things: ``context`` names which one is meant."""
    text: str = _catalogue(language()).upgettext(context, message)
    return text % values if values else text


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """The plural form that the language wants for ``num``."""
    text: str = _catalogue(language()).ungettext(singular, plural, num)
    return text % {"num": num, **values}


class LazyText:
    """A sentence that is translated when it is read, not where it is raised."""

    def __init__(self, message: str, values: dict[str, object], context: str | None = None) -> None:
        self.message = message
        self.values = values
        self.context = context

    def __str__(self) -> str:
        if self.context is not None:
            return pgettext(self.context, self.message, **self.values)
        return gettext(self.message, **self.values)

    def __repr__(self) -> str:
        return f"LazyText({self.message!r})"

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))


def lazy_gettext(message: str, **values: object) -> LazyText:
    """``message`` for later: see ``LazyText``."""
    return LazyText(message, values)


def lazy_pgettext(context: str, message: str, **values: object) -> LazyText:
    """``message`` in one of its meanings, for later."""
    return LazyText(message, values, context)


def compile_catalogues(folder: Path = CATALOGUES) -> None:
    """Compile every ``.po`` whose ``.mo`` is missing or older; safe side by side."""
    for source in folder.glob("*/LC_MESSAGES/messages.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as handle:
            catalogue = read_po(handle, locale=source.parts[-3])
        descriptor, name = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(descriptor, "wb") as handle:
            write_mo(handle, catalogue)
        os.replace(name, target)
    _catalogue.cache_clear()
