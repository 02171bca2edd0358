"""The scripts in a real browser, under the product's content security policy, against a small server."""

import functools
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from ecopick.web.headers import CONTENT_SECURITY_POLICY
from tests.design.test_templates import ROOT, environment

pytestmark = pytest.mark.browser

PAGE = """
{% extends "layouts/shell.html" %}
{% from "components/state.html" import live %}
{% from "components/overlay.html" import dialog %}
{% from "components/button.html" import button %}
{% from "components/upload.html" import upload_tile %}
{% block page_title %}Live{% endblock %}
{% block actions %}{{ live(False) }}
{{ button("Open", href="/page", attrs={"data-dialog": "sure", "data-key": "c"}) }}{% endblock %}
{% block content %}<div class="new-rows" data-live-new></div>
<div id="part" data-live="tickets" hx-get="/part" hx-trigger="live" hx-swap="innerMorph">
<input id="typed" name="q" value="start"><p id="n">0</p>
<details id="more"><summary>More</summary>text</details></div>
<div id="gone" data-live="tickets" hx-get="/gone" hx-trigger="live">as it was</div>
<form hx-post="/refused" hx-target="#part"><button id="refused" type="submit">Go</button></form>
<form method="post" action="/slow"><textarea id="draft" name="t" data-draft="d"></textarea>
<button id="slow" type="submit">Slow</button></form>
{{ upload_tile("/upload", "Add") }}
<div class="rows"><a class="row title" href="#1">one</a><a class="row title" href="#2">two</a></div>
{% call dialog("sure", "Sure?") %}<form method="dialog"><button>No</button></form>{% endcall %}
{% endblock %}
"""
EVENTS = (
    b'id: 7\nevent: ticket.updated\ndata: {"ticket_id": "1", "number": "EP-1"}\n\n'
    b'id: 8\nevent: ticket.created\ndata: {"ticket_id": "2", "number": "EP-2"}\n\n'
)


class Site(http.server.ThreadingHTTPServer):
    """A server that remembers what it was asked."""

    daemon_threads = True
    streams: list[str | None]
    posts: list[tuple[str, str | None]]
    gone: list[str]
    parts: int


class Handler(http.server.SimpleHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        """Static files, the page, a part of it, and the stream (busy at the first try)."""
        path = self.path.split("?")[0]
        if path.startswith("/static/"):
            self.path = "/ecopick" + path
            super().do_GET()
        elif path == "/page":
            html = (
                environment()
                .from_string(PAGE)
                .render(
                    events_url="/events",
                    nav=[{"key": "t", "label": "Tickets", "icon": "ticket", "href": "/page"}],
                )
            )
            self.answer(html)
        elif path == "/part":
            self.server.parts += 1
            self.answer(
                f'<input id="typed" name="q" value="server"><p id="n">{self.server.parts}</p>'
                '<details id="more"><summary>More</summary>text</details>'
            )
        elif path == "/events":
            self.stream()
        else:
            self.server.gone.append(path)
            self.answer("nothing", 404)

    def stream(self) -> None:
        self.server.streams.append(self.headers.get("Last-Event-ID"))
        if len(self.server.streams) == 1:
            self.answer("busy", 503)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            time.sleep(0.2)
            self.wfile.write(EVENTS)
            for _ in range(100):
                time.sleep(0.1)
                self.wfile.write(b": still here\n\n")
        except OSError:
            return

    def do_POST(self) -> None:
        """A refusal, an upload, a slow form."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.posts.append((self.path, self.headers.get("X-CSRF-Token")))
        if self.path == "/refused":
            self.answer("<p><b data-error-message>You may not do this.</b></p>", 403)
        elif self.path == "/upload":
            self.answer('{"name": "x", "state": "pending"}', 201, "application/json")
        else:
            time.sleep(0.5)
            self.answer("thanks")

    def answer(self, body: str, status: int = 200, kind: str = "text/html") -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site(("127.0.0.1", 0), functools.partial(Handler, directory=str(ROOT.parent)))
    server.streams, server.posts, server.gone, server.parts = [], [], [], 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def context(chromium: Browser, site: Site) -> Iterator[BrowserContext]:
    made = chromium.new_context(base_url=f"http://127.0.0.1:{site.server_address[1]}")
    made.add_cookies(
        [
            {
                "name": "ecopick_csrf",
                "value": "abc",
                "url": f"http://127.0.0.1:{site.server_address[1]}",
            }
        ]
    )
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto("/page")
    yield opened
    assert faults == []


def until(wanted: Callable[[], bool], page: Page, seconds: float = 10) -> None:
    """Wait in the browser's own time (the policy forbids Playwright's evaluated waits)."""
    for _ in range(int(seconds * 20)):
        if wanted():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not happen")


def test_the_stream_refreshes_without_touching_what_is_typed(page: Page, site: Site) -> None:
    page.fill("#typed", "mine")
    page.click("#more summary")
    page.focus("#typed")
    until(lambda: page.text_content("#n") != "0", page)
    assert page.input_value("#typed") == "mine"
    assert page.evaluate("document.activeElement.id") == "typed"
    assert page.evaluate("document.getElementById('more').open") is True
    assert page.text_content(".new-rows") == "1 new ticket"
    assert page.get_attribute("[data-live-state]", "data-state") == "on"
    # A part whose refresh fails stays as it was, and nobody is told.
    until(lambda: "/gone" in site.gone, page)
    assert page.text_content("#gone") == "as it was"
    assert page.locator(".toast").count() == 0
    # The first connection was refused, and tried again.
    assert len(site.streams) == 2
    # A reload goes on after the last event that was seen.
    page.reload()
    until(lambda: len(site.streams) == 3, page)
    assert site.streams[-1] == "8"


def test_a_refusal_is_said_once_and_never_swapped_in(page: Page, site: Site) -> None:
    page.click("#refused")
    page.wait_for_selector(".toast-error")
    assert page.text_content(".toast .text") == "You may not do this."
    assert page.locator("#n").count() == 1
    assert site.posts == [("/refused", "abc")]
    page.click("[data-toast-close]")
    assert page.locator(".toast").count() == 0


def test_keys_dialog_and_focus_return(page: Page) -> None:
    page.locator("#typed").focus()
    page.keyboard.press("c")
    assert page.evaluate("document.getElementById('sure').open") is False
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("c")
    assert page.evaluate("document.getElementById('sure').matches(':modal')") is True
    page.keyboard.press("Escape")
    until(lambda: page.evaluate("document.activeElement.textContent.trim()") == "Open", page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.text_content(".row.is-current") == "two"
    page.keyboard.press("?")
    assert page.evaluate("document.getElementById('shortcuts').open") is True


def test_uploads_show_progress_and_wait_for_the_line(
    page: Page, site: Site, context: BrowserContext
) -> None:
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": b"x" * 5000}
    page.set_input_files("[data-upload-input]", [picture])
    page.wait_for_selector(".upload.is-scanning")
    context.set_offline(True)
    page.set_input_files("[data-upload-input]", [picture])
    page.wait_for_selector(".upload.is-waiting")
    context.set_offline(False)
    until(lambda: page.locator(".upload.is-scanning").count() == 2, page, 20)
    assert [path for path, token in site.posts if token == "abc"] == ["/upload", "/upload"]
    huge = {"name": "b.png", "mimeType": "image/png", "buffer": b"x" * (21 * 1024 * 1024)}
    page.set_input_files("[data-upload-input]", [huge])
    page.wait_for_selector(".upload.is-refused")
    assert len(site.posts) == 2


def test_a_double_click_sends_a_form_once_and_drafts_survive(page: Page, site: Site) -> None:
    page.fill("#draft", "half a sentence")
    page.reload()
    assert page.input_value("#draft") == "half a sentence"
    page.dblclick("#slow", no_wait_after=True)
    until(lambda: page.url.endswith("/slow"), page)
    assert [path for path, _token in site.posts] == ["/slow"]


def test_without_scripts_the_menu_opens_and_files_can_be_sent(
    chromium: Browser, site: Site
) -> None:
    context = chromium.new_context(
        base_url=f"http://127.0.0.1:{site.server_address[1]}",
        java_script_enabled=False,
        viewport={"width": 390, "height": 844},
    )
    page = context.new_page()
    page.goto("/page")
    page.click("[popovertarget=sidebar]")
    assert page.locator(".sidebar a", has_text="Tickets").is_visible()
    assert page.get_by_role("button", name="Upload file").is_visible()
    assert not page.locator("[data-live-state]").is_visible()
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_the_theme_is_kept(context: BrowserContext, theme: str) -> None:
    page = context.new_page()
    page.goto("/page")
    context.add_cookies([{"name": "ecopick_theme", "value": theme, "url": page.url}])
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == theme


def test_nothing_sticks_out_at_320_pixels(context: BrowserContext) -> None:
    """The layout holds at 400 % zoom, which is 320 px wide."""
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/page")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
