"""Markup that people type stays text: on every page, in every part and in mails."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from tests.browser.conftest import DESK, PHONE, Site
from tests.browser.test_main_job import sign_in, vendor_org_of

pytestmark = pytest.mark.browser
OpenBrowser = Callable[..., BrowserContext]

# Whatever of these becomes an element carries the mark, whether it runs or not.
CORPUS = (
    "<script data-xss>window.__xss=1</script>",
    '"><img data-xss src=x onerror="window.__xss=1">',
    "'><svg data-xss onload=window.__xss=1>",
    "</title></textarea></style><b data-xss>",
    "<a data-xss href=javascript:window.__xss=1>x</a>",
    '<i data-xss hx-get="/api/auth/me" hx-trigger="load">',
    "<!--><u data-xss>--><iframe data-xss srcdoc=x>",
    "{{constructor.constructor('window.__xss=1')()}}${window.__xss=1}",
    "\\u003cimg data-xss src=x\\u003e &lt;img data-xss src=x&gt;",
    "]]><s data-xss>',alert(1),'",
)
LINE_PIECES = [CORPUS[i] + CORPUS[i + 1] for i in range(0, len(CORPUS), 2)]
PROSE = "\n".join(CORPUS) + "\nhttps://example.org/'onmouseover='window.__xss=1"
TRAP = """
window.__caught = [];
for (const name of ['alert', 'confirm', 'prompt', 'print'])
    window[name] = (...words) => window.__caught.push(name + ': ' + words[0]);
document.addEventListener('securitypolicyviolation',
    (event) => window.__caught.push(event.violatedDirective + ' ' + event.blockedURI));
"""
LOOK = """() => ({
    ran: window.__xss ?? null,
    caught: window.__caught ?? [],
    made: [...document.querySelectorAll('[data-xss]')].map((e) => e.outerHTML.slice(0, 80)),
    handlers: [...document.querySelectorAll('*')].flatMap((e) => [...e.attributes])
        .filter((a) => /^on/i.test(a.name) || /^\\s*javascript:/i.test(a.value))
        .map((a) => a.name + '=' + a.value.slice(0, 60)),
})"""


@contextmanager
def trapped(page: Page) -> Iterator[list[str]]:
    """Dialogs and script errors of a page; none may come."""
    seen: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            seen.append(message.text)

    page.on("dialog", lambda dialog: (seen.append(dialog.message), dialog.dismiss()))
    page.on("console", hear)
    page.add_init_script(TRAP)
    yield seen
    assert seen == []


def look(page: Page, where: str) -> None:
    """Nothing that was typed has become an element, an attribute or a script."""
    for frame in page.frames:
        found = frame.evaluate(LOOK)
        assert found == {"ran": None, "caught": [], "made": [], "handlers": []}, (where, found)


class Person:
    """A signed-in browser that can also use the API."""

    def __init__(self, context: BrowserContext, account: str, language: str) -> None:
        self.page = sign_in(context, language, account)
        cookies = {item["name"]: item["value"] for item in context.cookies()}
        self.headers = {"X-CSRF-Token": cookies["ecopick_csrf"]}

    def send(self, path: str, status: int, **options: Any) -> Any:
        """POST to the API; ``data`` is JSON, ``multipart`` a form."""
        answer = self.page.request.post(path, headers=self.headers, **options)
        assert answer.status == status, (path, answer.text())
        return answer.json()


def report(person: Person, line: str) -> dict[str, Any]:
    """A request of the resident whose every text is hostile."""
    me = person.page.request.get("/api/auth/me").json()
    unit = me["units"][0]
    body = {
        "building_id": unit["building_id"],
        "unit_id": unit["unit_id"],
        "title": line[:200],
        "description": PROSE,
        "access_note": PROSE,
        "category": "plumbing",
        "auto_route": False,
    }
    found: dict[str, Any] = person.send("/api/tickets", 201, data=body)
    return found


def photo(name: str) -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 150)).save(buffer, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def fill(resident: Person, manager: Person, ticket: dict[str, Any], vendor_org: str) -> None:
    """Hostile words, files and answers on a request, until it waits for the vendor."""
    key = {"ticket_id": ticket["id"]}
    for who, visibility in ((resident, "everyone"), (manager, "team"), (manager, "everyone")):
        body = {**key, "body": PROSE, "visibility": visibility}
        who.send("/api/tickets/message", 201, data=body)
    for line in LINE_PIECES:
        form = {**key, "file": photo(f"{line[:120]}.jpg")}
        resident.send("/api/tickets/attachment", 201, multipart=form)
    assign = {**key, "type": "VENDOR", "vendor_org_id": vendor_org}
    manager.send("/api/tickets/assign", 200, data=assign)
    path = f"/api/tickets/{ticket['id']}/assignment/cancel"
    manager.send(path, 200, data={"reason": LINE_PIECES[1][:200]})
    manager.send("/api/tickets/assign", 200, data=assign)


SECTIONS = ("overview", "details", "activity", "team", "history", "sla", "attachments", "vendor")


def walk(page: Page, language: str, ticket: str, sections: tuple[str, ...] = ()) -> None:
    """Every page that shows the request, without and with its words in the address."""
    base = f"/{language}/tickets/{ticket}"
    places = [f"{base}?section={section}" for section in sections]
    places += [base, f"/{language}/tickets?view=all&q={CORPUS[1]}"]
    places += [f"/{language}/tickets?view=all&q=data-xss", f"{base}?section={CORPUS[1]}"]
    places += [f"/{language}/notifications", f"/{language}/vendor/inbox", f"{base}/cancel"]
    if sections:
        places += [f"/{language}/buildings", f"{base}/assign", "/dev/mail"]
        places += [f"/{language}/login?next={CORPUS[1]}", f"/{language}/{CORPUS[1]}"]
    for place in places:
        page.goto(place, wait_until="domcontentloaded")
        look(page, place)


def test_stored_markup_stays_text(site: Site, open_browser: OpenBrowser) -> None:
    """Check 27: a corpus in every text field and mail runs nowhere in Chromium."""
    resident = Person(open_browser(**PHONE), "resident", "de")
    manager = Person(open_browser(**DESK), "manager", "en")
    vendor = Person(open_browser(**PHONE), "vendor", "it")
    vendor_org = vendor_org_of(site)
    tickets = [report(resident, line) for line in LINE_PIECES]
    first = tickets[0]
    with trapped(manager.page):
        # An open page takes the others' words by the stream.
        manager.page.goto(f"/en/tickets/{first['id']}?section=activity")
        fill(resident, manager, first, vendor_org)
        manager.page.get_by_text("data-xss").first.wait_for()
        look(manager.page, "live")
        walk(manager.page, "en", first["id"], SECTIONS)
    with trapped(resident.page):
        walk(resident.page, "de", first["id"])
    with trapped(vendor.page):
        walk(vendor.page, "it", first["id"])
    answer_by_link(site, open_browser, first)
    with trapped(manager.page):
        walk(manager.page, "en", first["id"], ("activity", "history", "vendor"))
    mails(site, manager)


def answer_by_link(site: Site, open_browser: OpenBrowser, ticket: dict[str, Any]) -> None:
    """The vendor's page with hostile name and words; accepted, then written on."""
    mail = site.wait_for_mail(
        "vendor@demo.example.org",
        lambda mail: ticket["reference"] in mail["subject"] and "/jobs/" in mail["text"],
    )
    found = re.search(r"http://localhost:\d+(/\w\w/jobs/[\w-]+)", mail["text"])
    assert found is not None
    page = open_browser(**PHONE).new_page()
    with trapped(page):
        page.goto(found[1])
        look(page, "link, waiting")
        send_form(page, found[1], "decline", {"reason": "", "typed_name": CORPUS[1]})
        look(page, "link, refused")
        window = page.locator("input[name=window]").first.get_attribute("value") or ""
        send_form(page, found[1], "accept", {"window": window, "typed_name": CORPUS[1]})
        look(page, "link, accepted")
        send_form(page, found[1], "message", {"body": PROSE})
        look(page, "link, after a message")
        assert "data-xss" in page.locator("body").inner_text()


def send_form(page: Page, path: str, step: str, fields: dict[str, str]) -> None:
    """Send a form of the page with these values, whatever its fields would allow."""
    nonce = page.locator("input[name=nonce]").first.get_attribute("value") or ""
    with page.expect_navigation():
        page.evaluate(
            """([action, fields]) => {
                const form = document.createElement('form');
                form.method = 'post';
                form.action = action;
                for (const [name, value] of Object.entries(fields)) {
                    const input = document.createElement('textarea');
                    input.name = name;
                    input.value = value;
                    form.append(input);
                }
                document.body.append(form);
                form.submit();
            }""",
            [f"{path}/{step}", {"nonce": nonce, **fields}],
        )


def mails(site: Site, manager: Person) -> None:
    """Both parts of every caught mail; the HTML as a mail program would show it."""
    page = manager.page.context.new_page()
    with trapped(page):
        shown = 0
        for account in ("manager", "resident", "vendor"):
            for mail in site.mails(f"{account}@demo.example.org")[:20]:
                assert "\n" not in mail["subject"]
                assert set(mail["headers"]) & {"Bcc", "Cc"} == set()
                if mail["html"] and "data-xss" in mail["html"]:
                    page.set_content(mail["html"])
                    look(page, mail["subject"])
                    shown += 1
        assert shown > 0
    page.close()
