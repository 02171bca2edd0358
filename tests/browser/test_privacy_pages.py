"""Data on people in Chromium: no barriers, nothing beside the screen."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import DESK, PHONE, Site
from tests.browser.test_accessibility import THEMES, barriers, looks
from tests.browser.test_main_job import sign_in
from tests.browser.test_members_pages import overhang

pytestmark = pytest.mark.browser
SIZES: dict[str, dict[str, Any]] = {
    "desk": DESK,
    "tablet": {**DESK, "viewport": {"width": 834, "height": 1112}},
    "narrow": {**PHONE, "viewport": {"width": 360, "height": 740}},
    "phone": PHONE,
}


@pytest.mark.parametrize(("theme", "size"), looks(*sorted(SIZES)))
def test_pages(
    site: Site, open_browser: Callable[..., BrowserContext], theme: str, size: str
) -> None:
    options: dict[str, Any] = {**SIZES[size], **THEMES[theme]}
    found: list[str] = []
    owner = sign_in(open_browser(**options), "en", "admin")
    resident = sign_in(open_browser(**options), "de", "resident")
    owner.goto("/en/members")
    person = owner.locator("a[href$='/data']").first.get_attribute("href") or ""
    for page, paths in (
        (owner, ["/en/account/data", "/en/admin/retention", person]),
        (resident, ["/de/account/data"]),
    ):
        for path in paths:
            found += overhang(page, path)
            found += barriers(page, path)
    assert found == []
