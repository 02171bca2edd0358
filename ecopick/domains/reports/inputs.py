"""What people may ask of reports."""

import uuid
from datetime import datetime, timedelta

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ecopick.core import clock
from ecopick.core.validation import Input, Moment

LONGEST = timedelta(days=366)


class Overview(Input):
    """The summary of one building or of all, over a time; the last 30 days where none is given."""

    building_id: uuid.UUID | None = None
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "Overview":
        start, end = self.span()
        if not timedelta(0) < end - start <= LONGEST:
            raise PydanticCustomError("span", "not between a moment and a year")
        return self

    def span(self, default: timedelta = timedelta(days=30)) -> tuple[datetime, datetime]:
        """From when until when, in UTC."""
        end = self.until or clock.now()
        return self.since or end - default, end
