"""States of a quote and the arrows between them; ``settle_quote`` is their only writer."""

from enum import StrEnum
from typing import Protocol

from ecopick.core.errors import Conflict
from ecopick.core.text import lazy_gettext as _


class QuoteState(StrEnum):
    """How a vendor's offer stands; WAITING is for an approval."""

    OFFERED = "OFFERED"
    WAITING = "WAITING"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


Q = QuoteState
UNDECIDED_QUOTE = frozenset({Q.OFFERED, Q.WAITING})
LIVE_QUOTE = frozenset({Q.OFFERED, Q.WAITING, Q.ACCEPTED})
# An accepted quote ends with the job: given up by the vendor, or taken back from it. An
# approval that nobody decided in time leaves the offer as it was.
QUOTE_TRANSITIONS: dict[QuoteState, frozenset[QuoteState]] = {
    Q.OFFERED: frozenset({Q.WAITING, Q.ACCEPTED, Q.REFUSED, Q.WITHDRAWN}),
    Q.WAITING: frozenset({Q.OFFERED, Q.ACCEPTED, Q.REFUSED, Q.WITHDRAWN}),
    Q.ACCEPTED: frozenset({Q.REFUSED, Q.WITHDRAWN}),
    Q.REFUSED: frozenset(),
    Q.WITHDRAWN: frozenset(),
}


class HasQuoteState(Protocol):
    """A row with a quote's state and version."""

    state: QuoteState
    version: int


def settle_quote(quote: HasQuoteState, state: QuoteState) -> None:
    """Move ``quote`` to ``state``. Raises Conflict where no arrow leads there."""
    if state not in QUOTE_TRANSITIONS[QuoteState(quote.state)]:
        raise quote_moved_on()
    quote.state = state
    quote.version += 1


def quote_moved_on() -> Conflict:
    """The refusal of an act that a quote's state does not allow."""
    return Conflict(
        _("This is no longer possible: the quote was decided or taken back. Reload to see it."),
        code="quote_decided",
    )


def waits_for_approval() -> Conflict:
    """The refusal of work whose price nobody has approved yet."""
    return Conflict(
        _("The quote waits for an approval. The work goes on once that is given."),
        code="waiting_for_approval",
    )
