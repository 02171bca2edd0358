"""What can be imported, and how far an import is."""

from datetime import timedelta
from enum import StrEnum

# For how long the file and its errors can be looked at after the end.
KEPT = timedelta(days=7)


class ImportKind(StrEnum):
    """What the rows of a file are."""

    BUILDINGS = "buildings"
    UNITS = "units"
    PEOPLE = "people"
    TICKETS = "tickets"


class ImportState(StrEnum):
    """From the upload over the trial run to the end."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = frozenset({ImportState.CHECKING, ImportState.IMPORTING})
# From here the columns may still be chosen anew.
OPEN = frozenset({ImportState.UPLOADED, ImportState.CHECKED})


class Outcome(StrEnum):
    """What a row does, or would do."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
