"""Accepting, declining and taking it back through a mailed link."""

import re
import threading
from datetime import timedelta

from flask import Flask

from ecopick.core import clock
from ecopick.domains.tickets.lifecycle import AssignmentState, TicketStatus
from ecopick.domains.tickets.models import Assignment, Ticket
from tests.domains.tickets.test_main_line import audit_actions, now_at
from tests.factories import World
from tests.figures import timed
from tests.jobs.steps import SECRET_NOTE, send_to_vendor
from tests.vendor_links import (
    Browser,
    assignment_now,
    link_of,
    token_of,
    window,
)

PHONE = "+49 761 123456"


def state_of(world: World, assignment: Assignment) -> AssignmentState:
    return assignment_now(world, assignment).state


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
    start = threading.Barrier(50)

    def work(browser: Browser) -> None:
        start.wait()
        answer = browser.send("accept", nonce, window=chosen)
        answers.append((answer.status_code, answer.headers.get("Location", "")))

    threads = [threading.Thread(target=work, args=(browser,)) for browser in browsers]
    with timed("races", "50 parallel accepts of one vendor link"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [(303, f"/it/jobs/{token}")] * 50
    assert audit_actions(world, ticket).count("VENDOR_ACCEPTED") == 1
    assert assignment_now(world, assignment).version == 2


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
