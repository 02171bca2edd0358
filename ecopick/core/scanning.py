"""What a virus scanner says of a file."""

from enum import StrEnum


class ScanState(StrEnum):
    """Verdict of the virus scan; only clean files are served."""

    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"
