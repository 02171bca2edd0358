"""The page behind a vendor's mailed link, as browsers and scanners read it."""

import logging
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from ecopick.domains.tickets.models import Assignment
from tests.factories import World
from tests.jobs.steps import SECRET_NOTE
from tests.vendor_links import (
    Browser,
    link_of,
    photo,
    token_of,
    window,
)

PHONE = "+49 761 123456"
STATE_TABLES = (
    "tickets",
    "assignments",
    "messages",
    "attachments",
    "ticket_stakeholders",
    "sla_events",
    "audit_events",
    "outbox",
)


def state(migrator: Engine, world: World) -> dict[str, Any]:
    """Everything that tells of a decision, row by row."""
    with migrator.connect() as connection:
        return {
            table: connection.execute(
                text(f"select t::text from {table} t where property_owner_id = :o order by 1"),
                {"o": world.owner_id},
            ).all()
            for table in STATE_TABLES
        }


class Forms(HTMLParser):
    """Every link and every form of a page, as a scanner finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(found.get("href", ""))
        elif tag == "form" and found.get("method") == "post":
            self.forms.append((found["action"], {}))
        elif tag in ("input", "textarea") and self.forms and found.get("name"):
            if found.get("type") == "radio" and "checked" not in found:
                return
            self.forms[-1][1][found["name"]] = found.get("value", "")


def test_the_page_names_the_job_and_nobody(
    vendor: Browser, world: World, assignment: Assignment
) -> None:
    page = vendor.open()
    assert page.status_code == 200
    assert "Salvavita che scatta di continuo" in page.text
    assert "Wiehre-Höfe" in page.text and "Günterstalstraße 41" in page.text
    assert "3.07" in page.text and "Plumber" in page.text
    assert 'name="window"' in page.text and "checked" not in page.text.split("accept-form")[1]
    for secret in (PHONE, SECRET_NOTE, "Resident ", "/evidence", "/message", "/done"):
        assert secret not in page.text


@pytest.mark.parametrize("locale", ["en", "de", "fr", "it"])
def test_the_page_opens_in_each_language(
    app: Flask, world: World, assignment: Assignment, locale: str
) -> None:
    page = Browser(app, token_of(world, assignment), locale).open()
    assert page.status_code == 200
    assert f'<html lang="{locale}"' in page.text


def test_nothing_of_it_is_kept_or_told(vendor: Browser) -> None:
    """Check 30: no-store, no Referer, not for search engines."""
    for response in (vendor.open(), vendor.send("accept"), vendor.open(method="HEAD")):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in response.headers["X-Robots-Tag"]


def test_a_scanner_changes_nothing(
    app: Flask, world: World, vendor: Browser, assignment: Assignment, migrator: Engine
) -> None:
    """Check 28: HEAD, GET, every link, every button pressed with what the page holds."""
    before = state(migrator, world)
    for method in ("HEAD", "GET", "GET"):
        assert vendor.client.open(vendor.address, method=method).status_code == 200
    page = Forms(vendor.open().text)
    for link in page.links:
        if link.startswith("/"):
            vendor.client.get(link)
            vendor.client.head(link)
    for step in ("accept", "decline", "undo", "message", "evidence", "done"):
        vendor.client.get(f"{vendor.address}/{step}")
        vendor.client.head(f"{vendor.address}/{step}")
    assert page.forms
    for action, fields in page.forms:
        assert vendor.client.post(action, data=fields).status_code in (409, 422)
    assert state(migrator, world) == before
    assert link_of(world, assignment).fetched_at is not None


def test_a_scanner_does_not_finish_an_accepted_job(
    app: Flask, world: World, vendor: Browser, assignment: Assignment, migrator: Engine
) -> None:
    """Check 28: one-tap steps need the browser that answered, or a typed name."""
    assert vendor.accept().status_code == 303
    vendor.send("evidence", moment="after", file=photo())
    scanner = Browser(app, token_of(world, assignment))
    before = state(migrator, world)
    for action, fields in Forms(scanner.open().text).forms:
        assert scanner.client.post(action, data=fields).status_code == 422
    assert state(migrator, world) == before


def test_the_token_is_nowhere_in_plain_text(
    vendor: Browser, world: World, assignment: Assignment, migrator: Engine, caplog: Any
) -> None:
    """Check 30: absent from every table and from the log."""
    token = token_of(world, assignment)
    with caplog.at_level(logging.DEBUG):
        vendor.open()
        vendor.accept()
        vendor.send("message", body="Arrivo")
    assert token not in caplog.text
    with migrator.connect() as connection:
        tables = connection.execute(
            text("select tablename from pg_tables where schemaname = 'public'")
        ).scalars()
        for table in list(tables):
            hits = connection.execute(
                text(f'select count(*) from "{table}" t where t::text like :t'),
                {"t": f"%{token}%"},
            ).scalar_one()
            assert hits == 0, table


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Original-Host"])
def test_a_hostile_host_changes_no_address(vendor: Browser, header: str) -> None:
    """Check 29."""
    assert "evil.example" not in vendor.open(headers={header: "evil.example"}).text
    answer = vendor.client.post(
        f"{vendor.address}/accept",
        data={"nonce": vendor.nonce(), "window": window()},
        headers={header: "evil.example"},
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == vendor.address
