"""States of an arranged visit and every arrow between them, as data.

Pure: no database, no clock. ``proceed`` is the only writer of the state.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from ecopick.core.errors import Conflict
from ecopick.core.text import lazy_gettext as _

MOST_OPTIONS = 3
# The key of the checklists in the settings of an owner.
CHECKLISTS = "checklists"
MOST_ITEMS = 20
REMIND_DAY_BEFORE = timedelta(hours=24)
REMIND_SOON_BEFORE = timedelta(hours=2)


class VisitState(StrEnum):
    """How a visit stands."""

    PROPOSED = "PROPOSED"
    CONFIRMED = "CONFIRMED"
    ON_THE_WAY = "ON_THE_WAY"
    ARRIVED = "ARRIVED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class VisitSide(StrEnum):
    """Whose proposals lie on the table."""

    VENDOR = "vendor"
    TENANT = "tenant"


class PlaceHow(StrEnum):
    """How the code on the wall was read."""

    SCANNED = "scanned"
    TYPED = "typed"


class VisitStep(StrEnum):
    """What happened to a visit, as its event tells it."""

    PROPOSED = "proposed"
    ASKED = "asked"
    CONFIRMED = "confirmed"
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"
    CHECKED = "checked"
    PROVED = "proved"
    DONE = "done"
    CANCELLED = "cancelled"
    TOMORROW = "tomorrow"
    SOON = "soon"


V = VisitState
OVER = frozenset({V.DONE, V.CANCELLED})
UNDER_WAY = frozenset({V.ON_THE_WAY, V.ARRIVED})
ARROWS: dict[VisitState, frozenset[VisitState]] = {
    V.PROPOSED: frozenset({V.PROPOSED, V.CONFIRMED, V.ON_THE_WAY, V.ARRIVED, V.DONE, V.CANCELLED}),
    V.CONFIRMED: frozenset({V.PROPOSED, V.CONFIRMED, V.ON_THE_WAY, V.ARRIVED, V.DONE, V.CANCELLED}),
    V.ON_THE_WAY: frozenset({V.PROPOSED, V.ARRIVED, V.DONE, V.CANCELLED}),
    V.ARRIVED: frozenset({V.DONE, V.CANCELLED}),
    V.DONE: frozenset(),
    V.CANCELLED: frozenset(),
}


class HasVisitState(Protocol):
    """A visit, as far as its arrows are concerned."""

    state: VisitState


def proceed(visit: HasVisitState, to: VisitState) -> None:
    """Follow an arrow. Raises Conflict ``illegal_transition`` where there is none."""
    if to not in ARROWS[visit.state]:
        raise Conflict(
            _("This does not fit the visit as it stands now."), code="illegal_transition"
        )
    visit.state = to
