"""Pages that are too old, and links that are unknown, expired or revoked."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.domains.tickets.lifecycle import AssignmentState
from ecopick.domains.tickets.models import Assignment, Ticket
from tests.factories import World
from tests.jobs.steps import assign
from tests.vendor_links import (
    Browser,
    assignment_now,
    link_of,
    photo,
    token_of,
    window,
)

PHONE = "+49 761 123456"


def state_of(world: World, assignment: Assignment) -> AssignmentState:
    return assignment_now(world, assignment).state


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
