"""The states of exports and erasures, and how long things are kept."""

from datetime import timedelta
from enum import StrEnum

# Until a whole account goes, its person may change their mind.
GRACE = timedelta(days=7)
EXPORT_KEPT = timedelta(days=7)
MAX_ATTEMPTS = 3
ERASED = "[erased]"


class ExportState(StrEnum):
    """How far an export is."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"
    REMOVED = "removed"


class ErasureState(StrEnum):
    """What became of an erasure; ``held``: a legal hold stood against it."""

    WAITING = "waiting"
    UNDONE = "undone"
    HELD = "held"
    DONE = "done"


class KeptStream(StrEnum):
    """A stream whose retention an owner decides on."""

    CHANGES = "audit_events"
    READS = "access_events"
    DECISIONS = "access_decisions"


# Months: what holds where an owner decided nothing, and the least that may be chosen.
DEFAULT_MONTHS = {KeptStream.CHANGES: 120, KeptStream.READS: 24, KeptStream.DECISIONS: 24}
LEAST_MONTHS = {KeptStream.CHANGES: 12, KeptStream.READS: 3, KeptStream.DECISIONS: 3}
MOST_MONTHS = 360
# Sign-ins belong to the platform, for which no owner decides.
SIGN_IN_STREAM = "auth_audit_events"
SIGN_IN_MONTHS = 24
