"""Opening an account and signing in by mail, in real browsers, with real mails."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.browser.conftest import DESK, PHONE, Site
from tests.browser.test_accessibility import THEMES

pytestmark = pytest.mark.browser
OpenBrowser = Callable[..., BrowserContext]
LINK = re.compile(r"http://localhost:\d+/\w\w/login/link/[\w-]{40,}")
CODE = re.compile(r"^\s*(\d{6})\s*$", re.MULTILINE)
# People of the demonstration, each asked for once: an address gets one mail a minute.
SCANNED, ELSEWHERE, TOLD, BARRIERS = (
    f"{name}@demo.example.org" for name in ("manager", "resident", "vendor", "caretaker")
)
NEW = "vier Wolken ziehen ostwärts"


def stranger() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.org"


def found_in(mail: dict[str, Any], pattern: re.Pattern[str]) -> str:
    found = pattern.search(mail["text"])
    assert found is not None, mail["text"]
    return found[found.lastindex or 0]


def begin(page: Page, email: str) -> None:
    page.goto("/en/register")
    page.locator("[name=email]").fill(email)
    page.locator("#register button[type=submit]").click()
    page.wait_for_url("**/en/register/code")


def submit(page: Page, form: str, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"{form} [name={name}]").fill(value)
    page.locator(f"{form} button[type=submit]").last.click()


def code_for(site: Site, email: str) -> str:
    return found_in(site.wait_for_mail(email, lambda mail: "code" in mail["subject"]), CODE)


def register(site: Site, page: Page, email: str) -> None:
    begin(page, email)
    submit(page, "#register-code", code=code_for(site, email))
    page.wait_for_url("**/en/register/details")
    submit(page, "#register-details", name="Nora Neu", password=NEW)
    page.wait_for_url(re.compile(r"/en/(?!register)"))


def asked(site: Site, page: Page, email: str) -> str:
    """The link that this browser asked for."""
    before = len(site.mails(email))
    page.goto("/en/login/link")
    submit(page, "#magic-link", email=email)
    page.wait_for_url("**/en/login/link/sent")
    mail = site.wait_for_mail(
        email,
        lambda mail: LINK.search(mail["text"]) is not None and len(site.mails(email)) > before,
    )
    return found_in(mail, LINK)


def test_opening_an_account_without_scripts(site: Site, open_browser: OpenBrowser) -> None:
    email = stranger()
    page = open_browser(**PHONE, java_script_enabled=False).new_page()
    register(site, page, email)
    assert page.request.get("/api/auth/me").json()["email"] == email


def test_going_back_loses_no_typed_text(site: Site, open_browser: OpenBrowser) -> None:
    email = stranger()
    page = open_browser(**DESK).new_page()
    begin(page, email)
    submit(page, "#register-code", code=code_for(site, email))
    page.wait_for_url("**/en/register/details")
    page.locator("[name=name]").fill("Nora Neu")
    page.go_back()
    page.wait_for_url("**/en/register/code")
    page.go_back()
    page.wait_for_url(re.compile(r"/en/register$"))
    expect(page.locator("[name=email]")).to_have_value(email)
    page.go_forward()
    page.wait_for_url("**/en/register/code")
    page.go_forward()
    page.wait_for_url("**/en/register/details")
    expect(page.locator("[name=name]")).to_have_value("Nora Neu")
    submit(page, "#register-details", password=NEW)
    page.wait_for_url(re.compile(r"/en/(?!register)"))
    assert page.request.get("/api/auth/me").json()["name"] == "Nora Neu"


def press_everything(page: Page, link: str) -> int:
    """What a mail scanner does: look, run scripts, follow every link, press every button."""
    page.request.head(link)
    page.request.get(link)
    page.goto(link)
    count = page.locator("main a, main button, header a, header button").count()
    for number in range(count):
        page.goto(link)
        control = page.locator("main a, main button, header a, header button").nth(number)
        if control.is_visible():
            control.click(no_wait_after=True)
            page.wait_for_load_state()
    return count


def test_a_scanner_changes_nothing(site: Site, open_browser: OpenBrowser) -> None:
    """Check 28: HEAD, GET, scripts and every click: nobody is signed in, the link still works."""
    email = SCANNED
    own, scanner = open_browser(**DESK).new_page(), open_browser(**DESK).new_page()
    link = asked(site, own, email)
    assert press_everything(scanner, link) >= 2
    assert scanner.request.get("/api/auth/me").status == 401
    for cookie in scanner.context.cookies():
        assert "session" not in cookie.get("name", "")
    own.goto(link)
    expect(own.locator("[name=code]")).to_have_count(0)
    assert own.request.get("/api/auth/me").status == 401
    submit(own, "#magic-link")
    own.wait_for_url(re.compile(r"/\w\w/(?!login)"))
    assert own.request.get("/api/auth/me").json()["email"] == email


def test_another_browser_needs_the_code(site: Site, open_browser: OpenBrowser) -> None:
    email = ELSEWHERE
    link = asked(site, open_browser(**DESK).new_page(), email)
    phone = open_browser(**PHONE, java_script_enabled=False).new_page()
    phone.goto(link)
    mail = site.wait_for_mail(email, lambda mail: link in mail["text"])
    submit(phone, "#magic-link", code=found_in(mail, CODE))
    phone.wait_for_url(re.compile(r"/\w\w/(?!login)"))
    assert phone.request.get("/api/auth/me").json()["email"] == email


def test_the_token_is_in_no_referer(site: Site, open_browser: OpenBrowser) -> None:
    """Check 30: no request from the page of a link names it."""
    page = open_browser(**DESK).new_page()
    link = asked(site, page, TOLD)
    seen: list[str] = []

    def note(request: Request) -> None:
        seen.append(request.headers.get("referer", ""))

    page.goto(link)
    page.context.on("request", note)
    page.locator("a.brand:visible").first.click()
    page.wait_for_url(re.compile(r"/en/login(?!/link)"))
    page.goto(link)
    submit(page, "#magic-link")
    page.wait_for_url(re.compile(r"/\w\w/(?!login)"))
    token = link.rpartition("/")[2]
    assert seen
    assert not [referer for referer in seen if token in referer]


def test_no_barriers(site: Site, open_browser: OpenBrowser) -> None:
    """axe finds nothing on any of these pages in any theme; nothing is wider than a phone."""
    found: list[str] = []

    def look(page: Page, path: str | None = None) -> None:
        if path is not None:
            page.goto(path)
        for theme in THEMES.values():
            page.emulate_media(**theme)
            page.reload()
            violations = Axe().run(page).response["violations"]
            found.extend(f"{page.url} {theme}: {item['id']}" for item in violations)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{page.url}: too wide")

    email, phone = stranger(), open_browser(**PHONE).new_page()
    begin(phone, email)
    look(phone)
    submit(phone, "#register-code", code=code_for(site, email))
    phone.wait_for_url("**/en/register/details")
    look(phone)
    desk = open_browser(**DESK).new_page()
    for page in (open_browser(**PHONE).new_page(), desk):
        for path in ("/en/register", "/en/login/link", "/en/login/link/" + "x" * 43):
            look(page, path)
    link = asked(site, desk, BARRIERS)
    look(desk)
    look(desk, link)
    look(open_browser(**PHONE).new_page(), link)
    assert found == []
