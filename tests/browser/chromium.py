"""A Chromium for the browser tests: the system's, else Debian's package, else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The headless build draws no window around the page: half the work for the same pages.
HEADLESS = "chromium-headless-shell"
NAMES = (HEADLESS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The path of a usable Chromium; None when there is none yet."""
    for name in (os.environ.get("ECOPICK_CHROMIUM", ""), *NAMES):
        found = shutil.which(name) if name else None
        if found:
            return found
    return playwrights_own()


def playwrights_own() -> str | None:
    """The Chromium that Playwright downloaded; None when it did not."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def install_chromium() -> None:
    """Install Debian's package when we are root, else let Playwright fetch its own."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", HEADLESS]
        for command in (["apt-get", "update", "-qq"], install):
            subprocess.run(command, env=env, check=False)
    if find_chromium() is None:
        options = ["--with-deps"] if os.geteuid() == 0 else []
        command = [sys.executable, "-m", "playwright", "install", *options, "chromium"]
        subprocess.run(command, check=False)


def main() -> int:
    """Make sure that there is a Chromium; the exit code."""
    if find_chromium() is None:
        install_chromium()
    found = find_chromium()
    if found is None:
        print("No Chromium was found and none could be installed.", file=sys.stderr)
        return 1
    print(f"Chromium: {found}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
