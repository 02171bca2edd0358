"""Starting and stopping single processes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from ecopick.server.account import Account
from ecopick.server.errors import StartError

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[bytes] | int | None = None,
    account: Account | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own that ends when we die.

    Its own session keeps Ctrl-C in the terminal from reaching it: the
    supervisor decides on the order in which things stop. Raises StartError
    when the program cannot be run.
    """
    parent = os.getpid()
    switched = account if account and account.switched else None
    try:
        return subprocess.Popen(
            [str(part) for part in command],
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            start_new_session=True,
            pass_fds=tuple(pass_fds),
            preexec_fn=_dying_with(parent, death_signal),
            user=switched.uid if switched else None,
            group=switched.gid if switched else None,
            extra_groups=[] if switched else None,
        )
    except OSError as error:
        raise StartError(f"{command[0]} cannot be started: {error.strerror}.") from error


def _dying_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if _libc is None:
            return
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def adopt_orphans() -> None:
    """Make us the parent of every process whose own parent ends (Linux)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """The process ids whose parent we are, zombies included (Linux; else empty)."""
    me = os.getpid()
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name, in parentheses, may itself contain blanks and parentheses.
            if int(entry.read_text().rpartition(")")[2].split()[1]) == me:
                found.add(int(entry.parent.name))
    return found


def is_running(pid: int) -> bool:
    """Whether a process of that id lives; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state not in {"Z", "X"}


def stop(process: subprocess.Popen[bytes], sign: signal.Signals, patience: float) -> None:
    """Ask a process to end, and kill it when it has not after `patience` seconds."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(sign)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def wait_until(
    ready: Callable[[], bool],
    process: subprocess.Popen[bytes],
    *,
    seconds: float,
    what: str,
    log: Path,
) -> None:
    """Poll `ready` until it holds; raises StartError when the process ends or time is up."""
    deadline = time.monotonic() + seconds
    while not ready():
        code = process.poll()
        if code is not None:
            raise StartError(f"{what} ended at once (code {code}): {last_line(log)}")
        if time.monotonic() > deadline:
            raise StartError(f"{what} did not answer within {seconds:.0f} s: {last_line(log)}")
        time.sleep(0.02)


def last_line(log: Path) -> str:
    """The last line of a log that says something, with the log's place."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    told = [line for line in lines if "FATAL" in line or "ERROR" in line or "error" in line]
    text = (told or lines or ["it wrote nothing"])[-1].strip()
    return f"{text} (see {log})"


def first_error(log: Path) -> str:
    """The first error in a log, from which the others follow, with the log's place."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    found = next((line for line in lines if "error:" in line or "FATAL" in line), "")
    return f"{found.strip()} (see {log})" if found else last_line(log)
