"""Building blocks of inputs, shared by every domain."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

LINE_LENGTH = 200
PROSE_LENGTH = 8000


class Input(BaseModel):
    """Base of all inputs: strips blanks, refuses fields it does not know."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, populate_by_name=True)


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
