"""One row of a file on its way: read, judged, taken or refused."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY

from ecopick.core.changes import plain
from ecopick.core.text import LazyText
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.imports.fields import Field
from ecopick.domains.imports.lifecycle import ImportKind, Outcome
from ecopick.domains.imports.readers import Unreadable


@dataclass
class Row:
    """A row: ``values`` by field (None for a blank cell), what it refers to, what it does.

    ``target`` is the thing that it is about, where there is one already or once it is
    made; ``content`` and ``key`` are hashes of the values and of the key.
    """

    line: int
    values: dict[str, Any]
    problems: list[tuple[str, LazyText]] = field(default_factory=list)
    refers: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome | None = None
    target: uuid.UUID | None = None
    key: bytes = b""
    content: bytes = b""

    def refuse(self, name: str, sentence: LazyText) -> None:
        """Note why it cannot be taken."""
        self.problems.append((name, sentence))
        self.outcome = Outcome.REFUSED


def read_row(
    line: int, cells: Sequence[str], fields: Mapping[str, Field], mapping: Mapping[str, int]
) -> Row:
    """The row with the cells of its mapped columns read."""
    row = Row(line, {})
    for name, at in mapping.items():
        cell = cells[at] if at < len(cells) else ""
        if not cell.strip():
            row.values[name] = None
            continue
        try:
            row.values[name] = fields[name].read(cell)
        except Unreadable as error:
            row.refuse(name, error.sentence)
    for name, each in fields.items():
        if each.needed and row.values.get(name) is None and name not in dict(row.problems):
            row.refuse(name, _("This field is needed."))
    row.content = _hash(sorted((name, plain(value)) for name, value in row.values.items()))
    return row


def among(column: Any, values: Iterable[object]) -> ColumnElement[bool]:
    """Whether the column holds one of many values: one bound array, however many they are."""
    found: ColumnElement[bool] = column == any_(
        bindparam(None, list(values), type_=ARRAY(column.type))
    )
    return found


def natural_key(kind: ImportKind, facts: Sequence[object]) -> bytes:
    """The key of a thing by what makes it what it is."""
    return _hash([kind, *map(plain, facts)])


def named_key(kind: ImportKind, own: str) -> bytes:
    """The key of a thing by the file's own number for it."""
    return _hash([kind, "key", own])


def _hash(facts: object) -> bytes:
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).digest()
