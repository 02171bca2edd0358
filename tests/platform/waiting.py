"""Running the product's commands and waiting for what they say."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
OWN = (
    "DATABASE_URL",
    "MIGRATION_DATABASE_URL",
    "ADMIN_DATABASE_URL",
    "REDIS_URL",
    "SMTP_HOST",
    "SMTP_PORT",
    "APP_ENV",
    "PUBLIC_BASE_URL",
    "SESSION_HMAC_KEY",
    "DATA_ENCRYPTION_KEY",
    "ECOPICK_HOME",
    "ECOPICK_CLOCK_OFFSET",
    "STORAGE_DIR",
    "PORT",
)


def clean_environment(**settings: str) -> dict[str, str]:
    """Our environment without the test run's own servers, plus some settings."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN}
    return kept | settings


def _as_from_a_terminal() -> None:
    """A suite that runs in the background would pass on that it ignores these signals."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Run:
    """A running command whose output is read line by line."""

    def __init__(self, command: Sequence[str], env: dict[str, str], cwd: Path = ROOT) -> None:
        self.started = time.monotonic()
        self.lines: list[str] = []
        self._rest = b""
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=_as_from_a_terminal,
        )

    @property
    def _output(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def until(self, text: str, seconds: float = 60) -> float:
        """Wait for a line that contains `text`; the seconds since the start."""
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while not any(text in line for line in self.lines):
                left = deadline - time.monotonic()
                assert left > 0, f"no {text!r} in {self.lines}"
                if not selector.select(left):
                    continue
                chunk = os.read(self._output.fileno(), 65536)
                assert chunk, f"ended without {text!r}: {self.lines}"
                *whole, self._rest = (self._rest + chunk).split(b"\n")
                self.lines += [line.decode() for line in whole]
        return time.monotonic() - self.started

    def number_after(self, text: str) -> int:
        """The number that a line said after `text`."""
        line = next(line for line in self.lines if text in line)
        return int(line.partition(text)[2].split()[0])

    def stop(self, sign: signal.Signals = signal.SIGTERM, seconds: float = 15) -> float:
        """Send a signal and wait for the end; the seconds that it took."""
        begun = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(sign)
        self.process.wait(seconds)
        self._output.close()
        return time.monotonic() - begun


def ecopick(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one command of the product to its end."""
    command = [sys.executable, "-m", "ecopick", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=90, check=False
    )


def processes_of(home: Path) -> list[str]:
    """The command lines of live processes that belong to a data folder."""
    marks = (f"ECOPICK_HOME={home}".encode(), os.fsencode(home))
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
            place = os.fsencode((folder / "cwd").readlink())
            known = marks[0] in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if line and (known or marks[1] in line or place.startswith(marks[1])):
            found.append(line.replace(b"\0", b" ").decode(errors="replace"))
    return found
