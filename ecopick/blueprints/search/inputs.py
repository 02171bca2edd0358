"""What can be asked of the search."""

import uuid
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ecopick.core.validation import Input

Kind = Literal["assign", "status", "priority", "vendor"]


class Find(Input):
    """Words, or the number of a ticket; without any, what was open last."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None


class Look(Find):
    """A search with its place: ``on`` is the ticket one is on, ``chosen`` how many rows are selected.

    ``about`` asks only for the acts of one kind with that ticket.
    """

    on: uuid.UUID | None = None
    chosen: int | None = Field(default=None, ge=1, le=1000)
    about: Kind | None = None


class SwitchKeys(Input):
    """Whether keys work that are pressed alone; a box that is not ticked sends nothing."""

    single: bool = False
