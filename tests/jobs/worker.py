"""Real workers, as `ecopick worker` starts them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ecopick.config import Settings

ROOT = Path(__file__).resolve().parents[2]


def environment(settings: Settings, port: int) -> dict[str, str]:
    """The environment of a worker that shares the test's database and queue."""
    return os.environ | {
        "APP_ENV": "test",
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "ECOPICK_HOME": str(settings.home),
        "PUBLIC_BASE_URL": settings.public_base_url,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
    }


@contextmanager
def worker(settings: Settings, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """One worker with its children in a group of its own; all gone at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from ecopick.server.background import run_worker; run_worker()"],
        env=environment(settings, port),
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    children: set[int] = set()
    try:
        yield process
    finally:
        children |= descendants(process.pid)
        process.kill()
        process.wait()
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def descendants(pid: int) -> set[int]:
    """Every process below ``pid``."""
    found: set[int] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                child = int(folder.name)
                found |= {child} | descendants(child)
    return found


def kill_9(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for the worker and whatever it works on."""
    children = descendants(process.pid)
    process.kill()
    process.wait()
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether ``condition`` comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return condition()
