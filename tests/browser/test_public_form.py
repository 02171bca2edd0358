"""The public form on a phone: without barriers in four languages, and asked before sending."""

import json
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PHONE, Site
from tests.browser.test_accessibility import THEMES
from tests.browser.test_main_job import sign_in
from tests.browser.test_stored_scripts import PROSE, look, trapped
from tests.figures import figure

pytestmark = pytest.mark.browser
OpenBrowser = Callable[..., BrowserContext]
# Whoever sends sooner is a program.
READ = "new Promise((done) => setTimeout(done, Math.max(0, 2200 - performance.now())))"
SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary, textarea')]
    .filter((each) => each.checkVisibility() && !each.closest('.vh') && !each.matches('.skip, p a, span a'))
    .map((each) => (each.closest('label') ?? each))
    .filter((each) => Math.min(each.getBoundingClientRect().height, each.getBoundingClientRect().width) < 43.5)
    .map((each) => each.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def building(site: Site, chromium: object) -> str:
    """A building of the demo."""
    context = chromium.new_context(base_url=site.url)  # type: ignore[attr-defined]
    page = sign_in(context, "de", "resident")
    rows = json.loads(page.request.get("/api/tickets").text())["items"]
    context.close()
    return str(rows[0]["building_id"])


def barriers(page: Page) -> list[str]:
    """What axe finds, and targets that a thumb would miss."""
    found = Axe().run(page).response["violations"]
    lines = [f"{page.url}: {item['id']}: {item['nodes'][0]['html'][:160]}" for item in found]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    lines += [f"{page.url}: {wide} px too wide"] if wide > 0 else []
    return lines + [f"{page.url}: small: {each}" for each in page.evaluate(SMALL)]


def test_the_form_has_no_barriers_in_any_language(
    site: Site, open_browser: OpenBrowser, building: str
) -> None:
    """Each language in another theme, and on the narrowest phone."""
    found: list[str] = []
    for language, theme in zip(("de", "fr", "it", "en"), [*sorted(THEMES), "light"], strict=True):
        page = open_browser(
            **{**PHONE, "viewport": {"width": 320, "height": 640}}, **THEMES[theme]
        ).new_page()
        page.goto(f"/{language}/public/buildings/{building}/requests")
        found += barriers(page)
    figure("form", "barriers that axe finds on the public form, four languages", len(found), "0")
    assert found == []


def test_a_report_and_its_page_with_hostile_words(
    site: Site, open_browser: OpenBrowser, building: str
) -> None:
    """Markup stays text on the form that comes back, on the private page and in the question."""
    page = open_browser(**PHONE).new_page()
    with trapped(page):
        page.goto(f"/de/public/buildings/{building}/requests")
        page.locator("label.tile").nth(0).click()
        page.locator("#f-description").fill(PROSE)
        page.locator("#f-access_times").fill(PROSE[:180])
        page.evaluate(READ)
        page.locator(".actionbar button").click()
        page.wait_for_url("**/de/requests/*")
        expect(page.locator("#description")).to_contain_text("data-xss")
        look(page, "private page")
        assert barriers(page) == []


def test_a_neighbour_is_asked_and_joins_by_one_tap(
    site: Site, open_browser: OpenBrowser, building: str
) -> None:
    words = "Der Aufzug steht im dritten Stock still"
    for context in (open_browser(**PHONE), open_browser(**PHONE)):
        page = context.new_page()
        page.goto(f"/de/public/buildings/{building}/requests")
        page.locator('input[name="category"][value="elevator"]').locator("xpath=..").click()
        page.locator("#f-description").fill(words)
        page.locator("#f-access_times").focus()
        page.evaluate(READ)
        if page.locator("#similar .similar").count():
            break
        page.locator(".actionbar button").click()
        page.wait_for_url("**/de/requests/*")
    button = page.locator("#similar button").first
    expect(button).to_be_visible()
    assert barriers(page) == []
    button.click()
    page.wait_for_url("**/de/requests/*")
    assert words not in page.content()
    assert barriers(page) == []
