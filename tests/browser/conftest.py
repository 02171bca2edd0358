"""The whole product, running, and a Chromium to use it with."""

import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.chromium import find_chromium

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "ecopick-demo-2026"
# A busy machine is slow; what never comes fails all the same.
expect.set_options(timeout=20_000)
READY = re.compile(r"Ecopick is ready at (http://\S+)")


@dataclass
class Site:
    """A running site and its mail catcher."""

    url: str
    home: Path
    process: "subprocess.Popen[str]"

    def mails(self, to: str) -> list[dict[str, Any]]:
        """Caught mails to an address, newest first."""
        query = urllib.parse.urlencode({"to": to})
        with urllib.request.urlopen(f"{self.url}/api/dev/mail?{query}", timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def wait_for_mail(
        self, to: str, wanted: Callable[[dict[str, Any]], bool], seconds: float = 60
    ) -> dict[str, Any]:
        """The newest mail that is ``wanted``, as soon as it has arrived."""
        end = time.monotonic() + seconds
        pause = threading.Event()
        while time.monotonic() < end:
            for mail in self.mails(to):
                if wanted(mail):
                    return mail
            pause.wait(0.2)
        raise AssertionError(f"no such mail to {to}: {[m['subject'] for m in self.mails(to)]}")


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_site(home: Path, **extra: str) -> Site:
    """Start everything as ``make run`` does; answers once it is ready."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ECOPICK_")}
    for name in ("DATABASE_URL", "REDIS_URL", "SMTP_HOST"):
        env.pop(name, None)
    env |= {"PORT": str(free_port()), "ECOPICK_HOME": str(home), **extra}
    process = subprocess.Popen(
        [sys.executable, "-m", "ecopick", "up"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_pump, args=(process, lines), daemon=True).start()
    seen: list[str] = []
    while True:
        line = lines.get(timeout=120)
        if line is None:
            raise AssertionError("the site did not start:\n" + "".join(seen[-40:]))
        seen.append(line)
        if found := READY.search(line):
            return Site(found.group(1), home, process)


def _pump(process: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)


def stop_site(site: Site) -> None:
    """Stop everything and wait for the end."""
    site.process.send_signal(signal.SIGTERM)
    site.process.wait(timeout=20)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo, running."""
    running = start_site(tmp_path_factory.mktemp("site"))
    yield running
    stop_site(running)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESK = {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def open_browser(chromium: Browser, site: Site) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a browser of its own for one person: ``open_browser(**PHONE, locale="de-DE")``."""
    contexts: list[BrowserContext] = []

    def open_one(**options: Any) -> BrowserContext:
        context = chromium.new_context(**{"base_url": site.url, **options})
        context.set_default_timeout(45_000)
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
