"""A site in a fresh clone, started with `make run`: how long it takes, how fast it answers."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import statistics
import subprocess
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from bench.figures import Figure, at_most, told
from ecopick import demo
from ecopick.server.ports import free_port
from tests.platform.waiting import Run, clean_environment, processes_of

ROOT = Path(__file__).resolve().parent.parent
READY = "Ecopick is ready at"
GREETED = "Ctrl-C stops everything."
PAGES = 60
MAILS = 5
MAIL_SECONDS = 30.0


def starts(folder: Path, visit: Callable[[str], Iterator[Figure]]) -> Iterator[Figure]:
    """Fresh clones started with a warm and with a cold package cache, and stopped.

    The warm one is used in between: ``visit`` gets its address.
    """
    yield told("start", "load of the machine before, of the last minute", os.getloadavg()[0], "")
    for kind, limit in (("warm", 15), ("cold", 180)):
        clone = folder / kind
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        with closing(free_port()) as taken:
            port = str(taken.getsockname()[1])
        env = clean_environment(PORT=port)
        if kind == "cold":
            env |= {"UV_CACHE_DIR": str(folder / "uv"), "PIP_CACHE_DIR": str(folder / "pip")}
        run = Run(["make", "run"], env, cwd=clone)
        try:
            seconds = run.until(READY, 600)
            yield at_most(
                "start", f"`make run` in a fresh clone, {kind} cache", seconds, limit, "s"
            )
            run.until(GREETED)
            if kind == "warm":
                yield from visit(f"http://localhost:{port}")
            stopped = run.stop(seconds=60)
        finally:
            run.process.kill()
        yield at_most("start", f"SIGTERM until it ended ({kind})", stopped, 10, "s")
        left = len(processes_of(clone))
        yield at_most("start", f"processes left behind ({kind})", left, 0, "")
        if kind == "warm":
            again = Run(["make", "run"], env, cwd=clone)
            try:
                yield told("start", "`make run` a second time", again.until(READY, 120), "s")
                again.stop(seconds=60)
            finally:
                again.process.kill()
        shutil.rmtree(clone, ignore_errors=True)


def use(url: str) -> Iterator[Figure]:
    """Pages, the API and a mail of a site with the demo data."""
    manager = Person(url, "manager")
    tickets = manager.json("/api/tickets?limit=200")["items"]
    first = tickets[0]["id"]
    for what, path in (
        ("ticket list", "/en/tickets"),
        ("search in the list", "/en/tickets?q=wasser"),
        ("ticket page", f"/en/tickets/{first}"),
        ("`GET /api/tickets`", "/api/tickets"),
        ("`GET /api/tickets/ID`", f"/api/tickets/{first}"),
    ):
        manager.get(path)
        times = sorted(manager.milliseconds(path) for _ in range(PAGES))
        yield told("pages", f"{what}, median of {PAGES}", statistics.median(times), "ms")
        ninety_fifth = times[round(PAGES * 0.95) - 1]
        yield at_most("pages", f"{what}, 95th percentile", ninety_fifth, 300, "ms")
    delays = [mail_delay(url) for _ in range(MAILS)]
    yield at_most(
        "mail", f"from a resident's request to the manager's mail, slowest of {MAILS}",
        max(delays), MAIL_SECONDS, "s",
    )  # fmt: skip


def mail_delay(url: str) -> float:
    """Seconds from a resident's new ticket to the mail that tells a manager of it."""
    resident = Person(url, "resident")
    home = resident.json("/api/users/me/units")["items"][0]
    title = f"Tropfender Hahn {uuid.uuid4().hex[:8]}"
    unit, building = home.get("unit_id") or home["id"], home["building_id"]
    begun = time.monotonic()
    resident.json(
        "/api/tickets",
        {"building_id": building, "unit_id": unit, "title": title, "category": "plumbing"},
    )
    address = urllib.parse.quote(f"manager@{demo.accounts.DOMAIN}")
    while time.monotonic() - begun < MAIL_SECONDS * 2:
        mails = resident.json(f"/api/dev/mail?to={address}")
        if any(title in mail["subject"] for mail in mails):
            break
        time.sleep(0.05)
    return time.monotonic() - begun


def weights() -> Iterator[Figure]:
    """What a browser loads at most, compressed."""
    static = ROOT / "ecopick" / "static"
    for what, ending, limit in (("JavaScript", "*.js", 60), ("CSS", "*.css", 40)):
        files = sorted(static.rglob(ending))
        size = sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) / 1024
        yield at_most("weight", f"{what}, all {len(files)} files, gzip", size, limit, "KiB")


class Person:
    """Someone of the demo, signed in over the API."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )
        email = f"{name}@{demo.accounts.DOMAIN}"
        self.json("/api/auth/login", {"email": email, "password": demo.PASSWORD})

    def get(self, path: str, body: object = None) -> bytes:
        """The answer to a GET, or to a POST of `body` as JSON."""
        csrf = next((each.value for each in self.cookies if each.name == "ecopick_csrf"), None)
        headers = {"Content-Type": "application/json", "X-CSRF-Token": csrf or ""}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers if data else {})
        with self.opener.open(request, timeout=30) as answer:
            found: bytes = answer.read()
            return found

    def json(self, path: str, body: object = None) -> Any:
        """The same, as JSON."""
        return json.loads(self.get(path, body))

    def milliseconds(self, path: str) -> float:
        """How long the answer takes."""
        begun = time.perf_counter()
        self.get(path)
        return (time.perf_counter() - begun) * 1000
