"""Two people at one ticket: what one writes reaches the other at once and disturbs nothing."""

import os
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESK, PASSWORD
from tests.figures import figure

pytestmark = pytest.mark.browser
OpenBrowser = Callable[..., BrowserContext]

TICKET = "Wasser tritt unter der Küchenspüle aus"
DRAFT = "Half a sentence that is not done"
MESSAGES = 5
# A second is promised; a short run beside other tests only shows that it is no polling.
MOST_MILLISECONDS = 1_000 if os.environ.get("ECOPICK_FULL") == "1" else 5_000

# Notes when each text appears in the conversation.
WATCH = """() => {
  window.seenAt = {};
  const look = () => {
    for (const text of document.querySelectorAll("#feed .message .text")) window.seenAt[text.textContent.trim()] ??= Date.now();
  };
  look();
  new MutationObserver(look).observe(document.getElementById("main"), { childList: true, subtree: true, characterData: true });
}"""
STATE = """() => {
  const reply = document.getElementById("reply");
  return {
    focus: document.activeElement?.id, caret: [reply.selectionStart, reply.selectionEnd],
    draft: reply.value, audience: document.getElementById("reply-visibility").value,
    kept: Object.entries(localStorage).filter(([key]) => key.startsWith("ecopick-draft")).map(([, value]) => value),
    scroll: document.getElementById("main").scrollTop, address: location.href,
  };
}"""


def ticket_named(page: Page, title: str) -> str:
    """The address of the ticket of this title, for whoever is signed in."""
    found = page.request.get("/api/tickets", params={"q": title}).json()["items"]
    return next(f"/en/tickets/{item['id']}" for item in found if item["title"] == title)


def at_ticket(browser: BrowserContext, who: str, section: str = "activity") -> Page:
    """Signed in, with a section of the ticket open and its stream connected."""
    page = browser.new_page()
    page.goto("/en/login")
    page.locator("[name=email]").fill(f"{who}@demo.example.org")
    page.locator("[name=password]").fill(PASSWORD)
    with page.expect_navigation():
        page.locator("[name=password]").press("Enter")
    address = ticket_named(page, TICKET)
    with page.expect_response(lambda answer: "/api/events" in answer.url):
        page.goto(f"{address}?section={section}")
    expect(page.locator("#section-title")).to_be_visible()
    return page


def test_a_message_arrives_within_a_second_and_disturbs_nothing(open_browser: OpenBrowser) -> None:
    reader, writer = (at_ticket(open_browser(**DESK), who) for who in ("manager", "caretaker"))
    reader.reload()
    expect(reader.locator("#ticket-viewing")).to_contain_text("also viewing")
    expect(reader.locator("#ticket-viewing")).to_contain_text("Jürgen Kälin")
    # In the middle of a sentence, with the conversation scrolled back.
    reader.locator("#reply").fill(DRAFT)
    reader.locator("#reply").evaluate("field => field.setSelectionRange(4, 8)")
    reader.locator("#main").evaluate("main => main.scrollTo(0, 40)")
    reader.evaluate(WATCH)
    before = reader.evaluate(STATE)
    assert before["focus"] == "reply" and before["caret"] == [4, 8] and before["scroll"] == 40
    taken, token = [], secrets.token_hex(4)
    for number in range(MESSAGES):
        text = f"Message {number} {token}"
        writer.locator("#reply").fill(text)
        sent = writer.evaluate("Date.now()")
        writer.locator("#reply").press("Control+Enter")
        expect(reader.locator("#feed")).to_contain_text(text)
        expect(writer.locator("#feed")).to_contain_text(text)
        expect(writer.locator("#reply")).to_have_value("")
        taken.append(reader.evaluate("text => window.seenAt[text]", text) - sent)
    assert reader.evaluate(STATE) == before
    assert reader.locator("#feed .message", has_text=token).count() == MESSAGES
    # The quickest counts: while all tests run, the machine is busy with others.
    assert min(taken) < MOST_MILLISECONDS, taken
    told = "a message from one browser seen in another, quickest of five"
    figure("live", told, f"{min(taken)} ms", f"< {MOST_MILLISECONDS} ms")
    # The sentence goes on where it was.
    reader.keyboard.type("XY")
    expect(reader.locator("#reply")).to_have_value(f"{DRAFT[:4]}XY{DRAFT[8:]}")
    reader.reload()
    expect(reader.locator("#reply")).to_have_value(f"{DRAFT[:4]}XY{DRAFT[8:]}")


def test_an_edit_is_offered_beside_what_is_being_typed(open_browser: OpenBrowser) -> None:
    mine, theirs = (at_ticket(open_browser(**DESK), "manager", "details") for _ in range(2))
    mine.locator("#details-form [name=access_note]").fill("Mine, not saved yet")
    theirs.locator("#details-form [name=access_note]").fill("Theirs")
    theirs.get_by_role("button", name="Save changes").click()
    offer = mine.locator("[data-live-offer]")
    expect(offer).to_contain_text("Updated by someone else.")
    expect(mine.locator("#details-form [name=access_note]")).to_have_value("Mine, not saved yet")
    offer.get_by_role("button", name="Show").click()
    clash = mine.locator("#clash")
    expect(clash).to_contain_text("Mine, not saved yet")
    expect(clash).to_contain_text("Theirs")
    clash.get_by_label("Yours").check()
    mine.get_by_role("button", name="Save changes").click()
    expect(mine.locator("#ticket-left")).to_contain_text("Mine, not saved yet")
