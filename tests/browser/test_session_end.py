"""The end of a session in a real browser: told in time, and nothing typed is lost.

The application is served by this process, so that its clock and the browser's
move together and nothing has to be waited for.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect
from sqlalchemy import text

from ecopick.core import clock
from tests.browser.conftest import DESK, PHONE
from tests.factories import PASSWORD, World
from tests.jobs.steps import report
from tests.served import served
from tests.uploads import jpeg

pytestmark = pytest.mark.browser
WORDS = "Seit gestern tropft das Rohr unter der Spüle."
OpenWindow = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def url(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def browser(chromium: Browser, url: str) -> Iterator[OpenWindow]:
    contexts: list[BrowserContext] = []

    def open_one(**options: object) -> BrowserContext:
        context = chromium.new_context(base_url=url, **{**DESK, **options})
        context.set_default_timeout(45_000)
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()


def new_ticket(world: World) -> str:
    return f"/en/tickets/new?building_id={world.building_id}"


def sign_in(
    context: BrowserContext, world: World, who: str = "manager", remember: bool = False
) -> Page:
    page = context.new_page()
    page.clock.install()
    page.goto(f"/en/login?next={new_ticket(world)}")
    page.locator("[name=email]").fill(world.emails[who])
    page.locator("[name=password]").fill(PASSWORD)
    if remember:
        page.locator("[name=remember_me]").check()
    page.locator("#sign-in button[type=submit]").first.click()
    page.wait_for_url("**/tickets/new?*")
    return page


def later(page: Page, by: timedelta) -> None:
    """Time passes, for the server and for the page."""
    clock.shift(by)
    page.clock.fast_forward(int(by.total_seconds() * 1000))


def typed(page: Page) -> Page:
    page.locator("textarea[name=description]").fill(WORDS)
    return page


def said(page: Page) -> str:
    return page.locator("textarea[name=description]").input_value()


def test_a_warning_comes_in_time_and_can_be_answered(browser: OpenWindow, world: World) -> None:
    """Check 12: two minutes before idling ends the session; what was typed stays."""
    page = typed(sign_in(browser(), world))
    warning = page.locator("#session-warning")
    later(page, timedelta(minutes=27))
    expect(warning).to_be_hidden()
    later(page, timedelta(minutes=1, seconds=15))
    expect(warning).to_be_visible()
    expect(warning.locator("[data-session-left]")).to_have_text(re.compile(r"^1:[34]\d$"))
    expect(page.locator("#live")).to_have_text("You will soon be signed out")
    focused = page.evaluate("document.activeElement.name")
    assert focused == "description", "nobody is torn from what they type"
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    later(page, timedelta(minutes=20))
    expect(page.locator("#session-over")).to_be_hidden()
    assert page.request.get("/api/auth/me").status == 200
    assert said(page) == WORDS


def test_work_in_another_window_puts_the_warning_off(browser: OpenWindow, world: World) -> None:
    context = browser()
    page = sign_in(context, world)
    later(page, timedelta(minutes=20))
    assert page.request.get("/api/auth/me").status == 200
    with page.expect_response("**/api/auth/session"):
        later(page, timedelta(minutes=9))
    expect(page.locator("#session-warning")).to_be_hidden()


@pytest.mark.parametrize("screen", ["desk", "phone"])
def test_after_the_end_a_password_goes_on_where_it_was(
    browser: OpenWindow, world: World, screen: str
) -> None:
    """Signing in again inside the page keeps what was typed, and it can be sent."""
    page = typed(sign_in(browser(**(PHONE if screen == "phone" else {})), world))
    later(page, timedelta(minutes=31))
    over = page.locator("#session-over")
    expect(over).to_be_visible()
    over.locator("[name=password]").fill("not it")
    over.get_by_role("button", name="Sign in").click()
    expect(over.locator("[data-session-error]")).to_contain_text("do not match")
    over.locator("[name=password]").fill(PASSWORD)
    over.get_by_role("button", name="Sign in").click()
    expect(over).to_be_hidden()
    assert said(page) == WORDS
    assert page.request.get("/api/auth/me").status == 200
    page.locator("[name=title]").fill("Rohr tropft")
    page.locator("[name=category]").select_option("plumbing")
    page.get_by_role("button", name="Create ticket").click()
    page.wait_for_url(re.compile(r"/tickets/[0-9a-f-]{36}"))
    expect(page.locator("body")).to_contain_text(WORDS)


def test_signing_in_in_a_new_tab_wakes_the_old_one(browser: OpenWindow, world: World) -> None:
    context = browser()
    page = typed(sign_in(context, world))
    later(page, timedelta(minutes=31))
    over = page.locator("#session-over")
    expect(over).to_be_visible()
    with context.expect_page() as opened:
        over.get_by_role("link", name="Sign in in a new tab").click()
    tab = opened.value
    tab.locator("[name=email]").fill(world.emails["manager"])
    tab.locator("[name=password]").fill(PASSWORD)
    tab.locator("#sign-in button[type=submit]").first.click()
    tab.wait_for_url("**/account/security")
    expect(over).to_be_hidden()
    assert said(page) == WORDS


def test_the_absolute_end_is_told_without_a_promise(
    browser: OpenWindow, world: World, app: Flask
) -> None:
    """Check 12: after 12 hours nothing keeps a session alive, so nothing offers to."""
    page = typed(sign_in(browser(), world))
    with world.engine.begin() as connection:
        connection.execute(
            text("update auth_sessions set expires_at = :end where user_id = :user"),
            {"user": world.people["manager"], "end": clock.now() + timedelta(minutes=29)},
        )
    later(page, timedelta(minutes=28, seconds=5))
    warning = page.locator("#session-warning")
    expect(warning).to_be_visible()
    expect(warning).to_contain_text("A session ends after twelve hours.")
    expect(warning.get_by_role("button", name="Stay signed in")).to_be_hidden()
    later(page, timedelta(minutes=1))
    expect(page.locator("#session-over")).to_be_visible()
    assert said(page) == WORDS


def test_two_windows_refresh_once_and_ask_again(browser: OpenWindow, world: World) -> None:
    """Check 9: scripts refresh once for all windows, then repeat what was refused."""
    context = browser()
    first = sign_in(context, world, remember=True)
    second = context.new_page()
    second.goto(new_ticket(world))
    with world.engine.begin() as connection:
        connection.execute(
            text("update auth_sessions set expires_at = created_at where user_id = :user"),
            {"user": world.people["manager"]},
        )
    refreshes: list[Request] = []
    context.on(
        "request", lambda sent: refreshes.append(sent) if "/auth/refresh" in sent.url else None
    )
    ask = "fetch('/api/auth/me').then((answer) => answer.status)"
    for page in (first, second):
        page.evaluate(f"window.asked = Promise.all([{ask}, {ask}, {ask}])")
    for page in (first, second):
        assert page.evaluate("window.asked") == [200, 200, 200]
        expect(page.locator("#session-over")).to_be_hidden()
    assert len(refreshes) == 1


def test_a_file_waits_until_its_person_is_back(
    browser: OpenWindow, world: World, tmp_path: Path
) -> None:
    """An upload that meets an ended session is sent once the person signed in again."""
    page = sign_in(browser(), world)
    page.goto(f"/en/tickets/{report(world).id}?section=attachments")
    clock.shift(timedelta(minutes=31))
    photo = tmp_path / "leck.jpg"
    photo.write_bytes(jpeg())
    page.locator("[data-upload-input]").first.set_input_files(str(photo))
    tile = page.locator("[data-upload-item]:not(template *)").last
    expect(tile).to_have_attribute("data-upload-item", "waiting")
    over = page.locator("#session-over")
    expect(over).to_be_visible()
    over.locator("[name=password]").fill(PASSWORD)
    over.get_by_role("button", name="Sign in").click()
    expect(over).to_be_hidden()
    page.clock.run_for(16_000)
    expect(tile).to_have_attribute("data-upload-item", re.compile("done|scanning"))
