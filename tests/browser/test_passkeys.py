"""Passkeys in Chromium, with its virtual authenticator."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from tests.browser.conftest import DESK, PASSWORD, PHONE, Site

Open = Callable[..., BrowserContext]
# Nobody else signs in as her: a passkey switches the second step on.
PERSON = "manager2@demo.example.org"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Device:
    """A page whose browser has an authenticator."""

    page: Page
    cdp: CDPSession
    id: str

    def set_verified(self, verified: bool) -> None:
        """Whether the device recognises its owner from here on."""
        told = {"authenticatorId": self.id, "isUserVerified": verified}
        self.cdp.send("WebAuthn.setUserVerified", told)

    def credentials(self) -> list[dict[str, Any]]:
        """What the device keeps."""
        found = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        kept: list[dict[str, Any]] = found["credentials"]
        return kept


def device(open_browser: Open, options: dict[str, Any] = DESK) -> Device:
    page = open_browser(**options).new_page()
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    added = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return Device(page, cdp, added["authenticatorId"])


def sign_in(page: Page) -> None:
    page.goto("/en/login")
    page.get_by_label("Email address").fill(PERSON)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def add_passkey(page: Page) -> None:
    page.goto("/en/account/security")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("[data-passkey-row]")).to_have_count(1)


def remove_all(page: Page) -> None:
    page.goto("/en/account/security")
    while page.locator("[data-passkey-row]").count():
        page.get_by_role("button", name="Remove").first.click()
        page.wait_for_load_state()


def test_life_of_a_passkey(open_browser: Open, site: Site) -> None:
    """Add, sign in without a password, take the second step, remove."""
    held = device(open_browser)
    page = held.page
    sign_in(page)
    page.wait_for_url(re.compile(r"/(en|de|fr|it)/$"))
    add_passkey(page)
    assert len(held.credentials()) == 1
    assert held.credentials()[0]["isResidentCredential"]
    page.context.clear_cookies()
    page.goto("/en/login?next=/en/account")
    page.wait_for_url("**/en/account")  # Suggested by the browser, or pressed.
    page.context.clear_cookies()
    held.set_verified(False)
    sign_in(page)
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    held.set_verified(True)
    page.get_by_role("button", name="Confirm with a passkey").click()
    page.wait_for_url(re.compile(r"/(en|de|fr|it)/$"))
    remove_all(page)
    expect(page.locator("[data-passkey-row]")).to_have_count(0)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_device_without_a_passkey(open_browser: Open, site: Site, size: dict[str, Any]) -> None:
    page = device(open_browser, size).page
    page.goto("/en/login")
    page.get_by_role("button", name="Sign in with a passkey").click()
    alert = page.locator("[data-passkey] [role=alert]")
    expect(alert).to_contain_text("Nothing was confirmed", timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_browser_that_knows_no_passkeys(open_browser: Open, site: Site) -> None:
    page = open_browser(**DESK).new_page()
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/en/login")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


def test_without_scripts(open_browser: Open, site: Site) -> None:
    page = open_browser(**DESK, java_script_enabled=False).new_page()
    page.goto("/en/login")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    sign_in(page)
    page.wait_for_url(re.compile(r"/(en|de|fr|it)/$"))


def test_an_answer_cannot_be_sent_twice(open_browser: Open, site: Site) -> None:
    """Check 6: what the browser sent once is refused the second time."""
    held = device(open_browser)
    page = held.page
    sign_in(page)
    page.wait_for_url(re.compile(r"/(en|de|fr|it)/$"))
    add_passkey(page)
    # No page is open that could renew its session meanwhile.
    page.goto("about:blank")
    page.context.clear_cookies()
    with page.expect_request("**/login/verify") as sent:
        page.goto("/en/login?next=/en/account")
    page.wait_for_url("**/en/account")
    remove_all(page)
    headers = {"Content-Type": "application/json", "Origin": site.url}
    stranger = open_browser(**DESK).request
    again = stranger.post(
        "/api/auth/passkeys/login/verify", data=sent.value.post_data, headers=headers
    )
    assert (again.status, again.json()["code"]) == (401, "passkey_refused")


def test_another_address_of_the_same_machine(open_browser: Open, site: Site) -> None:
    """Check 6: the browser itself refuses where the address is not the site's."""
    page = device(open_browser).page
    page.goto(site.url.replace("localhost", "127.0.0.1") + "/en/login")
    page.get_by_role("button", name="Sign in with a passkey").click()
    alert = page.locator("[data-passkey] [role=alert]")
    expect(alert).to_contain_text("does not allow passkeys at this address")
