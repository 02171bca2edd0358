"""Objects as files in one folder of this machine."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ecopick.adapters.errors import ObjectMissing
from ecopick.adapters.storage.protocol import (
    ByteSource,
    StoredObject,
    check_key,
    copy_counted,
    disk_errors,
)

# Begins with a dot, which no key segment may: out of reach of every key.
_INCOMING = ".incoming"
_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class LocalStorage:
    """Files below `folder`, one per key.

    An upload is written to a temporary file, synced to the disk and renamed, so
    that after a crash a key holds its whole content or nothing. Temporary files
    of dead processes are removed when a storage is made.
    """

    def __init__(self, folder: Path | str) -> None:
        self._root = Path(folder).absolute()
        self._incoming = self._root / _INCOMING
        with disk_errors():
            self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.remove_unfinished()

    def put(
        self,
        key: str,
        stream: ByteSource,
        *,
        size: int | None = None,
        max_bytes: int | None = None,
    ) -> StoredObject:
        """Store `stream` whole or not at all; see Storage.put."""
        path = self._path(key)
        with self._temporary() as (temporary, file):
            stored = copy_counted(stream, file, size=size, max_bytes=max_bytes)
            with disk_errors():
                os.fsync(file.fileno())
                self._make_folder(path.parent)
                temporary.replace(path)
                _sync_folder(path.parent)
        return stored

    def open(self, key: str) -> BinaryIO:
        """The file, opened for reading; see Storage.open."""
        path = self._path(key)
        try:
            with disk_errors():
                return path.open("rb")
        except Exception as error:
            if isinstance(error.__cause__, _ABSENT):
                raise ObjectMissing(key) from error
            raise

    def size(self, key: str) -> int:
        """The size in bytes; see Storage.size."""
        size = self._file_size(key)
        if size is None:
            raise ObjectMissing(key)
        return size

    def delete(self, key: str) -> None:
        """Remove the file, if any; see Storage.delete."""
        path = self._path(key)
        with disk_errors(), suppress(*_ABSENT):
            path.unlink()
            _sync_folder(path.parent)

    def exists(self, key: str) -> bool:
        """Whether the file is there; see Storage.exists."""
        return self._file_size(key) is not None

    def keys(self, folder: str) -> Iterator[str]:
        """The files below a folder; see Storage.keys."""
        top = self._path(folder)
        with disk_errors():
            found = [path for path in top.rglob("*") if path.is_file()] if top.is_dir() else []
        yield from (path.relative_to(self._root).as_posix() for path in found)

    def upload_address(self, key: str, *, size: int, seconds: int) -> None:
        """Files of this machine are reached through the product only."""
        check_key(key)

    def download_address(
        self, key: str, *, seconds: int, content_type: str, disposition: str
    ) -> None:
        """Files of this machine are reached through the product only."""
        check_key(key)

    def remove_unfinished(self) -> int:
        """Remove temporary files whose writer is dead; returns how many.

        A writer holds a lock on its file as long as it lives, however long the
        upload takes, so no age has to be guessed.
        """
        removed = 0
        with disk_errors():
            for path in self._incoming.iterdir():
                try:
                    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
                except FileNotFoundError:
                    continue
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                    removed += 1
                except (BlockingIOError, FileNotFoundError):
                    continue
                finally:
                    os.close(descriptor)
        return removed

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _file_size(self, key: str) -> int | None:
        path = self._path(key)
        with disk_errors():
            try:
                found = path.stat()
            except _ABSENT:
                return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    @contextmanager
    def _temporary(self) -> Iterator[tuple[Path, BinaryIO]]:
        """A locked new file; removed at the end unless it was renamed."""
        path, descriptor = self._locked_file()
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                yield path, file
        finally:
            with suppress(OSError):
                path.unlink()

    def _locked_file(self) -> tuple[Path, int]:
        while True:
            path = self._incoming / secrets.token_hex(16)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with disk_errors():
                descriptor = os.open(path, flags, 0o600)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                # Another process may have taken the file for a dead one's before the lock.
                if os.fstat(descriptor).st_nlink:
                    return path, descriptor
                os.close(descriptor)

    def _make_folder(self, folder: Path) -> None:
        """Make `folder` and its parents, each synced so that it survives a crash."""
        if folder == self._root or folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
