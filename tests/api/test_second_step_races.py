"""Codes that are sent many times in the same moment, over HTTP: one success at most."""

import os
import threading
from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from ecopick.core.actor import Actor
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.uow import Database
from ecopick.domains.auth.commands import second_step
from ecopick.domains.auth.commands.factors import use_app_code
from ecopick.domains.security.lifecycle import Ladder, Rung
from tests.factories import World
from tests.factors import (
    first_step,
    live_sessions,
    mailed_code,
    next_code,
    person_with_app,
    person_with_mailed_codes,
    reasons,
    start,
    verify,
)
from tests.figures import figure
from tests.parallel_calls import Answered, Call, at_once
from tests.served import served

MANY = 100 if os.environ.get("ECOPICK_FULL") == "1" else 30
VERIFY = "/api/auth/2fa/verify"


def pendings(app: Flask, world: World, count: int) -> list[str]:
    """So many sign-ins of one person that wait for their second step."""
    client = app.test_client()
    return [first_step(client, world)["pending_login_id"] for _ in range(count)]


def without_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all guesses at one person be looked at: what is tested must not need the limit."""
    high = (Rung(10_000, timedelta(minutes=1)),)
    monkeypatch.setattr(second_step, "PER_PERSON", Ladder("person", high))
    monkeypatch.setattr(second_step, "EVER", 10_000)


def successes(answers: list[Answered]) -> int:
    """Sessions that were opened; all others were refused in an orderly way."""
    counted = Counter(answer.status for answer in answers)
    assert set(counted) <= {200, 401, 429}, counted
    opened = [a for a in answers if any("ecopick_session=" in c for c in a.cookies)]
    assert len(opened) == counted[200]
    return counted[200]


@pytest.mark.full
def test_one_app_code_for_many_sign_ins(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check 1: one code sent 100 times in parallel, each for its own sign-in, opens one session."""
    without_limit(monkeypatch)
    secret, _codes = person_with_app(app, world)
    code = next_code(secret)
    calls = [
        Call(VERIFY, {"pending_login_id": waiting, "code": code}, f"127.0.0.{number % 200 + 2}")
        for number, waiting in enumerate(pendings(app, world, MANY))
    ]
    with served(app) as url:
        answers = at_once(url, calls)
    assert successes(answers) == 1
    assert live_sessions(world) == 2
    refused = Counter(reason for _outcome, reason in reasons(world, "second_step"))
    assert refused["replayed_code"] == MANY - 1
    figure("1", "one TOTP code, sent in parallel", f"{MANY} times, 1 success", "1 success")


@pytest.mark.full
def test_one_app_code_for_one_sign_in(app: Flask, world: World) -> None:
    """Check 1: nor does it when all are for the same sign-in."""
    secret, _codes = person_with_app(app, world)
    [waiting] = pendings(app, world, 1)
    call = Call(VERIFY, {"pending_login_id": waiting, "code": next_code(secret)})
    with served(app) as url:
        assert successes(at_once(url, [call] * MANY)) == 1
    assert live_sessions(world) == 2


def test_one_step_moves_once(app: Flask, world: World, database: Database) -> None:
    """Check 1: below HTTP as well, where nothing is counted."""
    secret, _codes = person_with_app(app, world)
    code, person = next_code(secret), world.people["manager"]
    begin, found = threading.Barrier(MANY), []

    def use() -> None:
        begin.wait()
        with database.transaction(Scope((PLATFORM_OWNER_ID,), person)) as session:
            found.append(use_app_code(session, Actor(person), None, code))

    threads = [threading.Thread(target=use) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(found) == {None: 1, "replayed_code": MANY - 1}


@pytest.mark.full
def test_five_guesses_at_a_mailed_code(app: Flask, world: World) -> None:
    """Check 2: of 100 guesses in parallel five are looked at; then the right one is too late."""
    person_with_mailed_codes(app, world)
    client = app.test_client()
    waiting = first_step(client, world)["pending_login_id"]
    assert start(client, waiting, "email_code").status_code == 200
    right = mailed_code(world)
    wrong = [f"{number:06d}" for number in range(MANY + 1)]
    calls = [
        Call(VERIFY, {"pending_login_id": waiting, "code": code})
        for code in [code for code in wrong if code != right][:MANY]
    ]
    with served(app) as url:
        answers = at_once(url, calls)
    assert successes(answers) == 0
    kinds = Counter(answer.body["code"] for answer in answers)
    assert kinds == {"wrong_code": 5, "sign_in_over": MANY - 5}
    assert verify(client, waiting, code=right).status_code == 401
    recorded = Counter(reason for _outcome, reason in reasons(world, "second_step"))
    assert recorded["wrong_code"] == 5
    with world.engine.connect() as connection:
        query = text("select code_attempts from auth_pending_logins where id = :id")
        assert connection.execute(query, {"id": waiting}).scalar_one() == 5
    figure("2", "guesses at one mailed code", f"{MANY} in parallel, 5 looked at", "5")


@pytest.mark.full
def test_one_mailed_code_sent_many_times(app: Flask, world: World) -> None:
    """Check 2: the right code opens one session."""
    person_with_mailed_codes(app, world)
    client = app.test_client()
    waiting = first_step(client, world)["pending_login_id"]
    start(client, waiting, "email_code")
    call = Call(VERIFY, {"pending_login_id": waiting, "code": mailed_code(world)})
    with served(app) as url:
        assert successes(at_once(url, [call] * MANY)) == 1
    assert live_sessions(world) == 2


@pytest.mark.full
def test_one_recovery_code_for_many_sign_ins(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_limit(monkeypatch)
    _secret, codes = person_with_app(app, world)
    calls = [
        Call(VERIFY, {"pending_login_id": waiting, "recovery_code": codes[0]})
        for waiting in pendings(app, world, MANY)
    ]
    with served(app) as url:
        answers = at_once(url, calls)
    assert successes(answers) == 1
    [done] = [answer for answer in answers if answer.status == 200]
    assert done.body["recovery_codes_left"] == 9
    assert live_sessions(world) == 2


def test_many_ask_for_a_code_at_once(app: Flask, world: World) -> None:
    """One mail leaves, however many ask in the same moment."""
    person_with_mailed_codes(app, world)
    [waiting] = pendings(app, world, 1)
    body = {"pending_login_id": waiting, "method": "email_code"}
    with served(app) as url:
        answers = at_once(url, [Call("/api/auth/2fa/start", body)] * 20)
    assert Counter(answer.status for answer in answers) == {200: 1, 429: 19}
    with world.engine.connect() as connection:
        query = text("select count(*) from account_mails where subject_id = :id")
        assert connection.execute(query, {"id": waiting}).scalar_one() == 1
