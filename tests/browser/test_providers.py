"""In Chromium: connect an account at a provider, sign out, come back in with it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PASSWORD, PHONE, Site, start_site, stop_site
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, LocalProvider, local_provider

pytestmark = pytest.mark.browser
ACCOUNT = "caretaker@demo.example.org"


@pytest.fixture(scope="module")
def provider() -> Iterator[LocalProvider]:
    """A provider whose page asks before it lets anybody through."""
    with local_provider(auto_approve=False) as running:
        yield running


@pytest.fixture(scope="module")
def acme_site(provider: LocalProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The product with that provider set up."""
    running = start_site(
        tmp_path_factory.mktemp("site"),
        OIDC_PROVIDERS="acme",
        OIDC_ACME_NAME="Acme",
        OIDC_ACME_ISSUER=provider.issuer,
        OIDC_ACME_CLIENT_ID=CLIENT_ID,
        OIDC_ACME_CLIENT_SECRET=CLIENT_SECRET,
    )
    provider.redirect_uris.add(f"{running.url}/en/login/with/acme/callback")
    yield running
    stop_site(running)


def by_password(page: Page) -> None:
    page.goto("/de/login")
    page.locator("[name=email]").fill(ACCOUNT)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("#sign-in button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/de/(?!login)"))


def allow(page: Page, provider: LocalProvider) -> None:
    """On the provider's own page, in another origin."""
    page.wait_for_url(f"{provider.issuer}/**")
    page.get_by_role("button", name="Allow").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_connect_and_come_back(
    chromium: Browser, acme_site: Site, provider: LocalProvider, scripts: bool
) -> None:
    provider.person.subject = f"caretaker-{scripts}"
    provider.person.email = "caretaker@acme.example"
    shape = DESK if scripts else PHONE
    context = chromium.new_context(
        base_url=acme_site.url, java_script_enabled=scripts, locale="de-DE", **shape
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto("/de/login/with/acme?next=/de/account")
    allow(page, provider)
    expect(page.locator(".alert[role=alert]")).to_contain_text("Acme", timeout=30_000)
    by_password(page)
    page.goto("/de/account/security")
    page.locator('form[action$="/identities/acme"] button').click()
    page.locator(f'a[href^="{provider.issuer}"]').click()
    allow(page, provider)
    page.wait_for_url("**/de/account/security")
    expect(page.get_by_text("caretaker@acme.example").first).to_be_visible(timeout=30_000)
    context.clear_cookies()
    page.goto("/de/login/with/acme?next=/de/account")
    allow(page, provider)
    page.wait_for_url("**/de/account")
    cookies = {cookie["name"] for cookie in context.cookies(acme_site.url)}
    assert "ecopick_session" in cookies
    assert "ecopick_provider" not in cookies
    context.close()
