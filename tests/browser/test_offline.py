"""A tenant reports from a phone: from the scanned code to the confirmation, and without a line."""

import io
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import DESK, PHONE, Site
from tests.browser.line import Line, line_to
from tests.browser.test_main_job import sign_in
from tests.figures import figure

pytestmark = pytest.mark.browser
OpenBrowser = Callable[..., BrowserContext]

MOST_TAPS = 6
# The slow 4G of Chromium's developer tools, in bytes a second.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
# A browser of its own for a test keeps nothing, which is why it offers no installation.
NOT_OF_THE_PRODUCT = {"in-incognito"}


class Phone:
    """A phone that counts what its owner taps."""

    def __init__(self, context: BrowserContext) -> None:
        self.context, self.page, self.taps = context, context.new_page(), 0

    def tap(self, what: Locator) -> None:
        what.scroll_into_view_if_needed()
        what.tap()
        self.taps += 1


def picture(folder: Path, name: str, size: tuple[int, int]) -> str:
    """What a phone's camera makes: turned by its orientation, with the place where it was taken."""
    image = Image.new("RGB", size, (120, 110, 95))
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2, size[1] // 2), fill=(200, 60, 60))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 0.0, 0.0), 3: "E", 4: (7.8, 0.0, 0.0)})
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    (folder / name).write_bytes(buffer.getvalue())
    return str(folder / name)


@pytest.fixture
def manager(open_browser: OpenBrowser) -> Page:
    """The management, which hangs up the codes and reads what arrives."""
    return sign_in(open_browser(**DESK), "en", "manager")


@pytest.fixture
def code(manager: Page) -> str:
    """The path of a code that hangs at some unit."""
    building = manager.request.get("/api/buildings").json()["items"][0]["id"]
    token = next(c["value"] for c in manager.context.cookies() if c["name"] == "ecopick_csrf")
    manager.request.post(
        f"/api/buildings/{building}/codes",
        data={"all_places": True},
        headers={"X-CSRF-Token": token},
    )
    codes = manager.request.get(f"/api/buildings/{building}/codes").json()["items"]
    found = next(item for item in codes if item["unit_id"] and not item["unit_section_id"])
    return f"/q/{found['code']}"


@pytest.fixture
def line(site: Site) -> Iterator[Line]:
    """The phone's line to the site."""
    with line_to(site.url) as found:
        yield found


def cut(context: BrowserContext, line: Line) -> None:
    """No network, as the browser and its service worker see it."""
    context.set_offline(True)
    line.cut()


def mend(context: BrowserContext, line: Line) -> None:
    line.mend()
    context.set_offline(False)


def tickets(manager: Page, words: str) -> list[dict[str, Any]]:
    """What the management finds of a report, each with all that is on it."""
    found = manager.request.get("/api/tickets", params={"q": words}).json()["items"]
    read = [manager.request.get(f"/api/tickets/{item['id']}").json() for item in found]
    return [ticket for ticket in read if ticket["description"] == words]


def until(page: Page, condition: str) -> None:
    """Until an expression, which may wait itself, is true in the page."""
    pause = "await new Promise((go) => { setTimeout(go, 50); });"
    page.evaluate(f"async () => {{ while (!({condition})) {pause} }}")


def ready(page: Page) -> None:
    """Once the worker has taken over and keeps the form of the page."""
    until(page, "await navigator.serviceWorker.ready")
    until(page, "(await (await caches.open('ecopick-public')).keys()).length")


def test_from_the_code_to_the_confirmation(
    open_browser: OpenBrowser, manager: Page, code: str
) -> None:
    phone = Phone(open_browser(**PHONE, locale="de-DE"))
    page = phone.page
    network = phone.context.new_cdp_session(page)
    network.send("Network.emulateNetworkConditions", SLOW)
    begun = time.monotonic()
    page.goto(code)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("#request-form input[name=code]")).to_have_value(code.rsplit("/", 1)[1])
    phone.tap(page.locator(".tile:has([value=plumbing])"))
    phone.tap(page.locator("[name=description]"))
    words = f"Unter der Spüle läuft Wasser aus dem Siphon {os.urandom(4).hex()}"
    page.locator("[name=description]").press_sequentially(words, delay=60)
    phone.tap(page.locator(".actionbar button[type=submit]"))
    page.wait_for_url(re.compile(r"/de/requests/[\w.-]+$"))
    expect(page.locator("body")).to_contain_text(words)
    seconds = time.monotonic() - begun
    assert phone.taps <= MOST_TAPS
    assert len(tickets(manager, words)) == 1
    figure("Report from a phone", "taps from the code to the confirmation", phone.taps, "≤ 6")
    figure("Report from a phone", "time on slow 4G, typing included", f"{seconds:.1f} s", "")


def test_the_app_can_be_installed(open_browser: OpenBrowser, code: str) -> None:
    context = open_browser(**PHONE, locale="it-IT")
    page = context.new_page()
    page.goto(code)
    ready(page)
    browser = context.new_cdp_session(page)
    found = browser.send("Page.getAppManifest")
    assert found["errors"] == []
    assert json.loads(found["data"])["lang"] == "it"
    problems = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {each["errorId"] for each in problems} <= NOT_OF_THE_PRODUCT
    states: list[dict[str, Any]] = []
    browser.on("ServiceWorker.workerVersionUpdated", lambda e: states.extend(e["versions"]))
    browser.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.controller")
    assert [v["status"] for v in states] and states[-1]["status"] == "activated"
    assert states[-1]["scriptURL"].endswith("/sw.js")


def test_without_a_line_a_report_waits_and_leaves_once(
    open_browser: OpenBrowser, manager: Page, code: str, line: Line, tmp_path: Path
) -> None:
    context = open_browser(**{**PHONE, "base_url": line.url}, locale="de-DE")
    page = context.new_page()
    page.goto(code)
    ready(page)
    cut(context, line)
    page.goto(code)
    expect(page.locator("#request-form input[name=code]")).to_have_value(code.rsplit("/", 1)[1])
    expect(page.locator(".banner[data-offline-only]")).to_be_visible()
    words = f"Der Siphon tropft {os.urandom(4).hex()}"
    page.locator(".tile:has([value=plumbing])").tap()
    # As fast as people type: the form takes nothing from whoever is faster.
    page.locator("[name=description]").press_sequentially(words, delay=80)
    photos = page.locator("input[name=photos]")
    photos.set_input_files(
        [picture(tmp_path, "eins.jpg", (4000, 3000)), picture(tmp_path, "zwei.jpg", (800, 600))]
    )
    waiting = page.locator("[data-photos] [data-upload-item=waiting]")
    expect(waiting).to_have_count(2)
    # What was begun survives the closed page.
    until(page, "(await self.outbox.all('drafts')).some((draft) => draft.files.length === 2)")
    page.goto(code)
    expect(page.locator("[name=description]")).to_have_value(words)
    expect(waiting).to_have_count(2)
    page.locator(".actionbar button[type=submit]").tap()
    row = page.locator("[data-queue-list] li")
    expect(row).to_have_attribute("data-state", "waiting")
    expect(page.locator("[name=description]")).to_have_value("")
    page.reload()
    expect(row).to_contain_text(words)
    mend(context, line)
    expect(row).to_have_attribute("data-state", "sent")
    row.locator("a").tap()
    page.wait_for_url(re.compile(r"/de/requests/[\w.-]+$"))
    expect(page.locator("#photos .shot img")).to_have_count(2)
    expect(page.locator("[data-queue-list] li")).to_have_count(0)
    (ticket,) = tickets(manager, words)
    assert ticket["channel"] == "qr" and len(ticket["attachments"]) == 2
    for item in ticket["attachments"]:
        served = Image.open(io.BytesIO(manager.request.get(item["download_url"]).body()))
        assert served.height > served.width and max(served.size) <= 2560
        assert not served.getexif().get_ifd(0x8825)
    figure("Report without a line", "tickets of one report with two photos", 1, "1")


def test_what_waits_leaves_although_no_page_is_open(
    open_browser: OpenBrowser, manager: Page, code: str, line: Line
) -> None:
    """The browser wakes the service worker once there is a line; here the test does."""
    context = open_browser(**{**PHONE, "base_url": line.url}, locale="fr-FR")
    page = context.new_page()
    workers: list[dict[str, Any]] = []
    browser = context.new_cdp_session(page)
    browser.on("ServiceWorker.workerVersionUpdated", lambda e: workers.extend(e["versions"]))
    browser.send("ServiceWorker.enable")
    page.goto(code)
    ready(page)
    cut(context, line)
    words = f"L'ascenseur ne bouge plus {os.urandom(4).hex()}"
    page.locator(".tile:has([value=elevator])").tap()
    # As fast as people type: the form takes nothing from whoever is faster.
    page.locator("[name=description]").press_sequentially(words, delay=120)
    page.locator(".actionbar button[type=submit]").tap()
    expect(page.locator("[data-queue-list] li")).to_have_attribute("data-state", "waiting")
    page.goto("about:blank")
    mend(context, line)
    browser.send(
        "ServiceWorker.dispatchSyncEvent",
        {
            "origin": line.url,
            "registrationId": workers[-1]["registrationId"],
            "tag": "ecopick-queue",
            "lastChance": False,
        },
    )
    end, pause = time.monotonic() + 20, threading.Event()
    while not tickets(manager, words) and time.monotonic() < end:
        pause.wait(0.2)
    assert len(tickets(manager, words)) == 1
    page.goto("/fr/app")
    expect(page.locator("[data-queue-list] li")).to_have_attribute("data-state", "sent")
    assert len(tickets(manager, words)) == 1


def change_without_line(context: BrowserContext, page: Page, line: Line) -> str:
    """Cut the line and let a ticket wait for its tenant; answers the ticket's id."""
    items = page.request.get("/api/tickets", params={"status": "IN_PROGRESS"}).json()["items"]
    ticket = str(items[0]["id"])
    page.goto(f"/en/tickets/{ticket}")
    page.wait_for_function("navigator.serviceWorker.controller")
    cut(context, line)
    page.locator("#status-menu > summary").click()
    page.locator("#status-menu form:has([value=AWAITING_TENANT]) button").click()
    return ticket


def test_both_versions_are_shown_where_somebody_was_faster(
    open_browser: OpenBrowser, line: Line
) -> None:
    context = open_browser(**{**DESK, "base_url": line.url})
    page = sign_in(context, "en", "manager")
    token = next(c["value"] for c in context.cookies() if c["name"] == "ecopick_csrf")
    headers = {"X-CSRF-Token": token}
    ticket = change_without_line(context, page, line)
    row = page.locator("[data-queue-list] li")
    expect(row).to_have_attribute("data-state", "waiting")
    other = open_browser(**DESK)
    quick = sign_in(other, "en", "manager")
    token = next(c["value"] for c in other.cookies() if c["name"] == "ecopick_csrf")
    answer = quick.request.post(
        "/api/tickets/status",
        data={"ticket_id": ticket, "status": "AWAITING_VENDOR"},
        headers=headers | {"X-CSRF-Token": token},
    )
    assert answer.ok
    mend(context, line)
    expect(row).to_have_attribute("data-state", "conflict")
    row.get_by_role("button", name="Compare").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Awaiting vendor")
    dialog.get_by_role("button", name="Leave it as it is").click()
    expect(page.locator("[data-queue-list] li")).to_have_count(0)
    now = page.request.get(f"/api/tickets/{ticket}").json()
    assert now["status"] == "AWAITING_VENDOR"


def sign_out(page: Page) -> None:
    page.evaluate("document.querySelector('form[action$=\"/logout\"]').requestSubmit()")
    page.wait_for_url(re.compile(r"/\w\w/login"))


def test_what_one_person_left_is_neither_told_to_the_next_nor_lost(
    open_browser: OpenBrowser, line: Line
) -> None:
    context = open_browser(**{**DESK, "base_url": line.url})
    page = sign_in(context, "en", "manager")
    ticket = change_without_line(context, page, line)
    expect(page.locator("[data-queue-list] li")).to_have_attribute("data-state", "waiting")
    title = page.evaluate("async () => (await self.outbox.all())[0].title")
    page.close()
    # The session ends by itself, and somebody else takes the device.
    context.clear_cookies()
    mend(context, line)
    other = sign_in(context, "en", "admin")
    row = other.locator("[data-queue-list] li")
    expect(row).to_have_attribute("data-others", "1")
    expect(row).not_to_contain_text(title)
    expect(row.locator("button, a")).to_have_count(0)
    sign_out(other)
    until(other, "(await self.outbox.all()).length === 1")
    back = sign_in(context, "en", "manager")
    until(back, "!(await self.outbox.all()).length")
    assert back.request.get(f"/api/tickets/{ticket}").json()["status"] == "AWAITING_TENANT"


def test_what_was_begun_goes_at_sign_out_and_without_an_account_after_a_day(
    open_browser: OpenBrowser, code: str
) -> None:
    """Also where the browser has no service worker."""
    begun = "(await self.outbox.all('drafts')).length"
    page = sign_in(open_browser(**PHONE, service_workers="block"), "de", "resident")
    page.goto("/de/tickets/new")
    page.locator("#request-form textarea").first.fill("Something private")
    until(page, begun)
    page.evaluate("localStorage.setItem('ecopick-draft:somebody:reply', 'Of somebody else')")
    page.goto("/de/tickets")
    sign_out(page)
    until(page, f"!{begun}")
    assert page.evaluate("Object.values(localStorage)").count("Of somebody else") == 1
    phone = open_browser(**PHONE, locale="de-DE").new_page()
    phone.goto(code)
    phone.locator("[name=description]").fill("Von gestern")
    until(phone, begun)
    phone.evaluate(
        """async () => {
          for (const each of await self.outbox.all("drafts")) {
            await self.outbox.put({ ...each, at: each.at - 25 * 3600 * 1000 }, "drafts");
          }
        }"""
    )
    phone.goto(code)
    until(phone, f"!{begun}")
    expect(phone.locator("[name=description]")).to_have_value("")
