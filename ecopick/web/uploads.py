"""Files on their way in: counted while they arrive, kept only if the request succeeds."""

import errno
import logging
import tempfile
import uuid
from collections.abc import Iterable
from typing import IO, Any, BinaryIO, cast
from urllib.parse import quote

from flask import Flask, Request, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import FileStorage

from ecopick.core.errors import Invalid, Unavailable
from ecopick.core.tenancy import Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import after_commit
from ecopick.domains.tickets.files import (
    MAX_FILE_BYTES,
    StoredFile,
    new_stem,
    remove,
    store_file,
    too_large,
)
from ecopick.domains.tickets.queries.attachments import named_keys
from ecopick.web.state import close_session, database, db_session, storage

log = logging.getLogger("ecopick.uploads")
# Below this size a file is not worth a place on the disk.
_IN_MEMORY_BYTES = 512 * 1024
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# JSON is read whole into memory, before anybody is asked who sends it.
MAX_JSON_BYTES = 1024 * 1024


class ArrivingFile(tempfile.SpooledTemporaryFile[bytes]):
    """A temporary file that refuses more than one file may hold, and a full disk."""

    def __init__(self) -> None:
        super().__init__(max_size=_IN_MEMORY_BYTES)
        self._taken = 0

    def write(self, chunk: Any) -> int:
        """Take a piece. Raises TooLarge, or Unavailable where the disk is full."""
        self._taken += len(chunk)
        if self._taken > MAX_FILE_BYTES:
            raise too_large()
        try:
            return super().write(chunk)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise storage_full() from error


class IncomingRequest(Request):
    """A request whose files stop at the limit, however much the sender goes on.

    Bytes that its query should have encoded are encoded here.
    """

    def __init__(self, environ: dict[str, Any], *args: Any, **options: Any) -> None:
        query = str(environ.get("QUERY_STRING", ""))
        if not query.isascii():
            environ["QUERY_STRING"] = quote(query, safe="%=&+", encoding="latin-1")
        super().__init__(environ, *args, **options)
        self._arriving: list[ArrivingFile] = []
        if self.is_json:
            self.max_content_length = MAX_JSON_BYTES

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        file = ArrivingFile()
        self._arriving.append(file)
        return cast(IO[bytes], file)

    def close(self) -> None:
        """Give up all files, those of an upload that broke off included."""
        super().close()
        for file in self._arriving:
            file.close()


def storage_full() -> Unavailable:
    """The refusal of an upload for which there is no room."""
    return Unavailable(
        _("Files cannot be stored at the moment. Nothing was saved; please try again later."),
        code="storage_full",
    )


def uploads(field: str = "file") -> list[FileStorage]:
    """The files sent under ``field``; 422 under that field where there is none."""
    files = [item for item in request.files.getlist(field) if item.filename]
    if not files:
        raise no_file(field)
    return files


def no_file(field: str = "file") -> Invalid:
    """The refusal of a form without its file."""
    text = _("Please choose a file.")
    return Invalid(text, code="no_file", fields={field: text})


def keep(
    stream: BinaryIO, file_name: str | None, owner_id: uuid.UUID, *, stem: str | None = None
) -> StoredFile:
    """Judge and store an arrived file for an owner.

    Its objects go again unless the request commits a row that names them.
    """
    stored = store_file(storage(), stem or new_stem(owner_id), stream, file_name)
    waiting: list[tuple[uuid.UUID, str]] = g.setdefault("uncommitted_files", [])
    waiting.extend((owner_id, key) for key in stored.keys)
    after_commit(db_session(), _settled)
    return stored


def _settled() -> None:
    g.pop("uncommitted_files", None)


def install(app: Flask) -> None:
    """Clean up at the end of every request that stored files and did not commit them."""

    @app.teardown_request
    def _discard(error: BaseException | None) -> None:
        waiting = g.pop("uncommitted_files", None)
        if waiting:
            close_session()
            discard(waiting)


def discard(waiting: Iterable[tuple[uuid.UUID, str]]) -> None:
    """Remove objects that no row names.

    A commit whose answer was lost may have happened, so the rows are asked;
    where they cannot be, the objects are left to the daily sweep.
    """
    by_owner: dict[uuid.UUID, list[str]] = {}
    for owner_id, key in waiting:
        by_owner.setdefault(owner_id, []).append(key)
    for owner_id, keys in by_owner.items():
        try:
            with database().transaction(Scope((owner_id,))) as session:
                named = named_keys(session, owner_id, keys)
        except SQLAlchemyError:
            log.warning("%d stored files are left to the sweep", len(keys))
            continue
        remove(storage(), [key for key in keys if key not in named])
