"""What app administrators send."""

import uuid
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ecopick.domains.security.lifecycle import (
    AlertCategory,
    AlertSeverity,
    AlertStatus,
    AlertType,
    BlockedSourceType,
)

Outcome = Literal["success", "failure", "denied", "challenged"]
Words = Annotated[str, Field(min_length=1, max_length=300)]


class Strict(BaseModel):
    """Unknown fields are refused; text loses its outer blanks."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Paged(Strict):
    """A page of a list."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=300)


class ListAlerts(Paged):
    """Alerts by state, severity and kind; ``newest`` or ``open`` ones first."""

    status: AlertStatus | None = None
    severity: AlertSeverity | None = None
    type: AlertType | None = None
    user_id: uuid.UUID | None = None
    sort: Literal["open", "newest"] = "newest"


class CreateAlert(Strict):
    """An alert that a person raises."""

    type: AlertType
    category: AlertCategory = AlertCategory.AUTHENTICATION
    risk_score: int = Field(default=20, ge=0, le=100)
    user_id: uuid.UUID | None = None
    source_type: Literal["ip", "device", "user", "email", "session"] | None = None
    source_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    note: Words | None = None


class ChangeSeverity(Strict):
    """What an open alert is worth."""

    severity: AlertSeverity


class ChangeStatus(Strict):
    """The end of an alert."""

    status: AlertStatus


class ListBlocks(Paged):
    """Blocks in force, ended, archived or all."""

    state: Literal["active", "ended", "archived", "all"] = "active"
    type: BlockedSourceType | None = None


class BlockSource(Strict):
    """Who or what may not come in, and for how long.

    ``value`` is an address or CIDR block, ``fingerprint:device id``, or a
    person's id or email address. Either ``permanent``, or ``hours``, or until
    ``blocked_until``.
    """

    type: BlockedSourceType
    value: Annotated[str, Field(min_length=1, max_length=300)]
    reason: Words | None = None
    hours: int | None = Field(default=None, ge=1, le=24 * 365)
    blocked_until: AwareDatetime | None = None
    permanent: bool = False

    @model_validator(mode="before")
    @classmethod
    def _for_ever(cls, data: object) -> object:
        """A form's choice of time may be ``permanent``."""
        if isinstance(data, dict) and data.get("hours") == "permanent":
            return {**data, "hours": None, "permanent": True}
        return data

    @model_validator(mode="after")
    def _one_end(self) -> "BlockSource":
        given = (self.permanent, self.hours is not None, self.blocked_until is not None)
        if sum(given) > 1:
            raise PydanticCustomError("value_error", "one end")
        return self


class ListViolations(Paged):
    """Limits that were passed; ``banned`` ones only, or all."""

    banned: bool = False
    field: Annotated[str, Field(max_length=40)] | None = None


class ListSignIns(Paged):
    """The sign-in log by outcome, act, person and time."""

    outcome: Outcome | None = None
    action: Annotated[str, Field(max_length=60)] | None = None
    user_id: uuid.UUID | None = None
    since: AwareDatetime | None = None


class Nothing(Strict):
    """An act that takes no input."""
