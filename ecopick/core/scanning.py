"""What a virus scanner says of a file, and when it is asked again."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core import clock

# A file on which the scanner gives no verdict is tried after these times.
FIRST_RESCAN = timedelta(minutes=1)
LAST_RESCAN = timedelta(hours=6)


class ScanState(StrEnum):
    """Verdict of the virus scan; only clean files are served."""

    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"


class Scanned:
    """Columns of a row whose file is served only once a scanner found it clean.

    ``scan_attempts`` counts the times when the scanner gave no verdict on it, and
    ``scan_retry_at`` is when it is asked again; ``scan_note`` is what it said. The
    verdict itself is the row's own ``scan_state``.
    """

    scan_attempts: Mapped[int] = mapped_column(default=0)
    scan_retry_at: Mapped[datetime | None]
    scan_note: Mapped[str | None]

    @classmethod
    def is_due(cls) -> ColumnElement[bool]:
        """In SQL: whether a file that waits for the scanner has its turn."""
        return or_(cls.scan_retry_at.is_(None), cls.scan_retry_at <= clock.now())

    def close_scan(self, note: str) -> None:
        """The scanner has given its verdict, and said this about it."""
        self.scan_note = note or None
        self.scan_retry_at = None

    def put_off_scan(self, note: str) -> None:
        """No verdict on this file: it goes on waiting and is tried less and less often."""
        self.scan_attempts += 1
        self.scan_note = note or None
        wait = FIRST_RESCAN * 2 ** min(self.scan_attempts - 1, 10)
        self.scan_retry_at = clock.now() + min(wait, LAST_RESCAN)
