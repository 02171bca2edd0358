"""What pages and API share: a file is stored and looked at, work is asked for, errors leave
as a file."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, BinaryIO, cast

from flask import Response, g, request

from ecopick.adapters.errors import StorageError
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.errors import NotFound
from ecopick.core.permissions import authorize
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.core.uow import Database, after_commit
from ecopick.domains.imports import commands
from ecopick.domains.imports.files import look_at
from ecopick.domains.imports.inputs import BeginImport, MapColumns
from ecopick.domains.imports.models import Import
from ecopick.domains.imports.queries import find_import, problems
from ecopick.web.bind import bind
from ecopick.web.csv_files import csv_lines
from ecopick.web.state import current_actor, database, db_session, queue, storage
from ecopick.web.uploads import storage_full, uploads

WORK = "jobs.imports.work"


def receive() -> Import:
    """Store the uploaded file, find out how to read it, and begin an import.

    Raises Forbidden, Invalid under ``file`` or ``kind``, TooLarge, Unavailable.
    """
    session, actor = db_session(), current_actor()
    authorize(session, actor, "import:run", None)
    kind = request.form.get("kind")
    file = uploads()[0]
    name = PurePath(file.filename or "").name[:200] or "table.csv"
    data = bind(BeginImport, source={"kind": kind, "file_name": name})
    import_id = new_id()
    key = f"{actor.owner_id}/imports/{import_id}.csv"
    kept = storage()
    try:
        stored = kept.put(key, cast(BinaryIO, file.stream))
        _forget_unless_stored(key)
        look = look_at(lambda: kept.open(key))
    except StorageError as error:
        raise storage_full() from error
    return commands.begin_import(
        session,
        actor,
        None,
        data,
        import_id=import_id,
        look=look,
        storage_key=key,
        size_bytes=stored.size,
    )


def _forget_unless_stored(key: str) -> None:
    """Remove the object again unless the request commits the row that names it."""
    owner_id = current_actor().owner_id
    g.setdefault("uncommitted_files", []).append((owner_id, key))
    after_commit(db_session(), lambda: g.pop("uncommitted_files", None))


def check(import_id: str, mapping: dict[str, Any]) -> Import:
    """Have the file tried with these columns."""
    data = bind(MapColumns, source={"mapping": mapping})
    run = commands.check_import(db_session(), current_actor(), import_id, data)
    _ask_for_work()
    return run


def start(import_id: str) -> Import:
    """Have it carried out."""
    run = commands.start_import(db_session(), current_actor(), import_id)
    _ask_for_work()
    return run


def _ask_for_work() -> None:
    wake = queue()
    after_commit(db_session(), lambda: wake.ask(WORK))


def found(import_id: str) -> Import:
    """An import of the owner. Raises NotFound, Forbidden."""
    session, actor = db_session(), current_actor()
    run = find_import(session, actor, import_id)
    authorize(session, actor, "import:run", run)
    return run


def error_file(import_id: str) -> Response:
    """What could not be taken as CSV: row, column, reason; sent while it is read."""
    run = found(import_id)
    if not run.refused:
        raise NotFound(_l("There is nothing here, or you cannot see it."))
    response = Response(_error_lines(database(), current_actor(), run), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="import-errors.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _error_lines(source: Database, actor: Actor, run: Import) -> Iterator[str]:
    """Read in a transaction of its own: the request's ends before its answer is sent."""
    with source.transaction(actor.scope) as session:
        head = [_("Row"), _("Column"), _("Reason")]
        yield from csv_lines(head, problems(session, run, limit=None))
