"""Judging a batch of rows: what each would do, or why it cannot be taken. Nothing is written."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.text import lazy_gettext as _
from ecopick.domains.imports.book import Book
from ecopick.domains.imports.fields import fields_of
from ecopick.domains.imports.files import Row as Cells
from ecopick.domains.imports.kinds import KINDS
from ecopick.domains.imports.lifecycle import Outcome
from ecopick.domains.imports.models import Import, ImportKey
from ecopick.domains.imports.rows import Row, among, key_of, read_row


def judge(session: Session, run: Import, lines: Sequence[Cells], book: Book) -> list[Row]:
    """The rows of a batch, each with its outcome; the book remembers their keys."""
    rows = read(session, run, lines, book)
    kind = KINDS[run.kind]
    unknown = _look_up(session, run, _good(rows))
    kind.find(session, book, unknown)
    for row in unknown:
        if row.outcome is None:
            row.outcome = Outcome.CREATED if row.target is None else Outcome.CHANGED
    changing = [row for row in rows if row.outcome is Outcome.CHANGED]
    if changing:
        kind.check(session, book, changing)
    return rows


def read(session: Session, run: Import, lines: Sequence[Cells], book: Book) -> list[Row]:
    """The rows of a batch with what they refer to; those that say nothing usable are refused.

    The book remembers their keys: for rows that were worked on before, this is enough.
    """
    kind, fields = KINDS[run.kind], fields_of(run.kind)
    rows = [read_row(line, cells, fields, run.mapping) for line, cells in lines]
    kind.resolve(session, book, _good(rows))
    for row in _good(rows):
        row.key = key_of(run.kind, row, kind.natural_key(row))
        first = book.seen.setdefault(row.key, row.line)
        if first != row.line:
            row.refuse("key", _("The same stands in line %(line)s already.", line=first))
    return rows


def counts(rows: Sequence[Row]) -> Counter[str]:
    """How many rows did what, by the names of the outcomes."""
    return Counter(row.outcome.value for row in rows if row.outcome is not None)


def _good(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.outcome is not Outcome.REFUSED]


def _look_up(session: Session, run: Import, rows: Sequence[Row]) -> list[Row]:
    """Settle the rows whose keys an earlier import knows; answers the others."""
    found = session.execute(
        select(ImportKey.key_hash, ImportKey.row_hash, ImportKey.target_id).where(
            ImportKey.property_owner_id == run.property_owner_id,
            ImportKey.kind == run.kind,
            among(ImportKey.key_hash, [row.key for row in rows]),
        )
    )
    known = {each.key_hash: each for each in found}
    unknown = []
    for row in rows:
        before = known.get(row.key)
        if before is None:
            unknown.append(row)
            continue
        row.target = before.target_id
        same = before.row_hash == row.content
        row.outcome = Outcome.UNCHANGED if same else Outcome.CHANGED
    return unknown
