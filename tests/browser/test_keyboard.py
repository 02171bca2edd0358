"""The whole main job without a mouse: from signing in to the closed ticket, by keys alone.

Nothing here clicks or sets the focus. At each stop the focus has to be seen: an outline
of two pixels, on something that no bar covers.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESK, PASSWORD, Site
from tests.browser.test_main_job import picture

pytestmark = pytest.mark.browser
OpenBrowser = Callable[..., BrowserContext]

# What has the focus, whether it shows, and whether anything of it can be seen.
LOOK = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return { tag: "BODY", seen: true, shown: true };
  const near = [here, here.closest("label"), here.closest(".palette-head"), here.parentElement].filter(Boolean);
  const shown = near.some((each) => {
    const style = getComputedStyle(each);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || (each.matches(".palette-head") && style.boxShadow !== "none");
  });
  const box = [here, here.closest("label") ?? here].map((each) => each.getBoundingClientRect()).sort((a, b) => b.width * b.height - a.width * a.height)[0];
  const points = [[.5, .5], [.1, .5], [.9, .5], [.5, .15], [.5, .85]];
  const seen = points.some(([x, y]) => {
    const top = document.elementFromPoint(box.x + box.width * x, box.y + box.height * y);
    return top && (here.contains(top) || top.contains(here) && top !== document.body && !top.matches("html, main, .frame") || here.closest("label")?.contains(top));
  });
  return { tag: here.outerHTML.slice(0, 160), seen, shown };
}"""


class Hands:
    """Ten fingers: they press keys and see where the focus is."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stops = 0

    def look(self) -> None:
        """The focus shows, and no bar hides it."""
        found: dict[str, Any] = self.page.evaluate(LOOK)
        assert found["shown"], f"no outline: {found['tag']}"
        assert found["seen"], f"hidden: {found['tag']}"
        self.stops += 1

    def press(self, *keys: str) -> None:
        """Press one key after another, on a page that has come."""
        self.page.wait_for_load_state("domcontentloaded")
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(text)

    def tab_to(self, selector: str, most: int = 40) -> None:
        """Tab until the focus is on what is looked for, looking at every stop."""
        for _stop in range(most):
            self.press("Tab")
            self.look()
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return
        raise AssertionError(f"the Tab key never came to {selector}")

    def choose(self, words: str, key: str = "Enter") -> None:
        """In the palette: type and take what is offered first, once it fits."""
        field = self.page.locator("#palette [role=combobox]")
        expect(field).to_be_focused()
        self.look()
        self.type(words)
        first = self.page.locator("#palette [role=option]").first
        expect(first).to_contain_text(re.compile(re.escape(words), re.IGNORECASE))
        expect(first).to_have_attribute("aria-selected", "true")
        self.press(key)

    def sign_in(self) -> None:
        """Through the form, as the demonstration's manager."""
        self.page.goto("/en/login")
        self.tab_to("[name=email]")
        self.type("manager@demo.example.org")
        self.tab_to("[name=password]")
        self.type(PASSWORD)
        self.press("Enter")
        self.page.wait_for_url(re.compile(r"/en/(?!login)"))

    def act(self, key: str, words: str) -> None:
        """A single key, then the act that these words name."""
        self.press(key)
        self.choose(words)


def reported(context: BrowserContext, site: Site, title: str) -> str:
    """A ticket that the resident reported, by the API; answers its id."""
    request = context.request
    login = {"email": "resident@demo.example.org", "password": PASSWORD}
    assert request.post(f"{site.url}/api/auth/login", data=login).ok
    cookie = next(c for c in context.cookies() if c["name"].endswith("ecopick_csrf"))
    place = request.get(f"{site.url}/api/users/me/units").json()["items"][0]
    body = {
        "title": title,
        "category": "plumbing",
        "building_id": place["building_id"],
        "unit_id": place["unit_id"],
        "auto_route": False,
    }
    made = request.post(
        f"{site.url}/api/tickets", data=body, headers={"X-CSRF-Token": cookie["value"]}
    )
    assert made.ok, made.text()
    return str(made.json()["id"])


def test_the_main_job_by_keys_alone(site: Site, open_browser: OpenBrowser, tmp_path: Path) -> None:
    title = "Hahn in der Teeküche tropft"
    ticket = reported(open_browser(), site, title)
    photo = picture(tmp_path, "hahn.jpg", (90, 120, 150))
    page = open_browser(**DESK, locale="en-GB").new_page()
    # Heard from the start, so that no window of the system opens before somebody listens.
    page.on("filechooser", lambda chooser: None)
    hands = Hands(page)
    head = page.locator("#ticket-head")

    hands.sign_in()
    hands.press("Control+k")
    hands.choose(title)
    page.wait_for_url(re.compile(ticket))
    hands.act("s", "triage")
    expect(head).to_contain_text("Triaged")
    hands.act("p", "high")
    expect(page.locator("#ticket-left")).to_contain_text("High")
    hands.act("a", "katharina")
    expect(head).to_contain_text("Assigned")
    hands.act("s", "accept")
    expect(head).to_contain_text("In progress")

    hands.press("r")
    expect(page.locator("#reply")).to_be_focused()
    hands.look()
    hands.type("I will come this afternoon.")
    hands.press("Control+Enter")
    expect(page.locator("#main .feed")).to_contain_text("I will come this afternoon.")
    expect(page.locator("#reply")).to_have_value("")
    hands.look()
    hands.press("Escape")

    attachments = page.locator("[data-section=attachments]")
    for _section in range(12):
        if attachments.get_attribute("aria-current"):
            break
        url = page.url
        hands.press("]")
        page.wait_for_url(lambda now, before=url: now != before)
    expect(page.locator("#upload-evidence")).to_be_visible()
    hands.tab_to("#upload-evidence input[type=file]", 60)
    expect(page.locator("#upload-evidence input[type=file]")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        hands.press("Enter")
    chooser.value.set_files(photo)
    expect(
        page.locator("#ticket-centre .is-evidence img, #ticket-centre .files img").first
    ).to_be_visible()
    hands.act("s", "resolve")
    expect(head).to_contain_text("Resolved")
    hands.act("s", "close")
    expect(head).to_contain_text("Closed")
    hands.press("Escape")
    page.wait_for_url(re.compile(r"/en/tickets(?!/)"))
    assert hands.stops > 20


# With AltGr, which Windows tells as Ctrl and Alt, a German or French keyboard types "[", "@" and
# more; while a character is being composed, letters and Enter belong to the input method.
NOT_OURS = """() => {
  const press = (more) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...more }));
  return [
    press({ key: "k", ctrlKey: true, altKey: true, modifierAltGraph: true }),
    press({ key: "s", modifierAltGraph: true }),
    press({ key: "?", altKey: true }),
    press({ key: "Enter", isComposing: true }),
    press({ key: "x", isComposing: true }),
    press({ key: "c", metaKey: true }),
  ].every(Boolean);
}"""


def test_keys_leave_typing_alone(site: Site, open_browser: OpenBrowser) -> None:
    page = open_browser(**DESK, locale="de-DE").new_page()
    hands = Hands(page)
    hands.sign_in()
    hands.press("g", "t")
    page.wait_for_url(re.compile(r"/en/tickets"))
    palette, sheet = page.locator("#palette"), page.locator("#shortcuts")

    # In a field letters are letters; Escape leads out of it.
    hands.press("/")
    hands.type("jxs?")
    expect(page.locator("[data-key='/']").first).to_have_value("jxs?")
    hands.press("Escape", "j", "j")
    hands.look()
    assert page.evaluate("document.activeElement.closest('tr').classList.contains('is-current')")
    assert page.evaluate(NOT_OURS), "a key was taken that was not meant"
    hands.press("Control+k")
    expect(palette.get_by_role("option").first).to_be_visible()
    assert page.evaluate(NOT_OURS)
    assert Axe().run(page).response["violations"] == []
    hands.press("Escape")
    expect(palette).not_to_be_visible()
    assert page.evaluate("document.activeElement.closest('tr') !== null"), "the focus went astray"

    # Switched off in the sheet, here and on the next page; ⌘K and Tab stay.
    hands.press("Shift+?")
    expect(sheet).to_be_visible()
    with page.expect_response(lambda answer: answer.url.endswith("/shortcuts")) as kept:
        hands.press("Space")
    assert kept.value.status == 204
    hands.press("Escape", "Shift+?", "j")
    expect(sheet).not_to_be_visible()
    page.reload()
    hands.press("Shift+?", "x", "c")
    expect(sheet).not_to_be_visible()
    hands.press("Control+k")
    expect(palette).to_be_visible()
    page.request.post(
        "/en/shortcuts",
        form={
            "csrf_token": page.get_attribute("meta[name=csrf-token]", "content") or "",
            "single": "true",
        },
    )
