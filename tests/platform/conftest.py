"""Folders in which servers of another account may work."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder; not pytest's, which closes its root to other accounts at any start."""
    yield from _folder()


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    """A data folder for all tests of a module."""
    yield from _folder()


def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ecopick-platform-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
