"""Keeping a handful of processes running, and ending all of them in time.

A crashed part is started again, later each time. A stop asks the
applications first and the servers below them last; whoever does not listen
is killed, so that everything is gone within ten seconds.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from ecopick.server import processes
from ecopick.server.errors import StartError

FIRST_DELAY: Final = 0.2
LONGEST_DELAY: Final = 10.0
HEALTHY_AFTER: Final = 20.0
_TICK: Final = 0.5
_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Someone asked us to stop while we were still starting."""


@dataclass(slots=True)
class Part:
    """One process: how to start it, and how to ask it to end.

    `signals` are pairs of seconds since the stop and a signal. Parts of a lower
    `layer` stop after those of a higher one.
    """

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    signals: tuple[tuple[float, signal.Signals], ...] = (
        (0.0, signal.SIGTERM),
        (4.0, signal.SIGKILL),
    )
    layer: int = 1
    process: subprocess.Popen[bytes] | None = None
    crashes: int = 0
    total_crashes: int = 0
    started_at: float = 0.0
    due_at: float = field(default=0.0)

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Runs parts until a signal, or the end of our own parent, stops it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.parts: list[Part] = []
        self._say = say
        self._stopping = False
        self._starting = True
        self._expected: list[subprocess.Popen[bytes]] = []
        self._parent = ParentWatch()
        self._alarm, self._bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Listen to stop signals; on leaving, every process of ours is gone."""
        processes.adopt_orphans()
        for sign in _STOP_SIGNALS:
            if signal.getsignal(sign) is not signal.SIG_IGN or sign is not signal.SIGHUP:
                signal.signal(sign, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda _sign, _frame: None)
        signal.set_wakeup_fd(self._bell, warn_on_full_buffer=False)
        try:
            yield
        except StopRequested:
            pass
        finally:
            self._stopping, self._starting = True, False
            self.stop()

    def _on_stop(self, sign: int, frame: FrameType | None) -> None:
        if self._starting and not self._stopping:
            self._stopping = True
            raise StopRequested
        self._stopping = True

    def add(self, part: Part) -> None:
        """Start a part and keep it running from now on."""
        self.parts.append(part)
        self._launch(part)

    def expect(self, process: subprocess.Popen[bytes]) -> None:
        """Know a process of ours that is meant to end, and that `wait` will be asked about."""
        self._expected.append(process)

    def wait(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for an expected process to end, minding everything else meanwhile; its code."""
        while (code := process.poll()) is None:
            self._tick()
        return code

    def wait_for(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait until `ready` holds, minding everything else meanwhile; False when time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                return False
            self._tick(0.05)
        return True

    def run(self) -> None:
        """Mind the parts until we are asked to stop."""
        self._starting = False
        while not self._stopping:
            self._tick()

    def _tick(self, seconds: float = _TICK) -> None:
        with contextlib.suppress(InterruptedError):
            select.select([self._alarm], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._alarm, 4096)
        if self._parent.wants_stop():
            self._stopping = True
            if self._starting:
                raise StopRequested
        if not self._stopping:
            self._restart_crashed()
            self._reap_orphans()

    def _restart_crashed(self) -> None:
        now = time.monotonic()
        for part in self.parts:
            if part.alive:
                continue
            if part.process is not None:
                code, part.process = part.process.returncode, None
                if now - part.started_at > HEALTHY_AFTER:
                    part.crashes = 0
                delay = min(FIRST_DELAY * 2**part.crashes, LONGEST_DELAY)
                part.crashes, part.total_crashes = part.crashes + 1, part.total_crashes + 1
                part.due_at = now + delay
                self._say(f"{part.name} ended ({_ending(code)}); starting it again")
            if now >= part.due_at:
                try:
                    self._launch(part)
                except StartError as error:
                    part.due_at = now + LONGEST_DELAY
                    self._say(f"{part.name} cannot be started again: {error}")

    def _launch(self, part: Part) -> None:
        part.started_at = time.monotonic()
        part.process = part.start()

    def _reap_orphans(self) -> None:
        ours = [part.process for part in self.parts] + self._expected
        known = {process.pid for process in ours if process}
        for pid in processes.children() - known:
            if not processes.is_running(pid):
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)

    def stop(self) -> None:
        """End all parts, layer by layer, then whatever they left behind."""
        for layer in sorted({part.layer for part in self.parts}, reverse=True):
            begun = time.monotonic()
            going = [part for part in self.parts if part.layer == layer and part.alive]
            sent = dict.fromkeys((part.name for part in going), 0)
            while going := [part for part in going if part.alive]:
                passed = time.monotonic() - begun
                for part in going:
                    while sent[part.name] < len(part.signals):
                        after, sign = part.signals[sent[part.name]]
                        if passed < after:
                            break
                        sent[part.name] += 1
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(part.process.pid, sign) if part.process else None
                time.sleep(0.02)
        self._end_the_rest()

    def _end_the_rest(self) -> None:
        deadline = time.monotonic() + 1.0
        while rest := processes.children():
            for pid in rest:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            if time.monotonic() > deadline:
                return
            time.sleep(0.01)


class ParentWatch:
    """Whether whoever started us wants us to go.

    The parent's death counts. `make` that alone got a SIGINT counts too: it
    then waits for us with its handler taken away. With SIGHUP ignored (nohup)
    we are meant to outlive our parent.
    """

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._detached = self._parent <= 1 or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        self._make = _name_of(self._parent) in {"make", "gmake"} and _catches_interrupt(
            self._parent
        )

    def wants_stop(self) -> bool:
        """True once the parent is gone or, being make, was interrupted."""
        if self._detached:
            return False
        if os.getppid() != self._parent:
            return True
        return self._make and not _catches_interrupt(self._parent)


def _name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _catches_interrupt(pid: int) -> bool:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    caught = next((line.split()[1] for line in lines if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (signal.SIGINT - 1) & 1)


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"code {code}"
