"""CSV that spreadsheets open without running anything.

A cell that begins with ``= + - @``, a tab, a carriage return or NUL gets an
apostrophe before it (OWASP, CSV injection); NUL itself is left out.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\x00")


def cell(value: object) -> str:
    """A value as a cell; numbers stay numbers."""
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return text
    escaped = f"'{text}" if text.startswith(_DANGEROUS) else text
    return escaped.replace("\x00", "")


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a CSV file, a byte order mark before the first for spreadsheets."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow(head)
    yield buffer.getvalue()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([cell(value) for value in row])
        yield buffer.getvalue()
