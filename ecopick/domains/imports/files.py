"""Reading tables as text: charset and separator are found out, rows come one by one.

A byte order mark names the charset; else it is UTF-8 where all of the file is, and
Windows-1252 otherwise, which is what spreadsheets in Western Europe write.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO

from ecopick.core.errors import Invalid
from ecopick.core.text import LazyText
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field

DELIMITERS = ";,\t|"
MOST_COLUMNS = 100
MOST_ROWS = 250_000
SAMPLE_ROWS = 5
_LOOKED_AT = 16 * 1024
_QUOTED = re.compile(r'"[^"]*"?')
_CHUNK = 256 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

Row = tuple[int, list[str]]
Open = Callable[[], BinaryIO]


@dataclass(frozen=True)
class Look:
    """How a file is read, what its columns are called, and how many rows it has."""

    charset: str
    delimiter: str
    columns: list[str]
    rows_total: int


def look_at(open_file: Open) -> Look:
    """Find out how to read a table, from its whole content. Raises Invalid under ``file``."""
    charset = _charset(open_file)
    with open_file() as stream, _text(stream, charset) as text:
        beginning = text.read(_LOOKED_AT)
    delimiter = _delimiter(beginning)
    try:
        columns, total = _count(open_file, charset, delimiter)
    except csv.Error as error:
        raise _refused(_("A cell of this file has no end. Please save the table again.")) from error
    if len([name for name in columns if name]) == 0 or total == 0:
        raise _refused(_("There are no rows in this file. Its first line must name the columns."))
    if len(columns) > MOST_COLUMNS:
        raise _refused(_("At most %(count)s columns, please.", count=MOST_COLUMNS))
    if total > MOST_ROWS:
        raise _refused(_("At most %(count)s rows a file, please.", count=MOST_ROWS))
    return Look(charset, delimiter, columns, total)


def _refused(sentence: LazyText) -> Invalid:
    return wrong_field("file", sentence)


def _charset(open_file: Open) -> str:
    with open_file() as stream:
        chunk = stream.read(_CHUNK)
        for mark, name in _MARKS:
            if chunk.startswith(mark):
                return name
        if b"\x00" in chunk or chunk.startswith(b"PK\x03\x04"):
            raise _refused(
                _("This is no table as text. Please save it as CSV in your spreadsheet.")
            )
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk:
                decoder.decode(chunk)
                chunk = stream.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _delimiter(beginning: str) -> str:
    """The separator that stands between the heads: where there are several, the one that most
    rows hold as often as the heads do, then the commonest. What is quoted does not count.

    One pass over the text: the sniffer of the standard library takes minutes for some.
    """
    lines = _QUOTED.sub("", beginning).splitlines() or [""]
    heads = Counter(char for char in lines[0] if char in DELIMITERS)
    alike = {char: sum(line.count(char) == many for line in lines) for char, many in heads.items()}
    return max(heads, key=lambda char: (alike[char], heads[char]), default=";")


def _count(open_file: Open, charset: str, delimiter: str) -> tuple[list[str], int]:
    with open_file() as stream:
        reader = _reader(stream, charset, delimiter)
        columns = [" ".join(name.split()) for name in next(reader, [])]
        total = sum(1 for cells in reader if any(cell.strip() for cell in cells))
    while columns and not columns[-1]:
        columns.pop()
    return columns, total


def read_rows(stream: BinaryIO, charset: str, delimiter: str) -> Iterator[Row]:
    """The rows with their lines (the heads are line 1); empty ones are left out."""
    reader = _reader(stream, charset, delimiter)
    next(reader, None)
    for line, cells in enumerate(reader, 2):
        if any(cell.strip() for cell in cells):
            yield line, cells


def sample(stream: BinaryIO, charset: str, delimiter: str) -> list[list[str]]:
    """The first rows, to choose the columns by."""
    rows = []
    for _line, cells in read_rows(stream, charset, delimiter):
        rows.append(cells)
        if len(rows) == SAMPLE_ROWS:
            break
    return rows


@contextmanager
def _text(stream: BinaryIO, charset: str) -> Iterator[io.TextIOWrapper]:
    """The stream as text; it stays its owner's to close."""
    found = io.TextIOWrapper(stream, charset, errors="replace", newline="")
    try:
        yield found
    finally:
        with suppress(ValueError):  # Closed before all of it was read.
            found.detach()


def _reader(stream: BinaryIO, charset: str, delimiter: str) -> Iterator[list[str]]:
    with _text(stream, charset) as text:
        lines = (line.replace("\x00", "") for line in text)
        yield from csv.reader(lines, delimiter=delimiter)
