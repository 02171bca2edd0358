"""A disk that is really full: a clean refusal, nothing half, and room again heals it."""

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from ecopick.adapters.storage import LocalStorage
from ecopick.domains.tickets.models import Ticket
from tests.factories import World
from tests.signing_in import Api
from tests.uploads import PDF, add, added, objects, rows


@pytest.fixture
def small_disk(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalStorage]:
    """The files' folder on a disk of 600 KB; only where this machine lets us mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no right to mount a small disk")
    try:
        storage = LocalStorage(folder)
        monkeypatch.setitem(app.extensions, "storage", storage)
        yield storage
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(
    manager: Api, world: World, ticket: Ticket, small_disk: LocalStorage, migrator: Engine
) -> None:
    """Check 46."""
    content = PDF + bytes(250_000)
    added(manager, ticket, content, name="a.pdf")
    small_disk.put("other/filler", io.BytesIO(bytes(200_000)))
    kept, known = objects(small_disk, world), rows(migrator, world)
    refused = add(manager, ticket, content, "b.pdf")
    assert (refused.status_code, refused.get_json()["code"]) == (503, "storage_full")
    assert (objects(small_disk, world), rows(migrator, world)) == (kept, known)
    assert not list((small_disk._root / ".incoming").iterdir())
    small_disk.delete("other/filler")
    added(manager, ticket, content, name="b.pdf")
