"""Figures of vendors in words: what a scorecard says, and why somebody is recommended."""

from dataclasses import dataclass

from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.reports.queries.performance import Scorecard
from ecopick.domains.reports.queries.recommendation import Candidate
from ecopick.domains.vendors.lifecycle import CertificateState
from ecopick.web.formats import minutes, number, percent
from ecopick.web.labels import label

NOTHING = "–"
# Fewer jobs than this say little; the reader is told so.
FEW_JOBS = 5
PROMPT_MINUTES = 60
# From how many answers, deadlines or ratings on a share is worth a word.
TELLING = 3
GOOD_SHARE, GOOD_STARS = 0.9, 4.0


@dataclass(frozen=True)
class Figure:
    """One figure of a scorecard, and of how many jobs it is."""

    name: str
    figure: str
    note: str
    tone: str | None = None


def figures(card: Scorecard) -> list[Figure]:
    """The figures of the last twelve months, each with its number of jobs."""
    return [
        Figure(_("Answers within"), _time(card.response_minutes), _half_of(card.answered)),
        Figure(_("Solves within"), _time(card.resolution_minutes), _half_of(card.jobs)),
        Figure(_("SLA met"), _share(card.met_share), _of(card.met, card.due)),
        Figure(_("Fixed the first time"), _share(card.fixed_share), _of(card.fixed, card.decided)),
        Figure(_("Reopened"), _share(card.reopened_share), _of(card.reopened, card.jobs)),
        Figure(
            _("Rating by management"),
            NOTHING if card.stars is None else number(round(card.stars, 1)),
            ngettext("of 5, of %(num)s job", "of 5, of %(num)s jobs", card.rated),
        ),
    ]


def tenants(card: Scorecard) -> str:
    """What tenants said: "8 good, 1 fair, 1 poor"."""
    if not card.tenants:
        return _("No tenant has said anything yet.")
    return _(
        "%(good)s good, %(fair)s fair, %(poor)s poor",
        good=number(card.good),
        fair=number(card.fair),
        poor=number(card.poor),
    )


def sample(card: Scorecard) -> str:
    """Of how many jobs the figures are, and a warning where these are few."""
    if not card.jobs:
        return _("No job was finished in the last twelve months.")
    if card.jobs < FEW_JOBS:
        return ngettext(
            "Of only %(num)s job in twelve months: too few for a judgement.",
            "Of only %(num)s jobs in twelve months: too few for a judgement.",
            card.jobs,
        )
    return ngettext(
        "Of %(num)s job in twelve months.", "Of %(num)s jobs in twelve months.", card.jobs
    )


def _time(value: float | None) -> str:
    return NOTHING if value is None else minutes(round(value))


def _share(value: float | None) -> str:
    return NOTHING if value is None else percent(value)


def _of(part: int, whole: int) -> str:
    return ngettext("%(part)s of %(num)s job", "%(part)s of %(num)s jobs", whole, part=number(part))


def _half_of(count: int) -> str:
    return ngettext("half of them, of %(num)s job", "half of them, of %(num)s jobs", count)


def reasons(one: Candidate, category: str) -> list[str]:
    """Why a vendor stands where it stands, the best reasons first and warnings last."""
    return [*_praise(one, category), *_state(one), *_warnings(one, category)]


def _praise(one: Candidate, category: str) -> list[str]:
    card, found = one.card, []
    if card.answered >= TELLING and (card.response_minutes or 0) <= PROMPT_MINUTES:
        found.append(_("answers fast"))
    if card.due >= TELLING and (card.met_share or 0) >= GOOD_SHARE:
        found.append(_("keeps its deadlines"))
    if card.rated >= TELLING and (card.stars or 0) >= GOOD_STARS:
        found.append(_("rated %(stars)s of 5", stars=number(round(card.stars or 0, 1))))
    if one.jobs_alike:
        words = label(category, "Category")
        found.append(
            ngettext(
                "%(num)s job in %(category)s",
                "%(num)s jobs in %(category)s",
                one.jobs_alike,
                category=words,
            )
        )
    elif one.does_this:
        found.append(_("does %(category)s", category=label(category, "Category")))
    if one.jobs_here:
        found.append(_("works in this building"))
    return found


def _state(one: Candidate) -> list[str]:
    found = []
    if not one.card.jobs:
        found.append(_("no finished job with you yet"))
    elif one.card.jobs < FEW_JOBS:
        found.append(
            ngettext(
                "only %(num)s finished job so far",
                "only %(num)s finished jobs so far",
                one.card.jobs,
            )
        )
    if one.open_jobs:
        found.append(ngettext("%(num)s job under way", "%(num)s jobs under way", one.open_jobs))
    return found


def _warnings(one: Candidate, category: str) -> list[str]:
    found = []
    if one.card.due >= TELLING and (one.card.met_share or 0) < 0.5:
        found.append(_("often late"))
    if one.papers is CertificateState.EXPIRED:
        found.append(_("a certificate has expired"))
    if not one.fits:
        found.append(_("never did %(category)s for you", category=label(category, "Category")))
    if one.has_declined:
        found.append(_("has declined this job or not answered"))
    return found
