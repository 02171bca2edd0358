"""What a request asks the database."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from ecopick.core.uow import Database

# Where a connection is told for whom it works, and what the log of reads needs.
LOG = "subject_keys|access_(events|decisions)"


@contextmanager
def statements(database: Database, but: str = "(?!)") -> Iterator[list[str]]:
    """Collect the statements that this thread sends while the block runs.

    Other threads of the process (the batches of the audit) send theirs at any
    moment, so they are not counted; nor are announcements of the scope, and
    statements that match the expression ``but``.
    """
    seen: list[str] = []
    here = threading.get_ident()
    left = re.compile(f"^select set_config|{but}")

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if threading.get_ident() == here and not left.search(statement):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
