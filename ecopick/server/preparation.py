"""The process that prepares the database while the servers start; see server.prepare."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ecopick.server import processes

ROOT = Path(__file__).resolve().parent.parent.parent


class Preparation:
    """`ecopick prepare` with a pipe in each direction. Raises StartError when it cannot start."""

    def __init__(self, env: Mapping[str, str]) -> None:
        told_by, self._tells = os.pipe()
        self._answers, tell = os.pipe()
        os.set_blocking(self._answers, False)
        command = [sys.executable, "-m", "ecopick", "prepare", "--pipes", str(told_by), str(tell)]
        try:
            self.process = processes.spawn(command, env=env, cwd=ROOT, pass_fds=[told_by, tell])
        finally:
            os.close(told_by)
            os.close(tell)
        self._answer: bytes | None = None

    def tell(self, settings: Mapping[str, str]) -> None:
        """The servers answer: go on, with these settings besides those of the start."""
        with contextlib.suppress(BrokenPipeError), os.fdopen(self._tells, "w") as pipe:
            json.dump(settings, pipe)

    def has_answered(self) -> bool:
        """Whether the schema is there, or never will be."""
        if self._answer is None:
            with contextlib.suppress(BlockingIOError):
                self._answer = os.read(self._answers, 64)
        return self._answer is not None

    @property
    def made_schema(self) -> bool:
        """Whether the schema is there."""
        return bool(self._answer)
