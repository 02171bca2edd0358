"""A burst pipe, from the tenant's phone to the closed ticket, in three browsers.

The resident reports in German, the manager works in English, the vendor answers
the mailed link in Italian; the mail comes from the catcher. Once with scripts,
and once with scripts switched off for the resident and the vendor.
"""

import io
import json
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESK, PASSWORD, PHONE, Site

pytestmark = pytest.mark.browser
OpenBrowser = Callable[..., BrowserContext]
LINK = re.compile(r"http://localhost:\d+/it/jobs/[\w-]+")


def picture(folder: Path, name: str, colour: tuple[int, int, int]) -> str:
    """A photograph on the phone of whoever needs one."""
    image = Image.new("RGB", (1200, 900), colour)
    ImageDraw.Draw(image).ellipse((300, 200, 900, 700), fill=(200, 200, 205))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    (folder / name).write_bytes(buffer.getvalue())
    return str(folder / name)


def sign_in(context: BrowserContext, language: str, account: str) -> Page:
    """Sign in by the form."""
    page = context.new_page()
    page.goto(f"/{language}/login")
    page.locator("[name=email]").fill(f"{account}@demo.example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("#sign-in button[type=submit]").first.click()
    page.wait_for_url(re.compile(rf"/{language}/(?!login)"))
    return page


def vendor_org_of(site: Site) -> str:
    """The vendor that vendor@ works for."""
    body = json.dumps({"email": "vendor@demo.example.org", "password": PASSWORD}).encode()
    request = urllib.request.Request(
        f"{site.url}/api/auth/login", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        me = json.load(answer)
    return next(str(m["vendor_org_id"]) for m in me["memberships"] if m.get("vendor_org_id"))


def report(page: Page, folder: Path, words: str) -> str:
    """The resident reports a burst pipe; answers the ticket's id."""
    page.goto("/de/tickets/new")
    page.locator("input[name=category][value=plumbing]").check(force=True)
    page.locator("[name=description]").fill(words)
    page.locator("input[name=photos]").set_input_files(
        picture(folder, "wasser.jpg", (120, 110, 95))
    )
    page.locator("button[type=submit][class*=next]").first.click()
    page.wait_for_url(re.compile(r"/de/tickets/[0-9a-f-]{36}"))
    expect(page.locator("body")).to_contain_text(words)
    found = re.search(r"/tickets/([0-9a-f-]{36})", page.url)
    assert found is not None
    return found.group(1)


def review_and_send(page: Page, ticket: str, vendor: str) -> None:
    """The manager reviews the request and sends it to the vendor."""
    page.goto(f"/en/tickets/{ticket}")
    page.locator("#ticket-right form[action$='/triage'] button").first.click()
    expect(page.locator("#ticket-head")).to_contain_text("Triaged")
    page.locator("#ticket-right a[href$='/assign']").first.click()
    page.locator(f"input[name=assignee][value*='{vendor}']").check(force=True)
    page.locator("#assign-form button[type=submit]").first.click()
    expect(page.locator("#ticket-head")).to_contain_text("Assigned")


def accept(page: Page, link: str, secret: str) -> None:
    """The vendor looks at the job, sees no person, and accepts for a window."""
    page.goto(link)
    expect(page.locator("html")).to_have_attribute("lang", "it")
    assert secret not in page.content()
    page.locator("#accept-form input[type=radio]").first.check(force=True)
    page.locator("button[form=accept-form]").click()
    expect(page.locator("#evidence")).to_be_visible()
    expect(page.locator("body")).to_contain_text(secret)


def prove_and_finish(page: Page, folder: Path, *, scripts: bool) -> None:
    """The vendor adds the photo of the finished work and reports it as done."""
    shown = page.locator("#evidence img").count()
    tile = page.locator("form[action$='/evidence']", has=page.locator("[value=after]"))
    photo = picture(folder, "dopo.jpg", (90, 120, 150))
    with page.expect_response(lambda r: r.url.endswith("/evidence")) as stored:
        tile.locator("input[type=file]").set_input_files(photo)
        if not scripts:
            tile.locator("button[type=submit]").click()
    assert stored.value.status in (201, 303)
    expect(page.locator("#evidence img")).to_have_count(shown + 1)
    page.locator("#done-form [name=body]").fill("Sifone sostituito, tutto asciutto.")
    page.locator("button[form=done-form]").click()
    expect(page.locator("#done-form")).to_have_count(0)


def close(page: Page, ticket: str) -> None:
    """The resident looks at the proof and confirms."""
    page.goto(f"/de/tickets/{ticket}")
    form = page.locator("form[action$='/status']", has=page.locator("[value=CLOSED]"))
    expect(page.locator("img[src*='/attachments/']").first).to_be_visible()
    form.locator("button").click()
    expect(form).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_from_the_phone_to_the_closed_ticket(
    site: Site, open_browser: OpenBrowser, tmp_path: Path, scripts: bool
) -> None:
    phone: dict[str, Any] = {**PHONE, "java_script_enabled": scripts}
    resident = sign_in(open_browser(**phone, locale="de-DE"), "de", "resident")
    words = f"{'Heute' if scripts else 'Gestern'} Nacht: Wasser läuft aus der Wand im Bad"
    ticket = report(resident, tmp_path, words)

    manager = sign_in(open_browser(**DESK, locale="en-GB"), "en", "manager")
    manager.goto(f"/en/tickets?q={words[:32]}")
    expect(manager.locator(f"a[href*='{ticket}']").first).to_be_visible()
    review_and_send(manager, ticket, vendor_org_of(site))

    mail = site.wait_for_mail(
        "vendor@demo.example.org",
        lambda found: words[:20] in found["text"] and bool(LINK.search(found["text"])),
    )
    assert 'lang="it"' in mail["html"]
    found = LINK.search(mail["text"])
    assert found is not None
    assert found.group() in mail["html"]

    vendor = open_browser(**phone, locale="it-IT").new_page()
    name = resident_name(open_browser(**DESK), site)
    assert name not in mail["text"] + mail["html"]
    accept(vendor, found.group(), name)
    expect(manager.locator("#ticket-head")).to_contain_text("In progress")
    prove_and_finish(vendor, tmp_path, scripts=scripts)
    expect(manager.locator("#ticket-head")).to_contain_text("Resolved")
    close(resident, ticket)
    expect(manager.locator("#ticket-head")).to_contain_text("Closed")


def resident_name(context: BrowserContext, site: Site) -> str:
    """The name of resident@ as the product shows it."""
    answer = context.request.post(
        f"{site.url}/api/auth/login",
        data={"email": "resident@demo.example.org", "password": PASSWORD},
    )
    return str(answer.json()["name"])
