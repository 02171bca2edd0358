"""Signing in: the right password, the wrong one, and guessing."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from statistics import median
from time import perf_counter, thread_time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.audit.models import AuthAuditEvent
from ecopick.core.context import Origin, set_origin, use_origin
from ecopick.core.errors import TooManyRequests
from ecopick.core.uow import Database
from ecopick.domains.auth import passwords
from ecopick.domains.auth.commands import guessing, sessions
from ecopick.domains.auth.commands.sign_in import WrongCredentials, sign_in
from ecopick.domains.auth.inputs import SignIn
from ecopick.domains.auth.models import AuthRefreshToken, AuthSession
from ecopick.domains.auth.queries.actors import load_actor
from ecopick.domains.people.models import User
from ecopick.domains.security.lifecycle import Rung
from tests.factories import PASSWORD, World
from tests.figures import figure


def credentials(world: World, nickname: str = "manager", password: str = PASSWORD) -> SignIn:
    return SignIn(email=world.emails[nickname], password=password)


def outcomes(world: World, nickname: str) -> list[tuple[str, str | None]]:
    with Session(world.engine) as session:
        rows = session.execute(
            select(AuthAuditEvent.outcome, AuthAuditEvent.reason_code)
            .where(AuthAuditEvent.user_id == world.people[nickname])
            .order_by(AuthAuditEvent.created_at)
        )
        return [(row.outcome, row.reason_code) for row in rows]


def test_right_password_opens_a_session(world: World, database: Database) -> None:
    signed_in = sign_in(database, credentials(world))
    actor = load_actor(database, signed_in.session_id)
    assert actor is not None
    assert actor.user_id == world.people["manager"]
    assert actor.session_id == signed_in.session_id
    assert signed_in.lifetime == timedelta(hours=12)
    assert outcomes(world, "manager") == [("success", None)]


def test_address_is_read_without_case_and_blanks(world: World, database: Database) -> None:
    email = f"  {world.emails['manager'].upper()} "
    assert sign_in(database, SignIn(email=email, password=PASSWORD)).session_id


def test_refresh_token_is_stored_as_a_hash_only(world: World, database: Database) -> None:
    """Check 30: no token in plain text."""
    signed_in = sign_in(database, credentials(world))
    with Session(world.engine) as session:
        token = session.scalars(
            select(AuthRefreshToken).where(AuthRefreshToken.session_id == signed_in.session_id)
        ).one()
    assert token.token_hash == crypto.token_hash(signed_in.refresh_token).hex()
    assert signed_in.refresh_token not in repr(signed_in)


def test_remembered_session_lives_thirty_days(world: World, database: Database) -> None:
    data = credentials(world)
    signed_in = sign_in(database, data.model_copy(update={"remember_me": True}))
    clock.shift(timedelta(days=29))
    assert load_actor(database, signed_in.session_id) is not None
    clock.shift(timedelta(days=1, minutes=1))
    assert load_actor(database, signed_in.session_id) is None


@pytest.mark.parametrize("case", ["wrong", "unknown", "without", "system"])
def test_every_failure_looks_the_same(world: World, database: Database, case: str) -> None:
    """Check 4: a known and an unknown address get the same answer."""
    user = world.person("without_password")
    user.password_hash = None
    world.add(user)
    data = {
        "wrong": credentials(world, password="not this one"),
        "unknown": SignIn(email=f"nobody-{world.owner_id.hex}@example.org", password=PASSWORD),
        "without": credentials(world, "without_password"),
        "system": SignIn(email=f"system-{world.owner_id.hex}@example.org", password=PASSWORD),
    }[case]
    with pytest.raises(WrongCredentials) as refused:
        sign_in(database, data)
    assert refused.value.status == 401
    assert str(refused.value.message) == (
        "That email and password do not match. 4 attempts left before a 1-minute wait."
    )


@pytest.mark.full
def test_unknown_address_takes_as_long_as_a_wrong_password(
    world: World, database: Database
) -> None:
    """Check 4: the time tells nothing either."""
    full = os.environ.get("ECOPICK_FULL") == "1"
    # Several, since an account bears a hundred failures ever.
    people = ("manager", "owner", "caretaker")
    with Session(world.engine) as session, session.begin():
        for who in people:
            user = session.get_one(User, world.people[who])
            user.password_hash = passwords.hash_password(PASSWORD)
    # With few samples the work of this thread is measured: a busy machine adds none to it.
    meter = perf_counter if full else thread_time
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    # An address of its own: the failures stay in the hours to which the clock is moved.
    set_origin(Origin(ip="198.51.100.7"))
    for turn in range(200 if full else 9):
        unknown = SignIn(email=f"{turn}-{world.owner_id.hex}@example.org", password="no")
        known = credentials(world, people[turn % len(people)], password="no")
        for name, data in (("known", known), ("unknown", unknown)):
            started = meter()
            with pytest.raises(WrongCredentials):
                sign_in(database, data)
            times[name].append(meter() - started)
        clock.shift(timedelta(minutes=16))
    difference = abs(median(times["known"]) - median(times["unknown"]))
    assert difference < (0.005 if full else 0.03)  # a hash takes longer than 40 ms
    figure(
        "sign-in",
        "known and unknown address, medians differ",
        f"{difference * 1000:.1f} ms",
        "< 5 ms" if full else "< 30 ms",
    )


def test_sixth_failure_must_wait(world: World, database: Database) -> None:
    wrong = credentials(world, password="no")
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            sign_in(database, wrong)
    with pytest.raises(TooManyRequests) as refused:
        sign_in(database, credentials(world))
    assert 0 < refused.value.retry_after <= 61
    clock.shift(timedelta(seconds=refused.value.retry_after))
    assert sign_in(database, credentials(world)).session_id
    assert outcomes(world, "manager")[-2:] == [("denied", "rate_limited"), ("success", None)]


def test_success_starts_the_count_anew(world: World, database: Database) -> None:
    for password in ("no", "no", "no", "no", PASSWORD, "no"):
        try:
            sign_in(database, credentials(world, password=password))
        except WrongCredentials as error:
            last = error
    assert "4 attempts left" in str(last.message)


def test_parallel_guesses_are_all_counted(world: World, database: Database) -> None:
    def guess(number: int) -> str:
        try:
            sign_in(database, credentials(world, password=f"guess {number}"))
        except (WrongCredentials, TooManyRequests) as error:
            return error.code
        return "in"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(20)))
    assert answers.count("wrong_credentials") == 5
    assert answers.count("too_many_requests") == 15


def test_one_address_may_not_try_a_list_of_people(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(guessing.PER_IP, rungs=(Rung(3, timedelta(minutes=1)),))
    monkeypatch.setattr(guessing, "PER_IP", few)
    mark = world.owner_id.hex
    with use_origin(Origin(ip=f"192.0.2.1-{mark}")):
        for turn in range(3):
            with pytest.raises(WrongCredentials):
                sign_in(database, SignIn(email=f"{turn}-{mark}@example.org", password="no"))
        with pytest.raises(TooManyRequests):
            sign_in(database, credentials(world))
    with use_origin(Origin(ip=f"192.0.2.2-{mark}")):
        assert sign_in(database, credentials(world)).session_id


def test_signing_out_ends_session_and_refresh_token(world: World, database: Database) -> None:
    """Check 11: the next request is refused."""
    signed_in = sign_in(database, credentials(world))
    sessions.sign_out(database, signed_in.user_id, signed_in.session_id)
    assert load_actor(database, signed_in.session_id) is None
    with Session(world.engine) as session:
        stored = session.get_one(AuthSession, signed_in.session_id)
        token = session.scalars(
            select(AuthRefreshToken).where(AuthRefreshToken.session_id == stored.id)
        ).one()
    assert stored.revoked_at is not None
    assert stored.expires_at <= clock.now()
    assert token.revoked_at is not None


def test_nobody_ends_the_session_of_another(world: World, database: Database) -> None:
    signed_in = sign_in(database, credentials(world))
    sessions.sign_out(database, world.people["resident"], signed_in.session_id)
    assert load_actor(database, signed_in.session_id) is not None


def test_stored_hash_is_argon2id_at_the_agreed_cost() -> None:
    """Check 5: Argon2id, at least 19 MiB, two passes, one lane."""
    stored = passwords.hash_password(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches(stored, PASSWORD)
    assert not passwords.matches(stored, PASSWORD + " ")
    assert not passwords.matches(None, PASSWORD)
    assert not passwords.matches("rubbish", PASSWORD)


def test_one_character_typed_in_two_ways_is_one_password() -> None:
    assert passwords.matches(
        passwords.hash_password("Gr\u00fc\u00dfe an alle Leute"), "Gru\u0308\u00dfe an alle Leute"
    )
