"""The data folder: its lock, its generated keys, and what a running Ecopick tells others."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ecopick.server.account import Account
from ecopick.server.errors import StartError
from ecopick.server.locks import FolderLock

_GENERATED: Final = ("SESSION_HMAC_KEY", "DATA_ENCRYPTION_KEY", "APP_PASSWORD", "MIGRATOR_PASSWORD")


class Home:
    """ECOPICK_HOME."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = FolderLock(folder)

    @property
    def logs(self) -> Path:
        """Where the processes write what they have to say."""
        return self.folder / "log"

    def open(self) -> None:
        """Make the folder, private to us, and lock it. Raises StartError."""
        try:
            fresh = not self.folder.exists()
            self.folder.mkdir(parents=True, exist_ok=True)
            if fresh:
                self.folder.chmod(0o700)
            self.logs.mkdir(exist_ok=True)
        except OSError as error:
            raise StartError(
                f"The data folder {self.folder} cannot be used: {error.strerror}."
            ) from error
        self.lock.take()

    def secrets(self) -> dict[str, str]:
        """The keys and passwords of this folder, made on first use."""
        path = self.folder / "secrets.json"
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        missing = [name for name in _GENERATED if name not in known]
        if missing:
            for name in missing:
                known[name] = (
                    base64.b64encode(secrets.token_bytes(32)).decode()
                    if name == "DATA_ENCRYPTION_KEY"
                    else secrets.token_urlsafe(32)
                )
            write_private(path, json.dumps(known, indent=1))
        return known

    def announce(self, env: Mapping[str, str]) -> None:
        """Write down how to reach the running servers, for the command line beside them."""
        write_private(self.folder / "runtime.json", json.dumps(dict(env), indent=1))

    def announced(self) -> dict[str, str]:
        """What the running Ecopick wrote down; empty when none runs."""
        path = self.folder / "runtime.json"
        found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def close(self) -> None:
        """Nothing runs here any more."""
        (self.folder / "runtime.json").unlink(missing_ok=True)
        self.lock.free()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)


def let_servers_in(folder: Path) -> None:
    """As root: let the account of the servers walk through the data folder."""
    Account.current().let_through(folder)
