"""The growing link in Italian on a phone, from the mail to the paid invoice.

The vendor has no account open: one link leads from the answer over the appointment and
the visit to the invoice, which one manager approves and another notes as paid.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESK, PHONE, Site
from tests.browser.test_accessibility import THEMES
from tests.browser.test_main_job import (
    LINK,
    picture,
    report,
    review_and_send,
    sign_in,
    vendor_org_of,
)

pytestmark = pytest.mark.browser
OpenBrowser = Callable[..., BrowserContext]
WORDS = "Die Sicherung fliegt heraus, sobald der Ofen läuft"
NUMBER = "2026-0815"


def look(page: Page, found: list[str]) -> None:
    """axe in every theme, and nothing wider than the narrowest phone."""
    for theme in THEMES.values():
        # Colours that still fade from one theme into the next belong to neither.
        page.emulate_media(**theme, reduced_motion="reduce")
        violations = Axe().run(page).response["violations"]
        found.extend(f"{page.url} {theme}: {item['id']}" for item in violations)
    page.set_viewport_size({"width": 320, "height": 700})
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{page.url}: too wide")
    page.set_viewport_size(PHONE["viewport"])


def tap(page: Page, path: str) -> None:
    """Press the one button of a form."""
    with page.expect_navigation():
        page.locator(f"form[action$='{path}'] button").first.click()


def propose(page: Page, day: str) -> None:
    """The vendor cannot come after all, and offers another time."""
    page.locator("#propose > summary").click()
    form = page.locator("form[action$='/times']")
    for name, value in (("date", day), ("from_time", "09:00"), ("until_time", "11:00")):
        form.locator(f"[name={name}]").fill(value)
    with page.expect_navigation():
        form.locator("button[type=submit]").click()


def invoice(page: Page) -> None:
    """Two lines, a number, the firm's details."""
    fields = {
        "line-0-description": "Ricerca del guasto",
        "line-0-quantity": "2",
        "line-0-unit_amount": "48,50",
        "line-1-description": "Salvavita nuovo",
        "line-1-quantity": "1",
        "line-1-unit_amount": "62,00",
        "invoice_number": NUMBER,
        "seller_address": "Via Roma 1",
        "seller_postcode": "39100",
        "seller_city": "Bolzano",
        "seller_country": "IT",
        "seller_vat_id": "IT00743110157",
        "seller_iban": "IT60X0542811101000000123456",
        "payment_days": "30",
    }
    details = page.locator("details.block")
    if details.count() and details.get_attribute("open") is None:
        details.locator("summary").click()
    if not page.locator("[name='line-1-description']").count():
        with page.expect_navigation():
            page.locator("button[value=more]").click()
    for name, value in fields.items():
        page.locator(f"[name='{name}']").fill(value)
    for at in (0, 1):
        options = page.locator(f"[name='line-{at}-tax'] option")
        page.locator(f"[name='line-{at}-tax']").select_option(
            str(options.first.get_attribute("value"))
        )
    with page.expect_navigation():
        page.locator("button[value=submit]").click()


def approve(page: Page) -> str:
    """The first manager approves what was sent; answers the invoice's address."""
    page.goto("/en/billing")
    page.locator(f"a:has-text('{NUMBER}')").first.click()
    page.locator("form[action$='/approve'] button").click()
    expect(page.locator("main")).to_contain_text("Approved")
    return page.url


def pay(page: Page, address: str) -> None:
    """Another manager notes the payment."""
    page.goto(address)
    form = page.locator("form[action$='/pay']")
    form.locator("[name=reference]").fill("SEPA 4711")
    form.locator("button").click()
    expect(page.locator("main")).to_contain_text("Paid")


def test_from_the_mail_to_the_paid_invoice(
    site: Site, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    resident = sign_in(open_browser(**PHONE, locale="de-DE"), "de", "resident")
    ticket = report(resident, tmp_path, WORDS)
    manager = sign_in(open_browser(**DESK, locale="en-GB"), "en", "manager")
    review_and_send(manager, ticket, vendor_org_of(site))
    mail = site.wait_for_mail(
        "vendor@demo.example.org",
        lambda found: WORDS[:20] in found["text"] and bool(LINK.search(found["text"])),
    )
    link = LINK.search(mail["text"])
    assert link is not None

    barriers: list[str] = []
    vendor = open_browser(**PHONE, locale="it-IT").new_page()
    vendor.goto(link.group())
    look(vendor, barriers)
    vendor.locator("#accept-form input[type=radio]").first.check(force=True)
    vendor.locator("button[form=accept-form]").click()
    expect(vendor.locator("#visit")).to_be_visible()
    look(vendor, barriers)

    day = vendor.locator("#propose [name=date]").get_attribute("min")
    assert day is not None
    propose(vendor, following(day))
    resident.goto(f"/de/tickets/{ticket}")
    resident.locator("#times input[type=radio]").first.check(force=True)
    look(resident, barriers)
    with resident.expect_navigation():
        resident.locator("#times form button").click()
    agreed = site.wait_for_mail(
        "vendor@demo.example.org",
        lambda found: link.group() in found["text"] and found != mail,
    )
    assert 'lang="it"' in agreed["html"]

    vendor.goto(link.group())
    tap(vendor, "/on-the-way")
    tap(vendor, "/arrived")
    look(vendor, barriers)
    for moment, name in (("before", "prima.jpg"), ("after", "dopo.jpg")):
        tile = vendor.locator("form[action$='/evidence']", has=vendor.locator(f"[value={moment}]"))
        with vendor.expect_response(lambda answer: answer.url.endswith("/evidence")) as stored:
            tile.locator("input[type=file]").set_input_files(
                picture(tmp_path, name, (90, 120, 150))
            )
        assert stored.value.status == 201
    # What the tenant sent stands among the pictures from before.
    expect(vendor.locator("#before img")).to_have_count(2)
    expect(vendor.locator("#after img")).to_have_count(1)
    vendor.locator("#done-form [name=body]").fill("Salvavita sostituito.")
    vendor.locator(".actionbar button[form=done-form]").click()
    expect(vendor.locator("a[href$='/invoice']").first).to_be_visible()
    look(vendor, barriers)
    vendor.locator("a[href$='/invoice']").first.click()
    look(vendor, barriers)
    invoice(vendor)
    expect(vendor.locator("h1")).to_contain_text(NUMBER)
    look(vendor, barriers)

    address = approve(manager)
    pay(sign_in(open_browser(**DESK, locale="en-GB"), "en", "admin"), address)
    vendor.reload()
    expect(vendor.locator("main")).to_contain_text(re.compile("Pagat", re.IGNORECASE))
    assert barriers == []


def following(day: str) -> str:
    """Two days after a day."""
    return (date.fromisoformat(day) + timedelta(days=2)).isoformat()
