"""Lighthouse on a running site: its marks for the pages that people see most, and how much they jump."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import Figure, at_least, at_most
from bench.site import Person
from ecopick.core.text import LANGUAGES
from tests.browser.chromium import find_chromium

NODE = Path(__file__).resolve().parent / "node"
CATEGORIES = ("performance", "accessibility", "best-practices")
LEAST = 95
SHIFT = "cumulative-layout-shift"
MOST_SHIFT = 0.05
# Marks of performance differ a little from run to run; the median of three is told.
RUNS = 3
# Pages keep a stream open, so the network never rests: the rest comes with the time.
MOST_LOAD_MS = 12_000
FLAGS = "--headless --no-sandbox --disable-gpu --no-first-run"


@dataclass(frozen=True)
class Look:
    """A page, who looks at it (None: without an account), on a desk or on a slow phone."""

    name: str
    account: str | None
    path: str
    desk: bool
    categories: tuple[str, ...] = CATEGORIES
    runs: int = RUNS


def looks(url: str) -> list[Look]:
    """The dashboard, the list, a ticket, the form of a request, and the one without an account.

    What reads a page aloud finds the same on every run, so one run for each language is enough.
    """
    manager = Person(url, "manager")
    found = manager.json("/api/tickets?status=IN_PROGRESS")["items"][0]
    ticket, building = found["id"], found["building"]["id"]
    return [
        Look("dashboard", "manager", "/en/", desk=True),
        Look("ticket list", "manager", "/en/tickets", desk=True),
        Look("ticket page", "manager", f"/en/tickets/{ticket}?section=activity", desk=True),
        Look("request form", "resident", "/de/tickets/new", desk=False),
        *(
            Look(
                f"form without an account ({language})",
                None,
                f"/{language}/public/buildings/{building}/requests",
                desk=False,
                categories=("accessibility",),
                runs=1,
            )
            for language in LANGUAGES
        ),
    ]


def marks(url: str, folder: Path) -> Iterator[Figure]:
    """Marks of 0–100 in each category, the lowest limit 95, and the layout's shift (CLS)."""
    install()
    for look in looks(url):
        reports = [report(url, look, folder) for _ in range(look.runs)]
        times = f", median of {look.runs}" if look.runs > 1 else ""
        for category in look.categories:
            values = [100 * each["categories"][category]["score"] for each in reports]
            what = f"{look.name}, {category.replace('-', ' ')}{times}"
            yield at_least("lighthouse", what, statistics.median(values), LEAST, "")
        if "performance" in look.categories:
            shifts = [each["audits"][SHIFT]["numericValue"] for each in reports]
            what = f"{look.name}, layout shift, largest of {look.runs}"
            yield at_most("lighthouse", what, max(shifts), MOST_SHIFT, "")


def install() -> None:
    """Lighthouse as locked, once; its parts run no script of their own on the way in."""
    if not (NODE / "node_modules" / "lighthouse").is_dir():
        command = ["npm", "ci", "--ignore-scripts", "--silent"]
        subprocess.run(command, cwd=NODE, check=True)


def report(url: str, look: Look, folder: Path) -> dict[str, Any]:
    """One run on one page, signed in by the cookie of a session where it takes an account."""
    headers = folder / "headers.json"
    headers.write_text(json.dumps(_signed_in(url, look.account) if look.account else {}))
    written = folder / "lighthouse.json"
    command = [
        "node", str(NODE / "node_modules" / "lighthouse" / "cli" / "index.js"), url + look.path,
        "--quiet", "--output=json", f"--output-path={written}", f"--chrome-flags={FLAGS}",
        f"--only-categories={','.join(look.categories)}", f"--extra-headers={headers}",
        f"--max-wait-for-load={MOST_LOAD_MS}",
        *(["--preset=desktop"] if look.desk else []),
    ]  # fmt: skip
    env = os.environ | {"CHROME_PATH": find_chromium() or ""}
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
    found: dict[str, Any] = json.loads(written.read_text())
    if found["finalDisplayedUrl"].partition("?")[0] != (url + look.path).partition("?")[0]:
        raise RuntimeError(f"{look.path} led to {found['finalDisplayedUrl']}")
    return found


def _signed_in(url: str, account: str) -> dict[str, str]:
    person = Person(url, account)
    return {"Cookie": "; ".join(f"{each.name}={each.value}" for each in person.cookies)}


if __name__ == "__main__":
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        for figure in marks(sys.argv[1], Path(name)):
            print(figure, flush=True)
