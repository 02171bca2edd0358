"""The page behind a vendor's mailed link, as browsers and scanners use it."""

import io
import logging
import re
import threading
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.domains.tickets.lifecycle import AssignmentState, TicketStatus
from ecopick.domains.tickets.models import Assignment, Ticket
from tests.domains.tickets.test_main_line import audit_actions, now_at
from tests.factories import World
from tests.jobs.steps import SECRET_NOTE, assign, report, say, send_to_vendor
from tests.vendor_links import (
    Browser,
    assignment_now,
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


@pytest.fixture
def ticket(world: World) -> Ticket:
    """A request with a name, a phone and an access note behind it."""
    return report(world, title="Salvavita che scatta di continuo", description="In cucina")


@pytest.fixture
def assignment(world: World, ticket: Ticket) -> Assignment:
    """The plumber is asked."""
    return send_to_vendor(world, ticket)


@pytest.fixture
def vendor(app: Flask, world: World, assignment: Assignment) -> Browser:
    """The recipient on the phone, in Italian."""
    return Browser(app, token_of(world, assignment))


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


def state_of(world: World, assignment: Assignment) -> AssignmentState:
    return assignment_now(world, assignment).state


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


# Before the answer.


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


# Answering.


def test_accepting_shows_whom_to_meet(
    vendor: Browser, world: World, ticket: Ticket, assignment: Assignment
) -> None:
    answer = vendor.accept()
    assert (answer.status_code, answer.headers["Location"]) == (303, vendor.address)
    found = assignment_now(world, assignment)
    assert found.state is AssignmentState.ACCEPTED
    assert found.arrival_from is not None and found.arrival_until is not None
    assert now_at(world, ticket).status is TicketStatus.IN_PROGRESS
    page = vendor.open().text
    assert PHONE in page and SECRET_NOTE in page and "Resident " in page
    assert "/evidence" in page and "/message" in page and "/done" in page
    assert link_of(world, assignment).accepted_at is not None


def test_accepting_needs_a_window(vendor: Browser, world: World, assignment: Assignment) -> None:
    for fields in (
        {},
        {"window": "other"},
        {"window": "nonsense"},
        {"window": "2020-01-01T08:00+00:00/2020-01-01T10:00+00:00"},
        {"window": window(24 * 90)},
        {"window": "other", "date": "2020-01-01", "from_time": "08:00", "until_time": "10:00"},
        {"window": "other", "date": "2031-01-01", "from_time": "10:00", "until_time": "08:00"},
        {"window": "other", "date": "no", "from_time": "x", "until_time": "y"},
    ):
        assert vendor.send("accept", **fields).status_code == 422, fields
    assert state_of(world, assignment) is AssignmentState.PENDING


def test_another_time_is_read_on_the_buildings_clocks(
    vendor: Browser, world: World, assignment: Assignment
) -> None:
    day = (clock.now() + timedelta(days=3)).date()
    fields = {"date": day.isoformat(), "from_time": "08:00", "until_time": "10:30"}
    assert vendor.send("accept", window="other", **fields).status_code == 303
    found = assignment_now(world, assignment)
    assert found.arrival_from is not None and found.arrival_until is not None
    assert found.arrival_until - found.arrival_from == timedelta(hours=2, minutes=30)
    assert "08:00" in vendor.open().text and "10:30" in vendor.open().text


def test_what_was_typed_is_kept(vendor: Browser) -> None:
    refused = vendor.send("accept", window="other", from_time="09:15", typed_name="Bruno Rossi")
    assert refused.status_code == 422
    assert 'value="09:15"' in refused.text and 'value="Bruno Rossi"' in refused.text
    assert re.search(r'value="other"[^>]* checked', refused.text)
    refused = vendor.send("decline", reason="", typed_name="Bruno Rossi")
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text and 'value="Bruno Rossi"' in refused.text


def test_declining_needs_a_reason_and_routes_on(
    vendor: Browser, world: World, ticket: Ticket, assignment: Assignment
) -> None:
    world.add_rule(second_vendor=True)
    assert vendor.send("decline").status_code == 422
    assert vendor.send("decline", reason="Nessun posto libero").status_code == 303
    assert state_of(world, assignment) is AssignmentState.DECLINED
    assert now_at(world, ticket).status is TicketStatus.ASSIGNED
    page = vendor.open()
    assert page.status_code == 200
    for gone in ("Salvavita", "Günterstalstraße", PHONE, "/undo"):
        assert gone not in page.text


def test_the_same_answer_again_shows_the_same(
    vendor: Browser, world: World, ticket: Ticket, assignment: Assignment
) -> None:
    nonce, chosen = vendor.nonce(), window()
    first = vendor.send("accept", nonce, window=chosen)
    again = vendor.send("accept", nonce, window=window(48))
    assert (first.status_code, first.headers["Location"]) == (
        again.status_code,
        again.headers["Location"],
    )
    found = assignment_now(world, assignment).arrival_from
    assert found is not None and found.isoformat() == chosen.split("/")[0]
    assert audit_actions(world, ticket).count("VENDOR_ACCEPTED") == 1


def test_the_other_answer_afterwards_is_refused(
    vendor: Browser, world: World, assignment: Assignment
) -> None:
    nonce = vendor.nonce()
    vendor.send("accept", nonce, window=window())
    refused = vendor.send("decline", nonce, reason="Ho cambiato idea")
    assert refused.status_code == 409
    assert state_of(world, assignment) is AssignmentState.ACCEPTED


def test_fifty_parallel_accepts_are_one(
    app: Flask, world: World, ticket: Ticket, assignment: Assignment
) -> None:
    """Check 20, of a link: one acceptance, fifty identical answers."""
    token = token_of(world, assignment)
    nonce, chosen = Browser(app, token).nonce(), window()
    browsers = [Browser(app, token) for _ in range(50)]
    answers: list[tuple[int, str]] = []
    start = threading.Barrier(10)

    def work(mine: list[Browser]) -> None:
        start.wait()
        for browser in mine:
            answer = browser.send("accept", nonce, window=chosen)
            answers.append((answer.status_code, answer.headers.get("Location", "")))

    threads = [threading.Thread(target=work, args=(browsers[n::10],)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(303, f"/it/jobs/{token}")] * 50
    assert audit_actions(world, ticket).count("VENDOR_ACCEPTED") == 1
    assert assignment_now(world, assignment).version == 2


# Undo.


def test_undo_within_a_quarter_of_an_hour(
    vendor: Browser, world: World, ticket: Ticket, assignment: Assignment
) -> None:
    vendor.accept()
    assert "/undo" in vendor.open().text
    assert vendor.send("undo").status_code == 303
    assert state_of(world, assignment) is AssignmentState.PENDING
    assert now_at(world, ticket).status is TicketStatus.ASSIGNED
    page = vendor.open().text
    assert PHONE not in page and 'name="window"' in page
    assert link_of(world, assignment).accepted_at is None
    assert vendor.accept().status_code == 303


def test_undo_of_a_decline_ends_with_the_next_assignment(
    vendor: Browser, world: World, ticket: Ticket, assignment: Assignment
) -> None:
    vendor.send("decline", reason="Nessun posto libero")
    assert now_at(world, ticket).status is TicketStatus.TRIAGED
    assert "/undo" in vendor.open().text
    assert vendor.send("undo").status_code == 303
    assert state_of(world, assignment) is AssignmentState.PENDING
    vendor.send("decline", reason="Nessun posto libero")
    nonce = vendor.nonce()
    send_to_vendor(world, ticket, second=True)
    assert vendor.send("undo", nonce).status_code == 409
    assert "/undo" not in vendor.open().text


def test_undo_after_a_quarter_of_an_hour_is_refused(
    vendor: Browser, world: World, assignment: Assignment
) -> None:
    vendor.accept()
    nonce = vendor.nonce()
    clock.shift(timedelta(minutes=16))
    assert "/undo" not in vendor.open().text
    assert vendor.send("undo", nonce).status_code == 409
    assert state_of(world, assignment) is AssignmentState.ACCEPTED


def test_a_page_from_before_the_undo_does_not_answer(
    vendor: Browser, world: World, assignment: Assignment
) -> None:
    old = vendor.nonce()
    vendor.accept()
    vendor.send("undo")
    assert vendor.send("accept", old, window=window()).status_code == 409
    assert state_of(world, assignment) is AssignmentState.PENDING


# The nonce, and links that have ended.


def test_a_wrong_nonce_is_refused(
    app: Flask, vendor: Browser, world: World, assignment: Assignment
) -> None:
    other = Browser(app, token_of(world, assignment, "vendor_tech"))
    good = vendor.nonce()
    for nonce in ("", "x", "1.1.", f"{good}0", other.nonce(), good.replace(good[-4:], "zzzz")):
        refused = vendor.send("accept", nonce, window=window())
        assert refused.status_code == 409, nonce
    clock.shift(timedelta(hours=14))
    assert state_of(world, assignment) is AssignmentState.PENDING


def test_a_page_left_open_too_long_asks_again_and_keeps_what_was_typed(
    vendor: Browser, world: World, assignment: Assignment
) -> None:
    vendor.accept()
    old = vendor.nonce()
    clock.shift(timedelta(hours=14))
    refused = vendor.send("message", old, body="Porto il pezzo di ricambio")
    assert refused.status_code == 409
    assert "Porto il pezzo di ricambio" in refused.text
    assert vendor.send("message", body="Porto il pezzo di ricambio").status_code == 303


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 5000, "%00", "é" * 43])
def test_an_unknown_link_says_so(app: Flask, token: str) -> None:
    page = Browser(app, token).open()
    assert page.status_code == 404
    assert page.headers["Cache-Control"] == "no-store"
    answer = app.test_client().post(f"/it/jobs/{token}/accept", data={"window": "x"})
    assert answer.status_code == 404


def ended(page: TestResponse) -> str:
    """The heading of a page of a dead link, which says nothing of the job."""
    assert page.status_code == 410
    for gone in ("Salvavita", "Wiehre", "Günterstalstraße", "Plumber", "Owner ", PHONE):
        assert gone not in page.text
    found = re.search(r"<h1>(.*?)</h1>", page.text)
    assert found is not None
    return found[1]


def test_expired_and_revoked_are_told_apart(
    app: Flask, world: World, vendor: Browser, ticket: Ticket, assignment: Assignment
) -> None:
    english = Browser(app, token_of(world, assignment), "en")
    nonce = english.nonce()
    clock.shift(timedelta(hours=2, minutes=1))
    assert "expired" in ended(english.open())
    assert english.send("accept", nonce, window=window()).status_code == 410
    assert state_of(world, assignment) is AssignmentState.PENDING
    clock.reset()
    assign(world, ticket, type="INTERNAL", assigned_to_user_id=world.people["caretaker"])
    assert "no longer yours" in ended(english.open())
    assert english.send("accept", nonce, window=window()).status_code == 410


def test_an_unanswered_link_never_lives_over_72_hours(
    app: Flask, world: World, migrator: Engine, vendor: Browser, assignment: Assignment
) -> None:
    link = link_of(world, assignment)
    assert link.expires_at == assignment.respond_by
    assert link.expires_at - link.created_at <= timedelta(hours=72)


def test_an_accepted_link_lives_until_thirty_days_after_the_solution(
    vendor: Browser, world: World, ticket: Ticket
) -> None:
    vendor.accept()
    clock.shift(timedelta(days=20))
    assert vendor.open().status_code == 200
    vendor.send("evidence", moment="after", file=photo())
    assert vendor.send("done", typed_name="Bruno").status_code == 303
    clock.shift(timedelta(days=29))
    assert vendor.open().status_code == 200
    clock.shift(timedelta(days=2))
    assert vendor.open().status_code == 410


def test_somebody_who_left_the_vendor_finds_nothing(
    app: Flask, world: World, migrator: Engine, vendor: Browser
) -> None:
    with migrator.begin() as connection:
        connection.execute(
            text("update memberships set ended_at = now() where user_id = :u"),
            {"u": world.people["vendor"]},
        )
    assert vendor.open().status_code == 410


# Working.


@pytest.fixture
def working(vendor: Browser) -> Browser:
    """The recipient after accepting."""
    assert vendor.accept(typed_name="Bruno Rossi").status_code == 303
    return vendor


def test_writing_and_reading(working: Browser, world: World, ticket: Ticket) -> None:
    say(world, ticket, "resident", "Ich bin ab 14 Uhr zuhause")
    say(world, ticket, "manager", "Nur für uns", "team")
    nonce = working.nonce()
    for _ in range(2):
        assert working.send("message", nonce, body="Arrivo alle 14").status_code == 303
    page = working.open().text
    assert "Ich bin ab 14 Uhr zuhause" in page
    assert page.count("Arrivo alle 14") == 1
    assert "Nur für uns" not in page


def test_done_needs_a_photo_and_keeps_what_was_typed(
    working: Browser, world: World, ticket: Ticket
) -> None:
    refused = working.send("done", body="Sostituito il sifone")
    assert refused.status_code == 409
    assert "Sostituito il sifone" in refused.text
    assert now_at(world, ticket).status is TicketStatus.IN_PROGRESS
    assert working.send("evidence", moment="before", file=photo("prima.jpg")).status_code == 303
    assert working.send("done", body="Sostituito il sifone").status_code == 409
    assert working.send("evidence", moment="after", file=photo()).status_code == 303
    nonce = working.nonce()
    for _ in range(2):
        assert working.send("done", nonce, body="Sostituito il sifone").status_code == 303
    assert now_at(world, ticket).status is TicketStatus.RESOLVED
    assert audit_actions(world, ticket).count("RESOLVED") == 1
    page = working.open().text
    assert page.count("Sostituito il sifone") == 1
    assert "/done" not in page


def test_pictures_are_served_to_the_link_alone(
    app: Flask, working: Browser, world: World, ticket: Ticket
) -> None:
    working.send("evidence", moment="after", file=photo())
    found = re.search(r'src="(/it/jobs/[^"]+/files/[^"]+/thumbnail)"', working.open().text)
    assert found is not None
    picture = working.client.get(found[1], buffered=True)
    assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    assert picture.headers["Cache-Control"].startswith("private")
    assert working.client.get(found[1].replace("/thumbnail", ""), buffered=True).status_code == 200
    other = send_to_vendor(world, report(world, title="Ein anderer Auftrag"))
    elsewhere = Browser(app, token_of(world, other))
    elsewhere.accept()
    identity = found[1].split("/files/")[1]
    assert elsewhere.client.get(f"{elsewhere.address}/files/{identity}").status_code == 404


def test_bad_files_are_refused_in_words(working: Browser, world: World) -> None:
    for content, name in ((b"", "leer.jpg"), (b"<svg onload=x>", "a.svg"), (b"hello", "a.jpg")):
        refused = working.send("evidence", moment="after", file=(io.BytesIO(content), name))
        assert refused.status_code == 422, name
        assert 'role="alert"' in refused.text
    assert working.send("evidence", moment="after").status_code == 422
    assert working.send("evidence", file=photo()).status_code == 422


def test_the_typed_name_stands_encrypted_in_the_audit(
    working: Browser, world: World, ticket: Ticket, migrator: Engine
) -> None:
    working.send("evidence", moment="after", file=photo())
    with migrator.connect() as connection:
        rows = connection.execute(
            text(
                "select action, meta, actor_id from audit_events where ticket_id = :t"
                " and meta ->> 'via' = 'vendor_link' order by created_at, id"
            ),
            {"t": ticket.id},
        ).all()
    assert [row.action for row in rows] == ["VENDOR_ACCEPTED", "ATTACHMENT_UPLOADED"]
    for row in rows:
        assert row.actor_id == world.people["vendor"]
        assert row.meta["typed_name"].startswith("v1.")


def test_the_browser_that_answered_is_remembered(
    app: Flask, working: Browser, world: World, assignment: Assignment
) -> None:
    """A forwarded link asks for a name before a one-tap step."""
    cookie = next(
        line
        for line in working.send("accept", window=window()).headers.getlist("Set-Cookie")
        if line.startswith("ecopick_job_")
    )
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    working.send("evidence", moment="after", file=photo())
    stranger = Browser(app, token_of(world, assignment))
    refused = stranger.send("done")
    assert refused.status_code == 422 and "typed_name" in refused.text
    assert stranger.send("done", typed_name="Carla Bianchi").status_code == 303


def test_a_colleague_sees_the_accepted_job(
    app: Flask, working: Browser, world: World, assignment: Assignment
) -> None:
    colleague = Browser(app, token_of(world, assignment, "vendor_tech"))
    page = colleague.open()
    assert page.status_code == 200
    assert PHONE in page.text and "/undo" not in page.text and "/done" not in page.text
