"""Cells become values: each reader takes the text of a cell that is not blank.

A reader raises ``Unreadable`` with a sentence; it never repeats what stood in the
cell, which may be personal.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from ecopick.core.text import LANGUAGES, LazyText
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import EMAIL_LENGTH, LINE_LENGTH, PROSE_LENGTH

Reader = Callable[[str], Any]
_DAY_FORMATS = ("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d")
_TIME = re.compile(r"^(?P<day>\S+?)[ T,]+(?P<time>\d{1,2}[:.]\d{2}(?:[:.]\d{2})?)$")
_MAILBOX = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


class Unreadable(ValueError):
    """A cell that cannot be taken, and why."""

    def __init__(self, sentence: LazyText) -> None:
        super().__init__(sentence.message)
        self.sentence = sentence


def folded(text: str) -> str:
    """Text to compare words by: small, without accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    return "".join(char for char in plain if char.isalnum())


def line(cell: str) -> str:
    """One line of at most 200 characters, without control characters."""
    if not cell.isprintable():
        cell = "".join(char if char.isprintable() else " " for char in cell)
    kept = " ".join(cell.split())
    if not kept:
        raise Unreadable(_("This field is needed."))
    if len(kept) > LINE_LENGTH:
        raise Unreadable(_("At most %(count)s characters, please.", count=LINE_LENGTH))
    return kept


def prose(cell: str) -> str:
    """Text of at most 8,000 characters; line breaks stay."""
    kept = cell.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(char for char in kept if char.isprintable() or char in "\n\t").strip()
    if len(kept) > PROSE_LENGTH:
        raise Unreadable(_("At most %(count)s characters, please.", count=PROSE_LENGTH))
    return kept


def email(cell: str) -> str:
    """An address in the one spelling in which addresses are compared."""
    address = unicodedata.normalize("NFKC", cell.strip()).lower()
    odd = any(unicodedata.category(char).startswith("C") for char in address)
    if odd or len(address) > EMAIL_LENGTH or _MAILBOX.fullmatch(address) is None:
        raise Unreadable(_("Please enter an email address, such as name@example.org."))
    return address


def day(cell: str) -> date:
    """A day as ISO 8601, or day, month and year with dots, slashes or hyphens."""
    text = cell.strip()
    try:
        found = date.fromisoformat(text[:10]) if re.match(r"\d{4}-\d{2}-\d{2}", text) else None
        found = found or _day_of(text)
    except ValueError as error:
        raise Unreadable(_("Please enter a day, such as 2026-11-21 or 21.11.2026.")) from error
    if not 1970 <= found.year < 2200:
        raise Unreadable(_("Please enter a day, such as 2026-11-21 or 21.11.2026."))
    return found


def _day_of(text: str) -> date:
    for pattern in _DAY_FORMATS:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    raise ValueError("no day")


def moment(cell: str) -> datetime:
    """A day with or without a time; without an offset it is meant where the building stands."""
    text = cell.strip()
    if re.match(r"\d{4}-\d{2}-\d{2}[T ]\d", text):
        try:
            found = datetime.fromisoformat(text.replace(" ", "T", 1))
        except ValueError as error:
            raise Unreadable(_("Please enter a valid date and time.")) from error
        day(text[:10])
        return found
    parts = _TIME.match(text)
    if parts is None:
        return datetime.combine(day(text), time(12))
    try:
        hour, minute, *second = (int(number) for number in re.split("[:.]", parts["time"]))
        at = time(hour, minute, second[0] if second else 0)
    except ValueError as error:
        raise Unreadable(_("Please enter a valid date and time.")) from error
    return datetime.combine(day(parts["day"]), at)


def in_zone(found: datetime, zone: str) -> datetime:
    """A moment with its offset, the one of ``zone`` where it named none."""
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))


_ZONES = {name.casefold(): name for name in available_timezones()}


def time_zone(cell: str) -> str:
    """A zone by its name of the IANA database."""
    found = _ZONES.get(cell.strip().casefold())
    if found is None:
        raise Unreadable(_("Please name the time zone as in Europe/Berlin."))
    return found


_LANGUAGES = {
    **{code: code for code in LANGUAGES},
    **dict.fromkeys(("english", "englisch", "anglais", "inglese"), "en"),
    **dict.fromkeys(("german", "deutsch", "allemand", "tedesco"), "de"),
    **dict.fromkeys(("french", "franzosisch", "francais", "francese"), "fr"),
    **dict.fromkeys(("italian", "italienisch", "italien", "italiano"), "it"),
}


def language(cell: str) -> str:
    """One of the product's languages, by its code ("de-CH" too) or its name."""
    found = _LANGUAGES.get(folded(cell)) or _LANGUAGES.get(cell.strip()[:2].lower())
    if found is None:
        raise Unreadable(_("Please choose German, French, Italian or English."))
    return found


_COUNTRIES = {
    **dict.fromkeys(("de", "deu", "d", "germany", "deutschland", "allemagne", "germania"), "DE"),
    **dict.fromkeys(("ch", "che", "switzerland", "schweiz", "suisse", "svizzera"), "CH"),
    **dict.fromkeys(("at", "aut", "a", "austria", "osterreich", "autriche"), "AT"),
    **dict.fromkeys(("it", "ita", "i", "italy", "italien", "italie", "italia"), "IT"),
    **dict.fromkeys(("fr", "fra", "f", "france", "frankreich", "francia"), "FR"),
    **dict.fromkeys(("li", "lie", "fl", "liechtenstein"), "LI"),
}


def country(cell: str) -> str:
    """Two letters of ISO 3166; near countries also by their names."""
    found = _COUNTRIES.get(folded(cell))
    if found is not None:
        return found
    text = cell.strip().upper()
    if len(text) == 2 and text.isascii() and text.isalpha():
        return text
    raise Unreadable(_("Please name the country by its two letters, such as DE."))


def choice(words: Mapping[str, Any], *, otherwise: Any = None) -> Reader:
    """One of a list, by any of its words (folded); ``otherwise`` stands for unknown ones."""

    def read(cell: str) -> Any:
        found = words.get(folded(cell), otherwise)
        if found is None:
            raise Unreadable(_("This word is not known here."))
        return found

    return read


def yes_or_no(cell: str) -> bool:
    """Yes or no in any of the four languages, or as a digit."""
    word = folded(cell)
    if word in {"1", "yes", "y", "true", "ja", "j", "wahr", "oui", "o", "vrai", "si", "s", "vero"}:
        return True
    if word in {"0", "no", "n", "false", "nein", "falsch", "non", "faux", "falso"}:
        return False
    raise Unreadable(_("Please answer yes or no."))
