"""What may be asked about the data on a person."""

from typing import Annotated

from pydantic import Field

from ecopick.core.validation import Input, Line
from ecopick.domains.privacy.lifecycle import MOST_MONTHS

Months = Annotated[int, Field(ge=3, le=MOST_MONTHS)]


class ErasePerson(Input):
    """``confirmation`` repeats the person's e-mail address."""

    confirmation: Line


class EraseAccount(Input):
    """The address of somebody's account, typed twice."""

    email: Line
    confirmation: Line


class HoldPerson(Input):
    """Why the data on a person must be kept."""

    reason: Line


class SetRetention(Input):
    """Months for which what is personal stays in each stream; changes at least twelve."""

    audit_events: Annotated[int, Field(ge=12, le=MOST_MONTHS)]
    access_events: Months
    access_decisions: Months
