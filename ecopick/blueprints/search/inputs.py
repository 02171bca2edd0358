"""What can be asked of the search."""

import uuid
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ecopick.core.validation import Input

Kind = Literal["assign", "status", "priority", "vendor"]
# As many rows as a page of the list holds at most.
MOST = 200


class Find(Input):
    """Words, or the number of a ticket; without any, what was open last."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None


class Look(Find):
    """A search with its place: ``on`` is the ticket one is on, ``chosen`` the rows that are selected in the list.

    ``about`` asks only for the acts of one kind with them.
    """

    on: uuid.UUID | None = None
    chosen: list[uuid.UUID] = Field(default_factory=list, max_length=MOST)
    about: Kind | None = None


class SwitchKeys(Input):
    """Whether keys work that are pressed alone; a box that is not ticked sends nothing."""

    single: bool = False
