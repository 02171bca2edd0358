"""The eleven sections of a ticket with JavaScript switched off: pages, links and forms."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESK, PASSWORD
from tests.browser.test_live import TICKET, ticket_named
from tests.browser.test_main_job import picture

pytestmark = pytest.mark.browser
OpenBrowser = Callable[..., BrowserContext]

SECTIONS = {
    "overview": "Overview",
    "details": "Details",
    "activity": "Activity",
    "team": "Team",
    "history": "History",
    "sla": "SLA",
    "attachments": "Attachments",
    "ai": "AI insights",
    "related": "Related",
    "billing": "Billing",
    "vendor": "Vendor",
}


def open_section(page: Page, name: str) -> None:
    """By its link in the list of sections."""
    page.locator("#ticket-sections").get_by_role("link", name=SECTIONS[name]).click()
    expect(page).to_have_url(re.compile(f"section={name}"))
    expect(page.locator("#section-title")).to_have_text(SECTIONS[name])


def test_every_section_and_its_form(open_browser: OpenBrowser, tmp_path: Path) -> None:
    context = open_browser(**DESK, java_script_enabled=False)
    page = context.new_page()
    page.goto("/en/login")
    page.locator("[name=email]").fill("manager@demo.example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.goto("/en/tickets/new")
    page.locator("[name=building_id]").select_option(index=1)
    page.get_by_role("button", name="Continue").click()
    page.locator("[name=title]").fill("A door that closes by itself")
    page.locator("[name=place]").select_option(index=1)
    page.locator("[name=category]").select_option(index=1)
    page.locator("form:has([name=title]) button[type=submit]").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A door that closes by itself")
    for name in SECTIONS:
        open_section(page, name)
    main = page.locator("#main")

    open_section(page, "details")
    main.locator("[name=description]").fill("It slams at night.")
    main.get_by_role("button", name="Save changes").click()
    open_section(page, "overview")
    expect(main).to_contain_text("It slams at night.")

    open_section(page, "activity")
    main.locator("[name=body]").fill("Written without scripts")
    main.locator("[name=visibility]").select_option("team")
    main.locator("input[name=file]").first.set_input_files(
        picture(tmp_path, "door.jpg", (12, 35, 64))
    )
    main.get_by_role("button", name="Send reply").click()
    note = main.locator(".message", has_text="Written without scripts")
    expect(note).to_contain_text("Team only")
    expect(note.locator("img")).to_have_count(1)

    open_section(page, "team")
    main.locator("[name=user_id]").select_option(index=1)
    who = main.locator("[name=user_id] option").nth(1).inner_text()
    main.get_by_role("button", name="Add participant").click()
    open_section(page, "team")
    expect(main).to_contain_text(who)

    open_section(page, "history")
    main.get_by_role("link", name="Fields").click()
    expect(main).to_contain_text("It slams at night.")

    open_section(page, "attachments")
    evidence = main.locator("#upload-evidence")
    evidence.locator("input[type=file]").set_input_files(
        picture(tmp_path, "done.jpg", (34, 97, 26))
    )
    evidence.locator("button[type=submit]").click()
    open_section(page, "attachments")
    expect(main).to_contain_text("done.jpg")

    open_section(page, "related")
    main.locator("details.menu").first.locator("summary").click()
    main.locator("details[open]").get_by_role("button", name="This was caused by").click()
    open_section(page, "related")
    expect(main).to_contain_text("Linked tickets")

    open_section(page, "team")
    main.get_by_role("button", name="Withdraw").click()
    open_section(page, "vendor")
    main.get_by_role("button", name="Open the job to vendors").click()
    open_section(page, "vendor")
    expect(main).to_contain_text("Vendors can apply")

    page.goto(ticket_named(page, TICKET))
    open_section(page, "sla")
    main.locator("#sla-pause summary").click()
    main.locator("#sla-pause").get_by_label("What are you waiting for?").fill("The key")
    main.locator("#sla-pause").get_by_role("button", name="Pause SLA").click()
    expect(main).to_contain_text("Reason: The key")
    main.get_by_role("button", name="Resume SLA").click()
    expect(main).to_contain_text("Why is it due then?")
    expect(main.get_by_role("button", name="Resume SLA")).to_have_count(0)
