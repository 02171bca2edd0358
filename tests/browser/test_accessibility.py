"""Pages without barriers: axe finds nothing in any theme, nothing jumps, and 400 % zoom holds."""

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


SECTIONS = (
    "overview", "details", "activity", "team", "history", "sla",
    "attachments", "related", "vendor", "ai", "billing",
)  # fmt: skip
# The largest sum of layout shifts (CLS) that people do not notice; 0.1 is "good" by web.dev/cls.
MOST_SHIFT = 0.05
SHIFT = """() => new Promise((done) => {
    new PerformanceObserver((list) => done(
        list.getEntries().reduce((sum, each) => sum + (each.hadRecentInput ? 0 : each.value), 0)
    )).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(0), 50);
})"""


def barriers(page: Page, path: str) -> list[str]:
    """What axe finds on a page, one line each, and whether the page jumped."""
    page.goto(path)
    found = Axe().run(page).response["violations"]
    lines = [f"{path}: {item['id']}: {item['nodes'][0]['html'][:160]}" for item in found]
    shift = page.evaluate(SHIFT)
    return lines if shift <= MOST_SHIFT else [*lines, f"{path}: shifts by {shift:.3f}"]


def a_ticket(page: Page, query: str = "") -> str:
    """The id of one ticket that the person sees."""
    return str(json.loads(page.request.get(f"/api/tickets{query}").text())["items"][0]["id"])


def desk_paths(page: Page, language: str = "en") -> list[str]:
    """The pages of a manager's day."""
    ticket = a_ticket(page, "?status=IN_PROGRESS")
    paths = ["", "tickets", "tickets/new", "buildings", "notifications"]
    paths += [f"tickets/{ticket}?section={section}" for section in SECTIONS]
    building = json.loads(page.request.get("/api/buildings").text())["items"][0]["id"]
    paths += [f"buildings/{building}/codes", f"buildings/{building}/codes/print", "imports"]
    paths += [f"tickets/{ticket}/assign", "tickets/nothing-here", "search?q=wasser", "shortcuts"]
    vendor = json.loads(page.request.get("/api/vendors").text())["items"][0]["id"]
    invoice = json.loads(page.request.get("/api/billing/invoices").text())["items"][0]["id"]
    paths += ["vendors", f"vendors/{vendor}", "billing", f"billing/invoices/{invoice}"]
    return [f"/{language}/{path}" for path in paths]


def phone_paths(page: Page) -> list[str]:
    """The pages of somebody who lives in a building."""
    paths = ["/de/", "/de/tickets", "/de/tickets/new", f"/de/tickets/{a_ticket(page)}"]
    return [*paths, "/de/homes"]


def in_turn(theme: str, paths: list[str]) -> list[str]:
    """Every page under full counts, else every third one, so that the themes share them."""
    return paths if FULL else paths[sorted(THEMES).index(theme) :: len(THEMES)]


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_the_desk(site: Site, open_browser: Callable[..., BrowserContext], theme: str) -> None:
    page = sign_in(open_browser(**DESK, **THEMES[theme]), "en", "manager")
    paths = in_turn(theme, desk_paths(page))
    assert [line for path in paths for line in barriers(page, path)] == []


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_the_phone(site: Site, open_browser: Callable[..., BrowserContext], theme: str) -> None:
    page = sign_in(open_browser(**PHONE, **THEMES[theme]), "de", "resident")
    found = [line for path in in_turn(theme, phone_paths(page)) for line in barriers(page, path)]
    vendor = sign_in(open_browser(**PHONE, **THEMES[theme]), "it", "vendor")
    found += [line for path in ("/it/", "/it/vendor/inbox") for line in barriers(vendor, path)]
    stranger = open_browser(**PHONE, **THEMES[theme]).new_page()
    found += [line for path in ("/fr/login", "/fr/app") for line in barriers(stranger, path)]
    assert found == []


@pytest.mark.parametrize(
    ("account", "language"), [("manager", "fr"), ("manager", "de"), ("resident", "de")]
)
def test_nothing_sticks_out_at_four_hundred_percent(
    site: Site, open_browser: Callable[..., BrowserContext], account: str, language: str
) -> None:
    """A window of 1280 px zoomed to 400 % shows 320 px of the page (WCAG 2.2, 1.4.10)."""
    size = {"width": 320, "height": 256}
    page = sign_in(open_browser(viewport=size), "en" if account == "manager" else language, account)
    too_wide = []
    for path in desk_paths(page, language) if account == "manager" else phone_paths(page):
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
            too_wide.append(path)
    assert too_wide == []
