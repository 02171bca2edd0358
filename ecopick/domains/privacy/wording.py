"""How a person is recognised in free text: name, e-mail address, telephone number."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ecopick.domains.privacy.lifecycle import ERASED

_BETWEEN = r"[\s\-./()]*"
_SHORTEST_NAME = 3
_SHORTEST_NUMBER = 5


@dataclass(frozen=True)
class Traces:
    """What to look for. ``names`` are whole names, ``parts`` single first and last names."""

    emails: tuple[str, ...]
    phones: tuple[str, ...]
    names: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @staticmethod
    def of(
        *,
        email: str,
        name: str | None,
        first_name: str | None,
        last_name: str | None,
        phone: str | None,
    ) -> "Traces":
        """Everything by which this person may be named."""
        first, last = (first_name or "").strip(), (last_name or "").strip()
        whole = {(name or "").strip(), f"{first} {last}".strip()}
        if first and last:
            whole |= {f"{last} {first}", f"{last}, {first}"}
        found = tuple(sorted(each for each in whole if len(each) >= _SHORTEST_NAME))
        parts = {part.strip(",") for each in found for part in each.split()}
        return Traces(
            emails=(email,),
            phones=(phone,) if phone else (),
            names=found,
            parts=tuple(sorted(part for part in parts if len(part) >= _SHORTEST_NAME)),
        )

    def without_names(self) -> "Traces":
        """Where nobody knows the person, a name is somebody else's."""
        return Traces(self.emails, self.phones)

    def without_parts(self) -> "Traces":
        """Whole names alone: a first name is borne by many."""
        return Traces(self.emails, self.phones, self.names)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds every trace, whatever its case, spacing and form of accents."""
        found = [rf"(?<![\w.+-]){re.escape(each)}(?!\w)" for each in _forms(self.emails)]
        found += [number for each in self.phones if (number := _phone(each))]
        found += [
            rf"(?<!\w){_spaced(each)}(?:['’]?s)?(?!\w)"
            for each in _forms((*self.names, *self.parts))
        ]
        return re.compile("|".join(found) or r"(?!)", re.IGNORECASE)

    @property
    def rough(self) -> str:
        """A wider pattern for PostgreSQL, which also matches inside JSON; never empty."""
        words = [
            re.sub(r"[^A-Za-z0-9]+", ".{1,9}", each)
            for each in (*self.emails, *self.names, *self.parts)
        ]
        words += [
            "[^0-9]{0,9}".join(digits) for each in self.phones if (digits := _significant(each))
        ]
        return "|".join(word for word in words if word) or "(?!)"

    def take_out(self, value: Any) -> Any:
        """``value``, a text or JSON, without any trace of the person."""
        match value:
            case str():
                return self.pattern.sub(ERASED, value)
            case dict():
                return {self.take_out(key): self.take_out(each) for key, each in value.items()}
            case list() | tuple():
                return [self.take_out(each) for each in value]
            case _:
                return value

    def are_in(self, value: str) -> bool:
        """Whether a text tells of the person."""
        return self.pattern.search(value) is not None


def _forms(values: Iterable[str]) -> list[str]:
    """Both ways to write accents; whole names before their parts."""
    both = {unicodedata.normalize(form, each) for each in values for form in ("NFC", "NFD")}
    return sorted(both, key=lambda each: (-len(each), each))


def _spaced(name: str) -> str:
    return r"\s+".join(re.escape(part) for part in name.split())


def _significant(phone: str) -> str:
    """The digits without the country's or the long-distance prefix; empty for too few."""
    digits = re.sub(r"\D", "", phone)
    if phone.strip().startswith("+"):
        digits = digits[2:]
    elif digits.startswith("00"):
        digits = digits[4:]
    digits = digits.lstrip("0")
    return digits if len(digits) >= _SHORTEST_NUMBER else ""


def _phone(phone: str) -> str:
    digits = _significant(phone)
    if not digits:
        return ""
    inside = _BETWEEN.join(digits)
    return rf"(?<!\d)(?:(?:\+|00)\d{{1,3}}{_BETWEEN})?(?:\(?0\)?{_BETWEEN})?{inside}(?!\d)"
