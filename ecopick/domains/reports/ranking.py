"""Which vendor to ask first: a score that does not trust small numbers.

Every share is drawn towards the mean of all of the owner's vendors, as if each vendor had
done ``PRIOR`` jobs just as well as that, and half a standard error is taken off for doubt.
One good job so lifts nobody above somebody with forty, and one bad job sinks nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from ecopick.domains.reports.queries.performance import Scorecard

PRIOR = 4
DOUBT = 0.5
# What is expected of vendors where the owner has no figures of anybody.
USUAL_MET, USUAL_FIXED, USUAL_CONTENT, USUAL_PROMPT = 0.8, 0.8, 0.7, 0.5
WEIGHT_MET, WEIGHT_CONTENT, WEIGHT_FIXED, WEIGHT_PROMPT = 0.35, 0.25, 0.2, 0.2
# Knowing the building helps a little, a full order book hurts a little.
KNOWS_PLACE, KNOWN_AFTER = 0.05, 5
LOAD, MOST_LOAD = 0.03, 0.15


@dataclass(frozen=True)
class Means:
    """The shares of all vendors of an owner together."""

    met: float
    fixed: float
    content: float
    prompt: float


def shrunk(total: float, count: int, mean: float) -> float:
    """The share of ``total`` in ``count``, drawn towards ``mean``; between the two."""
    return (total + PRIOR * mean) / (count + PRIOR)


def cautious(total: float, count: int, mean: float) -> float:
    """What a share is at least, by the jobs that are known: the drawn share less the doubt."""
    share = shrunk(total, count, mean)
    return max(0.0, share - DOUBT * sqrt(max(0.0, share * (1 - share)) / (count + PRIOR)))


def means(cards: Iterable[Scorecard]) -> Means:
    """The means of all vendors, themselves drawn towards what is usual."""
    listed = list(cards)
    return Means(
        met=shrunk(sum(c.met for c in listed), sum(c.due for c in listed), USUAL_MET),
        fixed=shrunk(sum(c.fixed for c in listed), sum(c.decided for c in listed), USUAL_FIXED),
        content=shrunk(
            sum(c.content for c in listed), sum(c.opinions for c in listed), USUAL_CONTENT
        ),
        prompt=shrunk(
            sum(c.promptness for c in listed), sum(c.answered for c in listed), USUAL_PROMPT
        ),
    )


def quality(card: Scorecard, usual: Means) -> float:
    """How good a vendor is expected to be, between 0 and 1."""
    return (
        WEIGHT_MET * cautious(card.met, card.due, usual.met)
        + WEIGHT_CONTENT * cautious(card.content, card.opinions, usual.content)
        + WEIGHT_FIXED * cautious(card.fixed, card.decided, usual.fixed)
        + WEIGHT_PROMPT * cautious(card.promptness, card.answered, usual.prompt)
    )


def score(card: Scorecard, usual: Means, *, jobs_here: int, open_jobs: int) -> float:
    """The quality, a little more for knowing the building, a little less for each open job."""
    place = KNOWS_PLACE * min(jobs_here, KNOWN_AFTER) / KNOWN_AFTER
    return quality(card, usual) + place - min(LOAD * open_jobs, MOST_LOAD)
