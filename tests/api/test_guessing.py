"""Guessing over HTTP: bans that grow, people who are never shut out, limits that never open."""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ecopick.adapters.counters import RedisCounters
from ecopick.adapters.location import RangeFile
from ecopick.app import create_app
from ecopick.config import Settings
from ecopick.core import clock, counters, places
from ecopick.core.context import Origin, use_origin
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.uow import Database
from ecopick.domains.auth.commands.admission import admit
from ecopick.domains.auth.models import AccountMail, AuthSession, MailKind
from ecopick.domains.security.commands import rates
from ecopick.domains.security.commands.limits import Limit
from ecopick.domains.security.lifecycle import EVER_FROM_ANYWHERE, EVER_FROM_KNOWN_DEVICES
from ecopick.domains.security.models import (
    AlertStatus,
    AlertType,
    RateLimitAttempt,
    RateLimitViolation,
    SecurityAlert,
)
from ecopick.server.embedded import EmbeddedValkey
from tests.factories import PASSWORD, World
from tests.figures import figure

LOGIN = "/api/auth/login"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FULL = os.environ.get("ECOPICK_FULL") == "1"


def guess(
    client: FlaskClient, email: str, password: str = "no", ip: str = "198.51.100.1", **headers: str
) -> TestResponse:
    return client.post(
        LOGIN,
        json={"email": email, "password": password},
        headers=headers,
        environ_base={"REMOTE_ADDR": ip},
    )


def bots(app: Flask, count: int, email: str) -> Counter[int]:
    """So many guesses at once, each from an address and a browser of its own."""
    start = threading.Barrier(count)
    answers: list[int] = []

    def one(number: int) -> None:
        client = app.test_client()
        start.wait()
        answer = guess(client, email, f"guess {number}", f"198.18.{number // 250}.{number % 250}")
        answers.append(answer.status_code)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(answers)


def nobody(world: World) -> str:
    return f"nobody-{world.owner_id.hex}@example.org"


@pytest.fixture(params=["known", "unknown"])
def email(request: pytest.FixtureRequest, world: World) -> str:
    return world.emails["manager"] if request.param == "known" else nobody(world)


def climb(app: Flask, email: str, count: int, client: FlaskClient | None = None) -> list[str]:
    """So many wrong guesses, waiting where one has to; what each was told."""
    said: list[str] = []
    while len(said) < count:
        answer = guess(client or app.test_client(), email, ip=f"198.51.100.{len(said) % 250}")
        if answer.status_code == 429:
            assert answer.get_json()["code"] == "too_many_requests"
            clock.shift(timedelta(seconds=int(answer.headers["Retry-After"])))
            continue
        assert answer.status_code == 401
        said.append(answer.get_json()["errors"]["password"])
    return said


def test_bans_grow(app: Flask, email: str) -> None:
    """Five failures wait a minute, ten a quarter of an hour, twenty a day; the same for nobody."""
    waits = {}
    for number in range(1, 22):
        answer = guess(app.test_client(), email)
        if answer.status_code == 429:
            wait = int(answer.headers["Retry-After"])
            waits[number - 1] = wait
            clock.shift(timedelta(seconds=wait))
            if len(waits) == 3:
                break
            answer = guess(app.test_client(), email)
        assert answer.status_code == 401
    assert {at: -(-wait // 60) for at, wait in waits.items()} in (
        {5: 1, 10: 15, 20: 1440},
        {5: 2, 10: 16, 20: 1441},
    )


def test_the_words_follow_the_ladder(app: Flask, email: str) -> None:
    said = climb(app, email, 20)
    no = "That email and password do not match. "
    assert said[0] == no + "4 attempts left before a 1-minute wait."
    assert said[3] == no + "1 attempt left before a 1-minute wait."
    assert said[4] == no + "Please wait 1 minute before you try again."
    assert said[5] == no + "4 attempts left before a 15-minute wait."
    assert said[9] == no + "Please wait 15 minutes before you try again."
    assert said[18] == no + "1 attempt left before a 24-hour wait."
    assert said[19] == no + "Please wait 24 hours before you try again."
    refused = guess(app.test_client(), email)
    assert "Please wait 24 hours" in refused.get_json()["title"]


def test_a_passed_limit_is_recorded_with_its_ban(app: Flask, world: World) -> None:
    climb(app, world.emails["manager"], 5)
    with Session(world.engine) as session:
        row = session.scalars(
            select(RateLimitViolation).where(
                RateLimitViolation.user_id == world.people["manager"],
                RateLimitViolation.field == "email",
            )
        ).one()
    assert row.count == 5
    assert row.banned_until is not None
    assert timedelta(0) < row.banned_until - clock.now() <= MINUTE
    assert row.expire_at == row.banned_until + timedelta(minutes=15)
    assert row.attempts is not None
    assert row.attempts[-1]["failures"] == 5
    assert world.emails["manager"] not in f"{row.key}{row.attempts}"


def test_parallel_guesses_of_a_distributed_attack(app: Flask, email: str) -> None:
    """Check 3: guesses from many addresses at once are counted exactly."""
    count = 200 if FULL else 40
    answers = bots(app, count, email)
    assert answers == {401: 5, 429: count - 5}
    figure("guessing", f"of {count} guesses at once, looked at", answers[401], "5")


def test_at_most_a_hundred_failures_ever(app: Flask, world: World, database: Database) -> None:
    """Check 3: then the password is closed, whatever the wait, until another way is taken."""
    email = world.emails["manager"]
    usual = app.test_client()
    assert guess(usual, email, PASSWORD).status_code == 200
    climb(app, email, EVER_FROM_ANYWHERE)
    clock.shift(timedelta(days=400))
    closed = guess(app.test_client(), email, PASSWORD)
    assert (closed.status_code, closed.get_json()["code"]) == (429, "password_closed")
    climb(app, email, EVER_FROM_KNOWN_DEVICES, usual)
    clock.shift(timedelta(days=30))
    assert guess(usual, email, PASSWORD).get_json()["code"] == "password_closed"
    assert EVER_FROM_ANYWHERE + EVER_FROM_KNOWN_DEVICES <= 100
    figure("guessing", "failures in a row that an account bears", 100, "≤ 100")
    person = world.people["manager"]
    with (
        use_origin(Origin(ip="198.51.100.9", device_id="phone")),
        database.transaction(Scope((PLATFORM_OWNER_ID,), person)) as session,
    ):
        admit(session, person, method="passkey", is_both_factors=True)
    assert guess(app.test_client(), email, PASSWORD).status_code == 200


def test_an_address_without_an_account_closes_as_well(app: Flask, world: World) -> None:
    """Check 4: nobody learns who has an account from when a password is closed."""
    climb(app, nobody(world), EVER_FROM_ANYWHERE)
    clock.shift(timedelta(days=2))
    closed = guess(app.test_client(), nobody(world))
    assert (closed.status_code, closed.get_json()["code"]) == (429, "password_closed")


def test_the_owner_is_never_shut_out(app: Flask, world: World, database: Database) -> None:
    """Check 3: a distributed attack shuts out neither the usual browser, passkeys nor links."""
    email, person = world.emails["manager"], world.people["manager"]
    usual = app.test_client()
    assert guess(usual, email, PASSWORD).status_code == 200
    bots(app, 12, email)
    assert guess(app.test_client(), email, PASSWORD, "198.51.100.77").status_code == 429
    for method in ("passkey", "link"):
        with (
            use_origin(Origin(ip="198.51.100.78", device_id=method)),
            database.transaction(Scope((PLATFORM_OWNER_ID,), person)) as session,
        ):
            assert admit(session, person, method=method, is_both_factors=True)
        bots(app, 12, email)
    assert guess(usual, email, PASSWORD).status_code == 200


def test_a_known_device_is_no_way_around(app: Flask, world: World) -> None:
    """Its own counter has the same rungs."""
    email, usual = world.emails["manager"], app.test_client()
    assert guess(usual, email, PASSWORD).status_code == 200
    said = [guess(usual, email).status_code for _ in range(6)]
    assert said == [401] * 5 + [429]
    assert guess(usual, email, PASSWORD).status_code == 429
    assert guess(app.test_client(), email, PASSWORD).status_code == 200


def test_a_known_device_of_one_person_is_not_known_to_another(app: Flask, world: World) -> None:
    usual = app.test_client()
    assert guess(usual, world.emails["caretaker"], PASSWORD).status_code == 200
    bots(app, 8, world.emails["manager"])
    assert guess(usual, world.emails["manager"], PASSWORD).status_code == 429


def test_waiting_starts_the_row_anew(app: Flask, world: World) -> None:
    email = world.emails["manager"]
    climb(app, email, 4)
    clock.shift(timedelta(minutes=16))
    assert "4 attempts left" in climb(app, email, 1)[0]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip"])
def test_forged_addresses_change_nothing(app: Flask, world: World, header: str) -> None:
    """Check 34: without a trusted proxy the address is the connection's own."""
    for number in range(3):
        forged = {header: f"192.0.2.{number}", "X-Forwarded-Proto": "https"}
        sent = guess(app.test_client(), nobody(world), ip="198.51.100.5", **forged)
        assert sent.status_code == 401
    with Session(world.engine) as session:
        assert set(session.scalars(select(RateLimitAttempt.ip))) == {"198.51.100.5"}


def test_a_trusted_proxy_names_the_address(
    settings: Settings, database: Database, world: World
) -> None:
    """Check 34: with one proxy configured, the address that it saw counts, and no other."""
    behind = create_app(replace(settings, trusted_proxies=1), database)
    forged = {"X-Forwarded-For": "192.0.2.1, 203.0.113.9"}
    assert guess(behind.test_client(), nobody(world), **forged).status_code == 401
    with Session(world.engine) as session:
        assert set(session.scalars(select(RateLimitAttempt.ip))) == {"203.0.113.9"}


@pytest.fixture
def own_counters(tmp_path: Path, settings: Settings) -> Iterator[SimpleNamespace]:
    """A Valkey of this test alone, with which this process counts."""
    server = EmbeddedValkey(tmp_path / "valkey", durable=False)
    found = RedisCounters(server.start())
    counters.use_counters(found)
    yield SimpleNamespace(server=server, counters=found)
    counters.use_counters(RedisCounters(settings.redis_url))
    server.stop()


def test_floods_are_slowed_first(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, own_counters: SimpleNamespace
) -> None:
    monkeypatch.setattr(rates, "REQUESTS_PER_IP", Limit("ip", 3, MINUTE))
    answers = [guess(app.test_client(), f"{n}-{nobody(world)}") for n in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    elsewhere = guess(app.test_client(), nobody(world), ip="198.51.100.2")
    assert elsewhere.status_code == 401


def test_limits_hold_without_their_counters(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, own_counters: SimpleNamespace
) -> None:
    """Check 45: Redis away: no limit opens; the database counts."""
    own_counters.server.stop()
    answers = [guess(app.test_client(), world.emails["manager"]) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    monkeypatch.setattr(rates, "REQUESTS_PER_IP", Limit("ip", 3, MINUTE))
    start = threading.Barrier(12)
    found: list[int] = []

    def one(number: int) -> None:
        client = app.test_client()
        start.wait()
        found.append(guess(client, f"{number}-{nobody(world)}", ip="198.51.100.3").status_code)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(found) == {401: 3, 429: 9}
    figure("guessing", "with Redis away, of 12 requests at once let through", 3, "3")


def alerts(world: World, kind: AlertType) -> list[SecurityAlert]:
    with Session(world.engine) as session:
        return list(
            session.scalars(
                select(SecurityAlert).where(
                    SecurityAlert.type == kind, SecurityAlert.detected_at > clock.now() - DAY
                )
            )
        )


def test_brute_force_is_noticed_once(app: Flask, world: World) -> None:
    person = world.people["manager"]

    def raised() -> list[SecurityAlert]:
        return [a for a in alerts(world, AlertType.BRUTE_FORCE) if a.user_id == person]

    climb(app, world.emails["manager"], 9)
    assert raised() == []
    climb(app, world.emails["manager"], 3)
    found = raised()
    assert len(found) == 1
    assert (found[0].count, found[0].status) == (3, AlertStatus.OPEN)
    assert found[0].meta is not None
    assert found[0].meta["failures"] == 12
    assert found[0].alert_code.startswith("SEC-")


def test_a_list_of_passwords_is_noticed(app: Flask, world: World) -> None:
    source = "2001:db8::beef"
    for number in range(9):
        guess(app.test_client(), f"{number}-{nobody(world)}", ip=source)
    assert not [a for a in alerts(world, AlertType.CREDENTIAL_STUFFING) if a.ip == source]
    guess(app.test_client(), f"9-{nobody(world)}", ip=source)
    found = [a for a in alerts(world, AlertType.CREDENTIAL_STUFFING) if a.ip == source]
    assert [(a.source_type, a.source_id) for a in found] == [("ip", source)]


def mails(world: World, kind: MailKind) -> list[AccountMail]:
    with Session(world.engine) as session:
        return list(
            session.scalars(
                select(AccountMail).where(
                    AccountMail.user_id == world.people["manager"], AccountMail.kind == kind
                )
            )
        )


def test_a_new_device_is_told_by_mail(app: Flask, world: World) -> None:
    email, usual = world.emails["manager"], app.test_client()
    assert guess(usual, email, PASSWORD).status_code == 200
    assert guess(usual, email, PASSWORD).status_code == 200
    assert mails(world, MailKind.NEW_DEVICE) == []  # The very first is nothing new.
    assert guess(app.test_client(), email, PASSWORD).status_code == 200
    assert len(mails(world, MailKind.NEW_DEVICE)) == 1


@pytest.fixture
def globe(tmp_path: Path) -> Iterator[None]:
    """Two networks whose places are known."""
    file = tmp_path / "places.csv"
    file.write_text(
        '203.0.113.0,203.0.113.255,"Bolzano, IT",46.498,11.354\n'
        '2001:db8:5::,2001:db8:5:ffff::,"Singapore, SG",1.352,103.82\n'
    )
    places.use_places(RangeFile(file))
    yield
    places.use_places(None)


def test_nobody_travels_that_fast(app: Flask, world: World, globe: None) -> None:
    email, person = world.emails["manager"], world.people["manager"]
    guess(app.test_client(), email, PASSWORD, "203.0.113.4")
    clock.shift(timedelta(minutes=18))
    guess(app.test_client(), email, PASSWORD, "2001:db8:5::7")
    found = [a for a in alerts(world, AlertType.IMPOSSIBLE_TRAVEL) if a.user_id == person]
    assert len(found) == 1
    meta = found[0].meta or {}
    assert (meta["from"], meta["to"]) == ("Bolzano, IT", "Singapore, SG")
    assert 9_800 < meta["kilometres"] < 10_200
    assert found[0].severity.value == "critical"
    with Session(world.engine) as session:
        rows = session.scalars(select(AuthSession.location).where(AuthSession.user_id == person))
        assert set(rows) == {"Bolzano, IT", "Singapore, SG"}


def test_a_flight_is_possible(app: Flask, world: World, globe: None) -> None:
    email, person = world.emails["manager"], world.people["manager"]
    guess(app.test_client(), email, PASSWORD, "203.0.113.4")
    clock.shift(timedelta(hours=13))
    guess(app.test_client(), email, PASSWORD, "2001:db8:5::7")
    assert not [a for a in alerts(world, AlertType.IMPOSSIBLE_TRAVEL) if a.user_id == person]
