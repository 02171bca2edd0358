"""From an upload to a stored file: judged by its content, photos made anew.

The object is stored before its row exists, under a random key that begins with
the owner and the day; what no row came to name is swept a day later.
"""

import io
import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import BinaryIO

from ecopick.adapters.errors import (
    BadImage,
    IncompleteUpload,
    ObjectTooLarge,
    RefusedFile,
    StorageError,
)
from ecopick.adapters.images import Photo, render_photo
from ecopick.adapters.sniff import FileKind, safe_file_name, sniff
from ecopick.adapters.storage import Storage
from ecopick.core import clock
from ecopick.core.errors import AppError, Invalid, Text, TooLarge, Unavailable
from ecopick.core.text import lazy_gettext as _

MAX_FILE_BYTES = 25 * 1024 * 1024
# Long enough for the slowest upload; a file without a row after it is an orphan.
ORPHAN_AFTER = timedelta(days=1)
SWEPT_DAYS = 7


@dataclass(frozen=True)
class StoredFile:
    """A file in the storage that no row names yet.

    ``is_clean``: made by us from decoded pixels, so nothing of the original is
    left that could do harm; everything else waits for the scanner.
    """

    storage_key: str
    thumbnail_key: str | None
    file_name: str
    content_type: str
    size_bytes: int
    sha256: bytes
    width: int | None
    height: int | None
    is_clean: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """Every object that belongs to the file."""
        return (self.storage_key, *((self.thumbnail_key,) if self.thumbnail_key else ()))


def folder_of(owner_id: uuid.UUID, day: date) -> str:
    """Where files of an owner and a day (UTC) are kept."""
    return f"{owner_id}/{day.isoformat()}"


def new_stem(owner_id: uuid.UUID) -> str:
    """A new random key without its ending."""
    return f"{folder_of(owner_id, clock.now().date())}/{secrets.token_hex(16)}"


def store_file(storage: Storage, stem: str, stream: BinaryIO, file_name: str | None) -> StoredFile:
    """Judge the seekable ``stream`` and store what may be kept of it, under ``stem``.

    Raises Invalid under the field ``file`` (empty, of a wrong type, two things
    at once, not readable as a picture), TooLarge or Unavailable; nothing is
    stored then.
    """
    try:
        if stream.seek(0, io.SEEK_END) > MAX_FILE_BYTES:
            raise ObjectTooLarge(MAX_FILE_BYTES)
        kind = sniff(stream)
        if kind.is_photo:
            return _store_photo(storage, stem, render_photo(stream), file_name)
        key = f"{stem}.{kind.extension}"
        stored = storage.put(key, stream, max_bytes=MAX_FILE_BYTES)
    except (RefusedFile, BadImage, StorageError) as error:
        raise explain(error) from error
    return StoredFile(
        storage_key=key,
        thumbnail_key=None,
        file_name=safe_file_name(file_name, kind),
        content_type=kind.value,
        size_bytes=stored.size,
        sha256=bytes.fromhex(stored.sha256),
        width=None,
        height=None,
        is_clean=False,
    )


def _store_photo(storage: Storage, stem: str, photo: Photo, file_name: str | None) -> StoredFile:
    full, small = photo.full, photo.thumbnail
    key, small_key = f"{stem}.{full.extension}", f"{stem}-small.{small.extension}"
    stored = storage.put(key, io.BytesIO(full.data), size=len(full.data))
    try:
        storage.put(small_key, io.BytesIO(small.data), size=len(small.data))
    except StorageError:
        remove(storage, [key])
        raise
    return StoredFile(
        storage_key=key,
        thumbnail_key=small_key,
        file_name=safe_file_name(file_name, FileKind(full.content_type)),
        content_type=full.content_type,
        size_bytes=stored.size,
        sha256=bytes.fromhex(stored.sha256),
        width=full.width,
        height=full.height,
        is_clean=True,
    )


def remove(storage: Storage, keys: Iterable[str]) -> None:
    """Remove objects that no row names; where the storage is away, the sweep does it."""
    for key in keys:
        try:
            storage.delete(key)
        except StorageError:
            return


def explain(error: Exception) -> AppError:
    """What went wrong with a file, in a sentence for whoever sent it."""
    if isinstance(error, ObjectTooLarge) or getattr(error, "code", "") == "too_large":
        return too_large()
    if isinstance(error, IncompleteUpload):
        return _refused("incomplete", _("The file did not arrive whole. Please send it again."))
    if isinstance(error, StorageError):
        return Unavailable(
            _("Files cannot be stored at the moment. Nothing was saved; please try again later."),
            code=error.code,
        )
    code = str(getattr(error, "code", "wrong_type"))
    return _refused(code, _SENTENCES.get(code, _SENTENCES["wrong_type"]))


def too_large() -> TooLarge:
    """The refusal of a file above the limit."""
    text = _("This file is larger than %(count)s MB.", count=MAX_FILE_BYTES // 1024**2)
    return TooLarge(text, fields={"file": text})


def _refused(code: str, sentence: Text) -> Invalid:
    return Invalid(sentence, code=code, fields={"file": sentence})


_SENTENCES: dict[str, Text] = {
    "empty": _("This file is empty. Please take the photo or choose the file again."),
    "wrong_type": _("Please choose a photo (JPEG, PNG, WebP, HEIC), a PDF or an MP4 video."),
    "polyglot": _("This file is not what it seems to be, so it was not accepted."),
    "too_many_pixels": _("This picture has too many pixels. Please send a smaller one."),
    "unreadable": _("This picture is damaged and cannot be opened. Please send another."),
}


def orphans(
    listed: Callable[[str], Iterator[str]], owner_id: uuid.UUID, now: datetime
) -> Iterator[str]:
    """Keys of an owner's files that are old enough to be orphans.

    ``listed(folder)`` lists the storage. Only the last days are looked at: a
    sweep that ran each day has seen the earlier ones.
    """
    latest = (now - ORPHAN_AFTER).date()
    for back in range(1, SWEPT_DAYS + 1):
        yield from listed(folder_of(owner_id, latest - timedelta(days=back)))
