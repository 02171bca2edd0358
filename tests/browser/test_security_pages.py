"""The security pages in Chromium: without barriers in every theme and width, and their acts work."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import DESK, PHONE, Site
from tests.browser.test_accessibility import THEMES, barriers
from tests.browser.test_main_job import sign_in

pytestmark = pytest.mark.browser
PATHS = ("", "/alerts", "/blocked", "/limits", "/log")


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_they_read(site: Site, open_browser: Callable[..., BrowserContext], theme: str) -> None:
    page = sign_in(open_browser(**DESK, **THEMES[theme]), "en", "admin")
    assert [line for path in PATHS for line in barriers(page, f"/en/admin/security{path}")] == []


def test_they_fit_a_phone(site: Site, open_browser: Callable[..., BrowserContext]) -> None:
    page = sign_in(open_browser(**PHONE), "en", "admin")
    for path in PATHS:
        page.goto(f"/en/admin/security{path}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


def test_an_administrator_looks_and_acts(
    site: Site, open_browser: Callable[..., BrowserContext]
) -> None:
    page = sign_in(open_browser(**DESK), "en", "admin")
    page.get_by_role("link", name="Security").click()
    # Of the two drawings the styles hide one, once they are there.
    page.wait_for_load_state("load")
    expect(page.get_by_role("img", name="Sign-in attempts of the last 24 hours")).to_be_visible()
    page.get_by_role("row", name="Credential stuffing").get_by_role(
        "link", name="Look into it"
    ).click()
    detail = page.locator("#alert-detail")
    expect(detail).to_contain_text("Credential stuffing")
    detail.get_by_role("button", name="Resolve alert").click()
    expect(page.locator("#toasts")).to_contain_text("Alert resolved")
    row = page.get_by_role("row", name="Credential stuffing")
    expect(row).to_contain_text("Resolved")
    page.get_by_role("link", name="Block source").click()
    page.get_by_label("Address, network, email address or device").fill("0.0.0.0/0")
    page.get_by_role("button", name="Block source").click()
    expect(page.get_by_text("This network is too large to be blocked as a whole.")).to_be_visible()
    page.get_by_label("Address, network, email address or device").fill("203.0.113.0/26")
    page.get_by_role("button", name="Block source").click()
    expect(page.locator(".rows")).to_contain_text("203.0.113.0/26")
    page.get_by_role("button", name="Unblock 203.0.113.0/26").click()
    expect(page.locator(".rows")).not_to_contain_text("203.0.113.0/26")
