"""The one clock of the product.

Rules never ask the database or ``datetime`` for the time, so that tests and
rehearsals can move it. ``ECOPICK_CLOCK_OFFSET`` (seconds) shifts it for a
whole process; start-up refuses the variable in production.
"""

import os
from datetime import UTC, datetime, timedelta

_shift = timedelta(seconds=float(os.environ.get("ECOPICK_CLOCK_OFFSET") or 0))
_extra = timedelta(0)


def now() -> datetime:
    """The current moment, aware and in UTC."""
    return datetime.now(UTC) + _shift + _extra


def shift(by: timedelta) -> None:
    """Move the clock of this process by ``by``, on top of earlier shifts."""
    global _extra
    _extra += by


def reset() -> None:
    """Undo every ``shift``."""
    global _extra
    _extra = timedelta(0)
