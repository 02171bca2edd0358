"""Lists of tickets as files: CSV, XLSX and JSON, written row by row.

Times stand on the clock of each ticket's building, with their offset where the format
has none of its own; the time zone has a column. Nothing in a cell is ever a formula.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from xlsxwriter import Workbook

from ecopick.core.text import LazyText
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.domains.tickets.lifecycle import FileFormat
from ecopick.domains.tickets.queries.lines import TicketLine
from ecopick.web.csv_files import csv_lines
from ecopick.web.formats import zone_of
from ecopick.web.labels import label, unit_name

# What a worksheet holds at most, its head included, and one cell of it.
SHEET_ROWS = 1_048_576
CELL_LENGTH = 32_767
CONTENT_TYPES = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.JSON: "application/json",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Column:
    """One column of the file: with which column of the list it comes, its head, its value.

    ``raw`` is the value for programs, ``words`` for people; moments have no words.
    """

    name: str
    shown_with: str
    head: LazyText
    raw: Callable[[TicketLine], Any]
    words: Callable[[TicketLine], str] | None = None
    width: int = 16


def _assigned(row: TicketLine) -> str:
    return row.vendor_name or row.assigned_to_name or ""


def _unit(row: TicketLine) -> str:
    return unit_name(row.unit_label, row.unit_type) if row.unit_label and row.unit_type else ""


COLUMNS: tuple[Column, ...] = (
    Column(
        "priority", "priority", _l("Priority"), lambda r: r.priority, lambda r: label(r.priority)
    ),
    Column("number", "number", _l("Number"), lambda r: r.reference, lambda r: r.reference, 12),
    Column("title", "request", _l("Request"), lambda r: r.title, lambda r: r.title, 48),
    Column(
        "building",
        "place",
        _l("Building"),
        lambda r: r.building_name,
        lambda r: r.building_name,
        28,
    ),
    Column("unit", "place", _l("Unit"), lambda r: r.unit_label, _unit, 20),
    Column(
        "section",
        "place",
        _l("Section"),
        lambda r: r.section_name,
        lambda r: r.section_name or "",
        20,
    ),
    Column(
        "category",
        "category",
        _l("Category"),
        lambda r: r.category,
        lambda r: label(r.category, "Category"),
        20,
    ),
    Column("status", "status", _l("Status"), lambda r: r.status, lambda r: label(r.status), 20),
    Column(
        "assigned_to",
        "assigned",
        _l("Assigned to"),
        lambda r: _assigned(r) or None,
        _assigned,
        28,
    ),
    Column("sla", "sla", _l("SLA"), lambda r: r.clock.state, lambda r: label(r.clock.state)),
    Column("due_at", "sla", _l("Due"), lambda r: r.sla_due_at, None, 20),
    Column("reported_at", "reported", _l("Reported"), lambda r: r.created_at, None, 20),
    Column("updated_at", "updated", _l("Updated"), lambda r: r.updated_at, None, 20),
    Column("resolved_at", "updated", _l("Resolved"), lambda r: r.resolved_at, None, 20),
)
ZONE = Column("time_zone", "", _l("Time zone"), lambda r: r.time_zone, lambda r: r.time_zone, 18)


def columns_for(shown: Iterable[str]) -> tuple[Column, ...]:
    """The file's columns for those of the list; all of them where none is named."""
    named = frozenset(shown)
    found = tuple(each for each in COLUMNS if not named or each.shown_with in named)
    return (*found, ZONE) if any(each.words is None for each in found) else found


def text_lines(
    kind: FileFormat, rows: Iterable[TicketLine], columns: Sequence[Column]
) -> Iterator[str]:
    """The lines of a CSV or JSON file, as they are read."""
    if kind is FileFormat.JSON:
        return _json_lines(rows, columns)
    heads = [str(each.head) for each in columns]
    return csv_lines(heads, ([_cell(each, row) for each in columns] for row in rows))


def write_file(
    kind: FileFormat,
    target: IO[bytes],
    rows: Iterable[TicketLine],
    columns: Sequence[Column],
) -> None:
    """Write a whole file to ``target``."""
    if kind is FileFormat.XLSX:
        _write_sheet(target, rows, columns)
        return
    for line in text_lines(kind, rows, columns):
        target.write(line.encode())


def _moment(column: Column, row: TicketLine) -> datetime | None:
    value = column.raw(row)
    return value.astimezone(zone_of(row.time_zone)) if isinstance(value, datetime) else None


def _cell(column: Column, row: TicketLine) -> str:
    if column.words is not None:
        return column.words(row)
    moment = _moment(column, row)
    return moment.isoformat(timespec="seconds") if moment else ""


def _json_lines(rows: Iterable[TicketLine], columns: Sequence[Column]) -> Iterator[str]:
    yield '{"items": ['
    for number, row in enumerate(rows):
        facts: dict[str, Any] = {"id": str(row.id)}
        for each in columns:
            facts[each.name] = _cell(each, row) or None if each.words is None else each.raw(row)
        yield ("," if number else "") + "\n" + json.dumps(facts, ensure_ascii=False)
    yield "\n]}\n"


def _write_sheet(target: IO[bytes], rows: Iterable[TicketLine], columns: Sequence[Column]) -> None:
    """A sheet whose rows leave the memory as soon as the next one begins."""
    book = Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet(_("Tickets")[:31])
    bold, moment = (
        book.add_format({"bold": True}),
        book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
    )
    for at, each in enumerate(columns):
        sheet.set_column(at, at, each.width)
    for at, each in enumerate(columns):
        sheet.write_string(0, at, str(each.head), bold)
    last = 0
    for last, row in enumerate(rows, 1):
        for at, each in enumerate(columns):
            if each.words is not None:
                sheet.write_string(last, at, each.words(row)[:CELL_LENGTH])
            elif (value := _moment(each, row)) is not None:
                # A cell has no time zone; the column beside has it.
                sheet.write_datetime(last, at, value.replace(tzinfo=None), moment)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    book.close()
