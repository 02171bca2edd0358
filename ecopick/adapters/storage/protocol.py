"""What every storage promises, and the parts they share."""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from ecopick.adapters.errors import (
    IncompleteUpload,
    InvalidKey,
    ObjectTooLarge,
    StorageFull,
    StorageUnavailable,
)

CHUNK_BYTES = 256 * 1024
MAX_KEY_LENGTH = 500

# Segments begin with a letter or digit: no "..", no hidden file, no absolute path.
_SEGMENT = r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}"
_KEY = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class ByteSource(Protocol):
    """Anything that hands out bytes: an upload, an open file, a buffer."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class StoredObject:
    """What was stored: its size in bytes and the SHA-256 of its content, in hex."""

    size: int
    sha256: str


class Storage(Protocol):
    """Objects by key. A key is visible only when its whole content is stored."""

    def put(
        self,
        key: str,
        stream: ByteSource,
        *,
        size: int | None = None,
        max_bytes: int | None = None,
    ) -> StoredObject:
        """Store the rest of `stream` under `key`, replacing what was there.

        `size` is the announced number of bytes, if known; `max_bytes` the limit.
        Raises InvalidKey, IncompleteUpload, ObjectTooLarge, StorageFull or
        StorageUnavailable, and passes on what `stream.read` raises; in all these
        cases the key is as it was before.
        """
        ...

    def open(self, key: str) -> BinaryIO:
        """The content, to be read once from its beginning and closed. Raises ObjectMissing."""
        ...

    def size(self, key: str) -> int:
        """The size in bytes. Raises ObjectMissing."""
        ...

    def delete(self, key: str) -> None:
        """Remove the object; no error when there is none."""
        ...

    def exists(self, key: str) -> bool:
        """Whether a whole object is stored under `key`."""
        ...

    def keys(self, folder: str) -> Iterator[str]:
        """Every key below `folder` (whole segments, no slash at its end), in no order."""
        ...

    def upload_address(self, key: str, *, size: int, seconds: int) -> str | None:
        """Where anybody may PUT exactly `size` bytes under `key` for so long; None: only by us."""
        ...

    def download_address(
        self, key: str, *, seconds: int, content_type: str, disposition: str
    ) -> str | None:
        """Where anybody may read `key` for so long, with these two headers; None: only by us."""
        ...


def check_key(key: str) -> str:
    """The key itself, if it is well formed; raises InvalidKey.

    Segments of letters, digits, dot, underscore and hyphen, each beginning with a
    letter or digit, joined by single slashes; at most 500 characters.
    """
    if len(key) > MAX_KEY_LENGTH or _KEY.fullmatch(key) is None:
        raise InvalidKey(key)
    return key


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn OSError from our own disk into StorageFull or StorageUnavailable."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(str(error)) from error
        raise StorageUnavailable(str(error)) from error


def copy_counted(
    source: ByteSource, target: BinaryIO, *, size: int | None, max_bytes: int | None
) -> StoredObject:
    """Copy `source` into `target` in pieces, counting and hashing.

    `target` is unbuffered, so that a full disk shows here and not when closing it.
    Only the writing side is translated into storage errors; what reading raises
    (a lost connection) passes through unchanged.
    """
    digest = hashlib.sha256()
    total = 0
    while chunk := source.read(CHUNK_BYTES):
        total += len(chunk)
        if max_bytes is not None and total > max_bytes:
            raise ObjectTooLarge(max_bytes)
        digest.update(chunk)
        with disk_errors():
            _write_whole(target, chunk)
    if size is not None and total != size:
        raise IncompleteUpload(size, total)
    return StoredObject(total, digest.hexdigest())


def _write_whole(target: BinaryIO, chunk: bytes) -> None:
    """Write all of `chunk`: an unbuffered file may take only a part at a time."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[target.write(rest) :]
