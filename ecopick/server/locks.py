"""Locks on folders: one running Ecopick a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from ecopick.server.errors import StartError


class FolderLock:
    """An exclusive lock on a folder; the system frees it when the holder dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock. Raises StartError when another process has it."""
        if self._descriptor is not None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StartError(
                f"The data folder {self._folder} cannot be used: {error.strerror}."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise StartError(
                f"The data folder {self._folder} is in use by another Ecopick"
                f"{f' (process {holder})' if holder.isdigit() else ''}; "
                "stop it, or set ECOPICK_HOME to another folder."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor

    def free(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None
