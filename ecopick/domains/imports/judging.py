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
from ecopick.domains.imports.rows import Row, among, named_key, natural_key, read_row


def judge(session: Session, run: Import, lines: Sequence[Cells], book: Book) -> list[Row]:
    """The rows of a batch, each with its outcome; the book remembers their keys."""
    rows = read(session, run, lines, book)
    kind = KINDS[run.kind]
    unknown = [row for row in rows if row.outcome is None]
    kind.find(session, book, unknown)
    for row in unknown:
        if row.outcome is None:
            row.outcome = Outcome.CREATED if row.target is None else Outcome.CHANGED
    changing = [row for row in rows if row.outcome is Outcome.CHANGED]
    if changing:
        kind.check(session, book, changing)
    return rows


def read(session: Session, run: Import, lines: Sequence[Cells], book: Book) -> list[Row]:
    """The rows of a batch with what they refer to, settled where an import took them before.

    The book remembers their keys: for rows that were worked on already, this is enough.
    """
    kind, fields = KINDS[run.kind], fields_of(run.kind)
    rows = [read_row(line, cells, fields, run.mapping) for line, cells in lines]
    numbered = [row for row in _good(rows) if row.values.get("key") is not None]
    for row in numbered:
        row.key = named_key(run.kind, row.values["key"])
    _settle(session, run, book, numbered)
    # A row that is as it was refers to what it referred to then.
    left = [row for row in _good(rows) if row.outcome is not Outcome.UNCHANGED]
    kind.resolve(session, book, left)
    natural = [row for row in _good(left) if not row.key]
    for row in natural:
        row.key = natural_key(run.kind, kind.natural_key(row))
    _settle(session, run, book, natural)
    return rows


def counts(rows: Sequence[Row]) -> Counter[str]:
    """How many rows did what, by the names of the outcomes."""
    return Counter(row.outcome.value for row in rows if row.outcome is not None)


def _good(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.outcome is not Outcome.REFUSED]


def _settle(session: Session, run: Import, book: Book, rows: Sequence[Row]) -> None:
    """Refuse keys that this file had before; settle those that an earlier import knows."""
    for row in rows:
        first = book.seen.setdefault(row.key, row.line)
        if first != row.line:
            row.refuse("key", _("The same stands in line %(line)s already.", line=first))
    if not rows:
        return
    found = session.execute(
        select(ImportKey.key_hash, ImportKey.row_hash, ImportKey.target_id).where(
            ImportKey.property_owner_id == run.property_owner_id,
            ImportKey.kind == run.kind,
            among(ImportKey.key_hash, [row.key for row in rows]),
        )
    )
    known = {each.key_hash: each for each in found}
    for row in _good(rows):
        before = known.get(row.key)
        if before is not None:
            row.target = before.target_id
            same = before.row_hash == row.content
            row.outcome = Outcome.UNCHANGED if same else Outcome.CHANGED
