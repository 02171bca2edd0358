"""What is known about the scan of a file."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import EnumText
from ecopick.core.scanning import ScanState


class Scanned:
    """A file that is served only once a scanner found it clean.

    ``scan_attempts`` counts the times when the scanner gave no verdict on it, and
    ``scan_retry_at`` is when it is asked again; ``scan_note`` is what it said.
    """

    scan_state: Mapped[ScanState] = mapped_column(EnumText(ScanState), default=ScanState.PENDING)
    scan_attempts: Mapped[int] = mapped_column(default=0)
    scan_retry_at: Mapped[datetime | None]
    scan_note: Mapped[str | None]
