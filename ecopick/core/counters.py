"""Counting requests outside of the database: what that must be able to do.

The process registers its counters once at start (``use_counters``), as it does
with its keys. Nobody relies on them alone: where they are away, whoever counts
does so in the database.
"""

from typing import Protocol


class CountersAway(Exception):
    """The counters do not answer."""


class Counters(Protocol):
    """Shared by all processes; forgets by itself."""

    def hit(self, key: str, limit: int, seconds: int) -> int:
        """Count one; 0 while ``limit`` in ``seconds`` is kept, else how many seconds to wait.

        Raises ``CountersAway``.
        """
        ...


_counters: list[Counters] = []


def use_counters(found: Counters | None) -> None:
    """Set the counters of this process; None leaves counting to the database."""
    _counters[:] = [found] if found is not None else []


def hit(key: str, limit: int, seconds: int) -> int:
    """As ``Counters.hit``, by the counters of this process."""
    if not _counters:
        raise CountersAway
    return _counters[0].hit(key, limit, seconds)
