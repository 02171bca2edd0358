"""Building blocks of inputs, shared by every domain."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

LINE_LENGTH = 200
PROSE_LENGTH = 8000


class Input(BaseModel):
    """Base of all inputs: strips blanks, refuses fields it does not know."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, populate_by_name=True)


def _clean(value: str) -> str:
    """Text without control characters (but for line breaks and tabs), NUL above all."""
    return "".join(
        char for char in value if char in "\n\t" or (ord(char) >= 32 and ord(char) != 127)
    )


def _one_line(value: str) -> str:
    return " ".join(_clean(value).split())


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LINE_LENGTH),
    AfterValidator(_one_line),
    StringConstraints(min_length=1),
]
Prose = Annotated[
    str,
    StringConstraints(min_length=1, max_length=PROSE_LENGTH),
    AfterValidator(_clean),
    StringConstraints(min_length=1),
]
