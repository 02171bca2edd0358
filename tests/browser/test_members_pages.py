"""Members, passwords and addresses in Chromium: no barriers, nothing beside the screen."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import DESK, PHONE, Site
from tests.browser.test_accessibility import THEMES, barriers, looks
from tests.browser.test_main_job import sign_in

pytestmark = pytest.mark.browser
OWN = ("/account/security/password", "/account/security/email", "/account/security")
PUBLIC = ("/forgot-password", "/reset-password/nothing", "/invitations/nothing")


def overhang(page: Page, path: str) -> list[str]:
    """Pages that are wider than the screen."""
    page.goto(path)
    wide = page.evaluate("document.documentElement.scrollWidth > screen.width")
    return [f"{path}: wider than the screen"] if wide else []


@pytest.mark.parametrize(("theme", "size"), looks("desk", "phone"))
def test_pages(
    site: Site, open_browser: Callable[..., BrowserContext], theme: str, size: str
) -> None:
    options: dict[str, Any] = {**(DESK if size == "desk" else PHONE), **THEMES[theme]}
    found: list[str] = []
    manager = sign_in(open_browser(**options), "en", "manager")
    resident = sign_in(open_browser(**options), "de", "resident")
    stranger = open_browser(**options).new_page()
    for page, paths in (
        (manager, [f"/en{path}" for path in ("/members", *OWN)]),
        (resident, [f"/de{path}" for path in OWN]),
        (stranger, [f"/fr{path}" for path in PUBLIC]),
    ):
        for path in paths:
            found += overhang(page, path)
            found += barriers(page, path)
    assert found == []


def test_password_can_be_shown(site: Site, open_browser: Callable[..., BrowserContext]) -> None:
    page = sign_in(open_browser(**DESK), "en", "manager")
    page.goto("/en/account/security/password")
    field = page.locator("#f-new_password")
    field.fill("nine bright lamps at dawn")
    show = page.locator("[data-reveal=f-new_password]")
    show.click()
    assert field.get_attribute("type") == "text"
    assert show.get_attribute("aria-pressed") == "true"
    show.click()
    assert field.get_attribute("type") == "password"
