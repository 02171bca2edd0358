"""What may be asked of the audit."""

import uuid
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from ecopick.core.validation import Day, Input, Line


class Stream(StrEnum):
    """One of the four streams, as people choose it."""

    CHANGES = "changes"
    READS = "reads"
    DECISIONS = "decisions"
    SIGN_INS = "sign_ins"


class ListAudit(Input):
    """Filters of the audit; days are days of the calendar in UTC, both included."""

    stream: Stream = Stream.CHANGES
    actor_id: uuid.UUID | None = None
    action: Line | None = None
    resource_type: Line | None = None
    resource_id: uuid.UUID | None = None
    ticket_id: uuid.UUID | None = None
    request_id: Line | None = None
    from_day: Day | None = Field(default=None, alias="from")
    to_day: Day | None = Field(default=None, alias="to")
    cursor: Line | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ExportAudit(ListAudit):
    """Filters and format of an export; it holds every entry that they let through."""

    format: Literal["csv", "json"] = "csv"


class ReportRead(Input):
    """Something that a page's script saw being read; changes cannot be reported."""

    action: Literal["VIEW", "LIST", "SEARCH", "EXPORT", "DOWNLOAD"]
    resource_type: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z_]{0,39}$")]
    resource_id: uuid.UUID | None = None
    metadata: dict[Annotated[str, Field(max_length=40)], str | int | bool | None] | None = Field(
        default=None, max_length=20
    )


class AskCaseFile(Input):
    """What a case file holds besides what tenants and vendors see."""

    with_notes: bool | None = None
