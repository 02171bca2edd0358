"""Sign-in, accounts, members, security and audit: no barriers, nothing beside the screen."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESK, PASSWORD, PHONE, Site
from tests.browser.test_accessibility import FULL, THEMES, a_ticket, barriers, looks
from tests.browser.test_main_job import sign_in

pytestmark = pytest.mark.browser
OWN = (
    "/account/security",
    "/account/activity",
    "/account/confirm?next=/en/account/security",
    "/account/security/password",
    "/account/security/email",
    "/account/security/two-factor-off",
    "/account/memberships",
)
PUBLIC = (
    "/login",
    "/login/link",
    "/login/link/sent",
    "/login/link/nothing",
    "/forgot-password",
    "/reset-password/nothing",
    "/register",
    "/invitations/nothing",
)
STAFF = (
    "/members",
    "/admin/security",
    "/admin/security/alerts",
    "/admin/security/blocked",
    "/admin/security/limits",
    "/admin/security/log",
    "/admin/audit",
    "/admin/audit?stream=reads",
    "/admin/audit?stream=decisions",
    "/admin/audit?stream=sign_ins",
)
# Everything to press, but for links within a sentence and boxes with a label to press.
TOO_SMALL = """() => [...document.querySelectorAll("a, button, summary, select, input.input")]
  .filter((one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true}))
  .filter((one) => !one.matches(".skip, .row-link, .title, .vh, .vh *"))
  .filter((one) => !(getComputedStyle(one).display === "inline"))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 3 && box.right > 0 && (box.height < 43.5 || box.width < 43.5))
  .map(([one, box]) => `${one.outerHTML.slice(0, 90)}: ${box.width} × ${box.height}`)"""


def enter(context: BrowserContext, who: str) -> Page:
    """Sign in, whatever language the person's own pages have, and read on in English."""
    page = context.new_page()
    page.goto("/en/login")
    page.locator("[name=email]").fill(f"{who}@demo.example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("#sign-in button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/(en|de|fr|it)/(?!login)"))
    page.goto("/en/account/activity")
    return page


def width(options: dict[str, Any]) -> int:
    return int(options["viewport"]["width"])


def seen(page: Page, path: str, wide: int) -> list[str]:
    """What is wrong with a page: barriers, what stands beside the screen, small targets."""
    found = barriers(page, path)
    # A phone's own width grows with what overflows, so the screen's is asked for.
    if page.evaluate("document.documentElement.scrollWidth") > wide:
        found.append(f"{path}: wider than the screen")
    if wide < 640:
        found += [f"{path}: {line}" for line in page.evaluate(TOO_SMALL)]
    return found


@pytest.mark.parametrize(("theme", "size"), looks("desk", "phone"))
def test_pages(
    site: Site, open_browser: Callable[..., BrowserContext], theme: str, size: str
) -> None:
    options: dict[str, Any] = {**(DESK if size == "desk" else PHONE), **THEMES[theme]}
    stranger = open_browser(**options).new_page()
    admin = sign_in(open_browser(**options), "en", "admin")
    resident = sign_in(open_browser(**options), "de", "resident")
    case_file = f"/en/tickets/{a_ticket(admin)}/case-file"
    wide = width(options)
    paths = [(stranger, f"/de{path}") for path in PUBLIC]
    paths += [(admin, f"/en{path}") for path in (*OWN, *STAFF)]
    paths += [(admin, case_file), *((resident, f"/de{path}") for path in OWN)]
    if not FULL:
        # The two sizes share the pages.
        paths = paths[size == "phone" :: 2]
    assert [line for page, path in paths for line in seen(page, path, wide)] == []


KINDS = ("admin", "manager", "caretaker", "tenant-admin", "vendor", "resident", "occupant")
SIZES = ("desk", "phone")


@pytest.mark.parametrize(
    ("who", "size"),
    [(who, size) for n, who in enumerate(KINDS) for size in (SIZES if FULL else (SIZES[n % 2],))],
)
def test_everybody_finds_their_account(
    site: Site, open_browser: Callable[..., BrowserContext], who: str, size: str
) -> None:
    page = enter(open_browser(**(DESK if size == "desk" else PHONE)), who)
    staff = page.locator(".frame").count() == 1
    for name, path in (("Account security", "security"), ("Your roles", "memberships")):
        if staff and size == "phone":
            page.get_by_role("button", name="Menu").click()
        page.locator("summary.me" if staff else ".phone-head summary").first.click()
        page.locator(".menu-list").get_by_role("link", name=name).click()
        page.wait_for_url(re.compile(f"/en/account/{path}$"))
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def test_a_role_is_asked_for_without_scripts(
    site: Site, open_browser: Callable[..., BrowserContext]
) -> None:
    """The resident asks with the keys alone, the manager sees it and confirms it."""
    page = enter(open_browser(**PHONE, java_script_enabled=False), "resident")
    page.goto("/en/account/memberships")
    page.locator("#f-asked-role").select_option("CARETAKER")
    page.locator("#f-org_number").focus()
    page.keyboard.type("no number")
    page.keyboard.press("Enter")
    expect(page.locator("#f-org_number-error")).to_be_visible()
    page.locator("#f-asked-role").select_option("CARETAKER")
    page.locator("#f-org_id").select_option(index=1)
    page.locator("#f-org_number").fill("")
    page.get_by_role("button", name="Ask for this role").press("Enter")
    asked = page.locator("#requests")
    expect(asked).to_contain_text("Awaiting an answer")
    manager = sign_in(open_browser(**DESK), "en", "manager")
    manager.goto("/en/members")
    expect(manager.get_by_role("heading", name="Requests")).to_be_visible()
    asked.locator("summary").click()
    asked.get_by_role("button", name="Yes, take the request back").click()
    expect(page.locator("#requests")).to_have_count(0)
