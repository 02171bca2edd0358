"""What people may ask of the views that they keep of the ticket list."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError

from ecopick.core.validation import Input, Line
from ecopick.domains.tickets.inputs import ListTickets

NAME_LENGTH = 60
# Where somebody stands in the list and how long a page is, is no part of a view.
PASSING = frozenset({"cursor", "limit"})
Name = Annotated[Line, StringConstraints(max_length=NAME_LENGTH)]


def _filters(value: Any) -> Any:
    """Filters as an object of their own; places in the list are left out."""
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if key not in PASSING}
    return value


Filters = Annotated[ListTickets, BeforeValidator(_filters)]


class SaveView(Input):
    """Filters and order under a name; shared with the owner's staff or one's own."""

    name: Name
    filters: Filters = Field(default_factory=ListTickets)
    is_shared: bool = False


class ChangeView(Input):
    """What changes of a view; unset fields stay. ``position`` counts from 0."""

    name: Name | None = None
    filters: Filters | None = None
    is_shared: bool | None = None
    position: Annotated[int, Field(ge=0, le=1000)] | None = None


def kept(filters: ListTickets) -> dict[str, Any]:
    """The filters as they are stored: only what was set, as JSON."""
    return filters.model_dump(mode="json", exclude_defaults=True, exclude={*PASSING, "sort"})


def understood(raw: dict[str, Any]) -> tuple[ListTickets, list[tuple[str, str]]]:
    """``raw`` as filters, and what of it is not understood, by field and value.

    What is not understood is left out, value by value; all else counts.
    """
    known = {name: each for name, each in raw.items() if name in ListTickets.model_fields}
    refused: list[tuple[str, str]] = []
    while True:
        try:
            return ListTickets.model_validate(known), refused
        except ValidationError as error:
            where = error.errors()[0]["loc"]
            name = str(where[0]) if where[0] in known else "q"
            value = known.pop(name)
            if isinstance(value, list) and len(where) > 1 and isinstance(where[1], int):
                known[name] = value[: where[1]] + value[where[1] + 1 :]
                value = value[where[1]]
            refused.append((name, str(value)[:80]))
