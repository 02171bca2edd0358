"""Imports: begun with a file, tried, carried out batch by batch, called off."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.errors import Conflict, Invalid, Text
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.imports.book import Book
from ecopick.domains.imports.fields import FIELDS, fields_of, guess
from ecopick.domains.imports.files import Look
from ecopick.domains.imports.files import Row as Cells
from ecopick.domains.imports.inputs import BeginImport, MapColumns
from ecopick.domains.imports.judging import counts, judge
from ecopick.domains.imports.kinds import KINDS
from ecopick.domains.imports.lifecycle import OPEN, UNFINISHED, ImportState, Outcome
from ecopick.domains.imports.many import insert_many
from ecopick.domains.imports.models import Import, ImportKey, ImportProblem
from ecopick.domains.imports.queries import lock_import
from ecopick.domains.imports.rows import Row

_FRESH: dict[str, Any] = {
    "rows_done": 0,
    "created": 0,
    "changed": 0,
    "unchanged": 0,
    "refused": 0,
    "attempts": 0,
    "started_at": None,
    "ended_at": None,
}


def _nothing(session: Session, actor: Actor, key: object) -> None:
    return None


@command("import:run", find=_nothing, audit_as="ENTITY_CREATED")
def begin_import(
    session: Session,
    actor: Actor,
    subject: None,
    data: BeginImport,
    *,
    import_id: uuid.UUID,
    look: Look,
    storage_key: str,
    size_bytes: int,
) -> Import:
    """A file that was stored and looked at; its columns are guessed from their heads."""
    assert actor.owner_id is not None
    made = Import(
        id=import_id,
        property_owner_id=actor.owner_id,
        user_id=actor.user_id,
        kind=data.kind,
        language=actor.language,
        file_name=data.file_name,
        storage_key=storage_key,
        size_bytes=size_bytes,
        charset=look.charset,
        delimiter=look.delimiter,
        columns=look.columns,
        mapping=guess(data.kind, look.columns),
        state=ImportState.UPLOADED,
        rows_total=look.rows_total,
        created_at=clock.now(),
    )
    session.add(made)
    return made


@command("import:run", find=lock_import)
def check_import(session: Session, actor: Actor, run: Import, data: MapColumns) -> Import:
    """Have the file tried with these columns; nothing is changed by it but its errors.

    ``Invalid`` names needed fields without a column and unknown or doubled columns,
    ``Conflict`` an import that is under way or over.
    """
    if run.state not in OPEN:
        raise Conflict(_("This import is under way or over."), code="import_state")
    _check_mapping(run, data.mapping)
    run.mapping = data.mapping
    run.state = ImportState.CHECKING
    _begin_anew(session, run)
    return run


def _check_mapping(run: Import, mapping: dict[str, int]) -> None:
    wrong: dict[str, Text] = {}
    known, used = fields_of(run.kind), dict[int, str]()
    for name, at in mapping.items():
        if name not in known:
            wrong["mapping"] = _("This field is not accepted.")
        elif at >= len(run.columns):
            wrong[name] = _("Please choose one of the options.")
        elif at in used:
            wrong[name] = _("Another field has this column already.")
        used.setdefault(at, name)
    for field in FIELDS[run.kind]:
        if field.needed and field.name not in mapping:
            wrong[field.name] = _("This field is needed.")
    if wrong:
        raise Invalid(_("Please check the marked fields."), fields=wrong)


@command("import:run", find=lock_import, audit_as="ENTITY_STATUS_CHANGED")
def start_import(session: Session, actor: Actor, run: Import) -> Import:
    """Have it carried out. ``Conflict`` unless the file was tried with these columns."""
    if run.state is not ImportState.CHECKED:
        raise Conflict(_("Please have the file tried first."), code="import_state")
    run.state = ImportState.IMPORTING
    _begin_anew(session, run)
    return run


def _begin_anew(session: Session, run: Import) -> None:
    for name, value in _FRESH.items():
        setattr(run, name, value)
    session.execute(
        delete(ImportProblem).where(
            ImportProblem.property_owner_id == run.property_owner_id,
            ImportProblem.import_id == run.id,
        )
    )


@command("import:run", find=lock_import, audit_as="ENTITY_STATUS_CHANGED")
def cancel_import(session: Session, actor: Actor, run: Import) -> Import:
    """Call it off; rows that were taken stay. One that is over stays as it is."""
    if run.state in OPEN | UNFINISHED:
        run.state = ImportState.CANCELLED
        run.ended_at = clock.now()
    return run


@command("import:run", find=lock_import, audit_as="ENTITY_UPDATED")
def import_batch(
    session: Session, actor: Actor, run: Import, lines: Sequence[Cells], book: Book
) -> list[Row]:
    """Take one batch of rows; what cannot be taken is among the answered rows, refused.

    ``Conflict`` where the import was called off.
    """
    if run.state is not ImportState.IMPORTING:
        raise Conflict(_("This import is under way or over."), code="import_state")
    rows = judge(session, run, lines, book)
    kind = KINDS[run.kind]
    kind.create(session, actor, book, [row for row in rows if row.outcome is Outcome.CREATED])
    kind.change(session, actor, book, [row for row in rows if row.outcome is Outcome.CHANGED])
    _remember(session, run, rows)
    note(session, lines=[lines[0][0], lines[-1][0]], kind=run.kind, **counts(rows))
    return rows


def _remember(session: Session, run: Import, rows: Sequence[Row]) -> None:
    """Keep the keys, so that the same file changes nothing when it comes again."""
    keeps_key = KINDS[run.kind].keeps_key
    taken = [
        {
            "property_owner_id": run.property_owner_id,
            "kind": run.kind,
            "key_hash": row.key,
            "row_hash": row.content,
            "target_id": row.target,
            "import_id": run.id,
        }
        for row in rows
        if row.outcome in (Outcome.CREATED, Outcome.CHANGED) and keeps_key(row)
    ]
    if not taken:
        return
    statement = insert_many(ImportKey, taken)
    statement = statement.on_conflict_do_update(
        index_elements=["property_owner_id", "kind", "key_hash"],
        set_={name: statement.excluded[name] for name in ("row_hash", "target_id", "import_id")},
    )
    session.execute(statement)


def keep_problems(session: Session, run: Import, rows: Sequence[Row]) -> None:
    """Store why rows were refused, in words that are translated when they are read."""
    found = [
        {
            "property_owner_id": run.property_owner_id,
            "import_id": run.id,
            "line": row.line,
            "number": number,
            "field": name,
            "message": sentence.message,
            "facts": sentence.values,
        }
        for row in rows
        for number, (name, sentence) in enumerate(row.problems)
    ]
    if found:
        session.execute(insert(ImportProblem.__table__), found)  # type: ignore[arg-type]
