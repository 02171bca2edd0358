"""What people of a home decide about their requests."""

from pydantic import Field

from ecopick.core.validation import Input, Prose
from ecopick.domains.tickets.lifecycle import Rating


class ShareAtHome(Input):
    """Whether the people of the same home may see the request and follow it."""

    shared: bool


class RateOutcome(Input):
    """How the outcome is found."""

    rating: Rating


class AskForTime(Input):
    """Which times would suit better than the appointment."""

    times: Prose = Field(max_length=500)
