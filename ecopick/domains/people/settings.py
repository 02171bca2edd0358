"""What a person may set of their own pages, and what each key holds."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import Input, wrong_field

COLUMNS = "list.columns"
PANELS = "panels"
SINGLE_KEYS = "keys.single"

_Column = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,39}$")]


class Panels(Input):
    """The side panels of a request: widths in CSS pixels (None: as designed), and which are shut."""

    left: Annotated[int, Field(ge=200, le=480)] | None = None
    right: Annotated[int, Field(ge=240, le=560)] | None = None
    left_collapsed: bool = False
    right_collapsed: bool = False


class SaveSetting(Input):
    """The new value of a setting; its shape depends on the key."""

    value: Any


_KINDS: dict[str, TypeAdapter[Any]] = {
    COLUMNS: TypeAdapter(Annotated[list[_Column], Field(max_length=40)]),
    PANELS: TypeAdapter(Panels),
    SINGLE_KEYS: TypeAdapter(bool),
}


def is_known(key: str) -> bool:
    """Whether there is such a setting."""
    return key in _KINDS


def checked(key: str, value: Any) -> Any:
    """``value`` as it is kept; Invalid for an unknown key or a value that does not fit it."""
    if not is_known(key):
        raise wrong_field("key", _("Please choose one of the options."))
    kind = _KINDS[key]
    try:
        return kind.dump_python(kind.validate_python(value), mode="json")
    except ValidationError as error:
        raise wrong_field("value", _("This value is not valid.")) from error
