"""Pages without barriers: axe finds nothing on any page in any theme."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import DESK, PHONE, Site
from tests.browser.test_main_job import sign_in

pytestmark = pytest.mark.browser
THEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "contrast": {"color_scheme": "light", "contrast": "more"},
}
FULL = os.environ.get("ECOPICK_FULL") == "1"


def looks(*sizes: str) -> list[tuple[str, str]]:
    """Themes and sizes: every pair under full counts, else each size in another theme."""
    themes = sorted(THEMES)
    if FULL:
        return [(theme, size) for size in sizes for theme in themes]
    return [(themes[turn % len(themes)], sizes[turn % len(sizes)]) for turn in range(len(sizes))]


SECTIONS = ("overview", "details", "activity", "team", "history", "sla", "attachments", "vendor")


def barriers(page: Page, path: str) -> list[str]:
    """What axe finds on a page, one line each."""
    page.goto(path)
    found = Axe().run(page).response["violations"]
    return [f"{path}: {item['id']}: {item['nodes'][0]['html'][:160]}" for item in found]


def a_ticket(page: Page, query: str = "") -> str:
    """The id of one ticket that the person sees."""
    return str(json.loads(page.request.get(f"/api/tickets{query}").text())["items"][0]["id"])


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_the_desk(site: Site, open_browser: Callable[..., BrowserContext], theme: str) -> None:
    page = sign_in(open_browser(**DESK, **THEMES[theme]), "en", "manager")
    ticket = a_ticket(page, "?status=IN_PROGRESS")
    paths = ["/en/tickets", "/en/tickets/new", "/en/buildings", "/en/notifications"]
    paths += [f"/en/tickets/{ticket}?section={section}" for section in SECTIONS]
    paths += [f"/en/tickets/{ticket}/assign", "/en/tickets/nothing-here"]
    found = [line for path in paths for line in barriers(page, path)]
    assert found == []


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_the_phone(site: Site, open_browser: Callable[..., BrowserContext], theme: str) -> None:
    page = sign_in(open_browser(**PHONE, **THEMES[theme]), "de", "resident")
    paths = ["/de/tickets", "/de/tickets/new", f"/de/tickets/{a_ticket(page)}"]
    found = [line for path in paths for line in barriers(page, path)]
    vendor = sign_in(open_browser(**PHONE, **THEMES[theme]), "it", "vendor")
    found += barriers(vendor, "/it/vendor/inbox")
    stranger = open_browser(**PHONE, **THEMES[theme]).new_page()
    found += barriers(stranger, "/fr/login")
    assert found == []
