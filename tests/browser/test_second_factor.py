"""The second step in Chromium: boxes that take a pasted code and check it by themselves."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import DESK, PHONE
from tests.factories import PASSWORD, World
from tests.factors import mailed_code, next_code, person_with_app, person_with_mailed_codes
from tests.served import served

pytestmark = pytest.mark.browser
OpenWindow = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def url(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def browser(chromium: Browser, url: str) -> Iterator[OpenWindow]:
    contexts: list[BrowserContext] = []

    def open_one(**options: Any) -> BrowserContext:
        context = chromium.new_context(base_url=url, **options)
        context.set_default_timeout(45_000)
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()


def first_step(context: BrowserContext, world: World, who: str = "manager") -> Page:
    page = context.new_page()
    page.goto("/en/login")
    page.locator("[name=email]").fill(world.emails[who])
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("#sign-in button[type=submit]").first.click()
    return page


def picture(page: Page, name: str) -> None:
    """Kept where ECOPICK_PICTURES says, to be looked at."""
    if folder := os.environ.get("ECOPICK_PICTURES"):
        page.evaluate("document.fonts.ready")
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def is_narrow_enough(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("frame", [DESK, PHONE], ids=["desk", "phone"])
def test_a_pasted_code_checks_itself(
    app: Flask, world: World, browser: OpenWindow, frame: dict[str, Any]
) -> None:
    secret, _codes = person_with_app(app, world)
    page = first_step(browser(**frame), world)
    field = page.locator("[name=code]")
    expect(field).to_be_focused()
    picture(page, f"second-step-{frame['viewport']['width']}")
    assert is_narrow_enough(page)
    code = next_code(secret)
    field.evaluate(
        """(field, text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          field.dispatchEvent(
            new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        f" {code[:3]} {code[3:]}\n",
    )
    page.wait_for_url(re.compile("/en/$"))


def test_a_typed_code_checks_itself(app: Flask, world: World, browser: OpenWindow) -> None:
    secret, _codes = person_with_app(app, world)
    page = first_step(browser(**DESK), world)
    page.locator("[name=code]").press_sequentially("4071")
    picture(page, "second-step-typed")
    page.locator("[name=code]").press_sequentially("00")
    expect(page.locator("#f-code-error")).to_contain_text("4 attempts left")
    picture(page, "second-step-wrong")
    page.locator("[name=code]").press_sequentially(next_code(secret))
    page.wait_for_url(re.compile("/en/$"))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_another_way(app: Flask, world: World, browser: OpenWindow, scripts: bool) -> None:
    _secret, codes = person_with_app(app, world)
    page = first_step(browser(**PHONE, java_script_enabled=scripts), world)
    page.get_by_text("Use a recovery code").click()
    page.locator("[name=recovery_code]").fill(codes[0].lower())
    page.get_by_role("button", name="Confirm and sign in").click()
    page.wait_for_url(re.compile("/en/$"))
    expect(page.get_by_text("9 recovery codes are left.")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_mailed_code(app: Flask, world: World, browser: OpenWindow, scripts: bool) -> None:
    person_with_mailed_codes(app, world)
    page = first_step(browser(**PHONE, java_script_enabled=scripts), world)
    page.get_by_role("button", name="Email me a code").click()
    expect(page.get_by_text("Enter the 6-digit code that we sent to")).to_be_visible()
    page.locator("[name=code]").fill(mailed_code(world))
    if not scripts:
        page.get_by_role("button", name="Confirm and sign in").click()
    page.wait_for_url(re.compile("/en/$"))


@pytest.mark.parametrize(("who", "frame"), [("manager", DESK), ("resident", PHONE)])
def test_adding_an_app(world: World, browser: OpenWindow, who: str, frame: dict[str, Any]) -> None:
    page = first_step(browser(**frame), world, who)
    page.wait_for_url(re.compile("/(en|de|fr|it)/$"))
    page.goto("/en/account/security")
    picture(page, f"security-{who}")
    assert is_narrow_enough(page)
    with page.expect_navigation():
        page.get_by_role("button", name="Add app").click()
    picture(page, f"add-app-{who}")
    assert is_narrow_enough(page)
    box = page.locator(".qr svg").bounding_box()
    assert box is not None and box["width"] >= 150
    secret = page.locator("#app-key").inner_text().replace(" ", "")
    page.locator("[name=code]").press_sequentially(next_code(secret, 0))
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    picture(page, f"recovery-codes-{who}")
    assert is_narrow_enough(page)
    with page.expect_download() as started:
        page.get_by_text("Save as text file").click()
    text = Path(started.value.path()).read_text()
    assert started.value.suggested_filename == "ecopick-recovery-codes.txt"
    assert all(code in text for code in page.locator("#recovery-codes li").all_inner_texts())
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 of 10 left")).to_be_visible()
    picture(page, f"security-on-{who}")
    with page.expect_navigation():
        page.get_by_role("link", name="Switch off").click()
    picture(page, f"off-{who}")
    assert is_narrow_enough(page)
