"""Building blocks of inputs, shared by every domain."""

import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from ecopick.core.errors import Invalid, Text
from ecopick.core.text import lazy_gettext as _

D = TypeVar("D", bound=date)
LINE_LENGTH = 200
PROSE_LENGTH = 8000
EMAIL_LENGTH = 254
SECRET_WORDS = ("password", "code", "token", "secret")


class Input(BaseModel):
    """Base of all inputs: strips blanks, refuses fields it does not know."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, populate_by_name=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """What logs may show: no password, code or token."""
        for name, value in super().__repr_args__():
            if not any(word in (name or "") for word in SECRET_WORDS):
                yield name, value


def wrong_field(name: str, text: Text) -> Invalid:
    """The refusal of one field, to be raised."""
    return Invalid(_("Please check the marked fields."), fields={name: text})


def _clean(value: str) -> str:
    """Text without control characters (but for line breaks and tabs), NUL above all."""
    kept = "".join(char for char in value if ord(char) >= 32 or char in "\n\t")
    return _present(kept.replace("\x7f", "").strip())


def _one_line(value: str) -> str:
    return _present(" ".join(_clean(value).split()))


def _present(value: str) -> str:
    if not value:
        raise PydanticCustomError("missing", "only blanks and control characters")
    return value


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LINE_LENGTH),
    AfterValidator(_one_line),
]
Prose = Annotated[
    str,
    StringConstraints(min_length=1, max_length=PROSE_LENGTH),
    AfterValidator(_clean),
]


def _in_reach(value: D) -> D:
    """A day that every zone can show and the database gives back: 2000 to 2199."""
    if not 2000 <= value.year < 2200:
        raise PydanticCustomError("date_out_of_reach", "not in this age")
    return value


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo is not None else value


Day = Annotated[date, AfterValidator(_in_reach)]
Moment = Annotated[datetime, AfterValidator(_in_reach), AfterValidator(_in_utc)]


class _Sentence(ValueError):
    """A refusal whose sentence is shown as it is."""


def _email(value: str) -> str:
    """One spelling of each mailbox: limits and look-ups count them by it."""
    value = unicodedata.normalize("NFKC", value).lower()
    local, _at, domain = value.rpartition("@")
    odd = any(char.isspace() or unicodedata.category(char).startswith("C") for char in value)
    parts = domain.split(".")
    odd = odd or "@" in local or len(value) > EMAIL_LENGTH
    if not local or len(parts) < 2 or not all(parts) or odd:
        raise _Sentence(_("Please enter an email address, such as name@example.org."))
    return value


Email = Annotated[
    str, StringConstraints(max_length=EMAIL_LENGTH, min_length=3), AfterValidator(_email)
]
