"""Confirming one's identity: a new session of the family, guesses counted before they are looked at."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import StepUpRequired, TooManyRequests, Unauthenticated
from ecopick.core.uow import Database
from ecopick.domains.auth.commands import step_up
from ecopick.domains.auth.commands.sessions import open_session, sign_out
from ecopick.domains.auth.commands.step_up import (
    WrongProof,
    confirm_identity,
    is_confirmed,
    require_confirmed,
    verify,
)
from ecopick.domains.auth.models import AuthSession
from ecopick.domains.auth.queries.actors import load_actor
from ecopick.domains.people.models import User
from tests.factories import PASSWORD, World
from tests.served import at_once


def actor_of(world: World, database: Database, nickname: str = "manager", **more: bool) -> Actor:
    opened = open_session(database, world.people[nickname], method="password", **more)
    actor = load_actor(database, opened.session_id)
    assert actor is not None
    return actor


def test_a_proof_lasts_five_minutes(world: World, database: Database) -> None:
    actor = actor_of(world, database)
    clock.shift(timedelta(minutes=5) - timedelta(seconds=2))
    assert is_confirmed(actor)
    clock.shift(timedelta(seconds=3))
    assert not is_confirmed(actor)
    with pytest.raises(StepUpRequired):
        require_confirmed(actor)


def test_nobody_without_a_session_is_confirmed(world: World) -> None:
    assert not is_confirmed(world.actor("manager"))
    assert not is_confirmed(Actor.system())


@pytest.mark.parametrize("remember_me", [True, False])
def test_the_new_session_is_of_the_same_family_and_ends_with_it(
    world: World, database: Database, remember_me: bool
) -> None:
    """Check 10: another id at step-up; the earlier one is dead."""
    actor = actor_of(world, database, remember_me=remember_me)
    clock.shift(timedelta(minutes=20))
    opened = verify(database, actor, "password", PASSWORD)
    fresh = load_actor(database, opened.session_id)
    assert fresh is not None and fresh.session is not None and actor.session is not None
    assert is_confirmed(fresh) and not is_confirmed(actor)
    assert fresh.session.id != actor.session.id
    assert fresh.session.family_id == actor.session.family_id == opened.family_id
    assert fresh.session.expires_at == actor.session.expires_at
    assert load_actor(database, actor.session.id) is None
    with Session(world.engine) as session:
        method = session.get_one(AuthSession, fresh.session.id).method
    assert method == "password", "what opened the sign-in stays written"


def test_an_ended_session_cannot_be_confirmed(world: World, database: Database) -> None:
    actor = actor_of(world, database)
    assert actor.session_id is not None
    sign_out(database, actor.user_id, actor.session_id)
    with pytest.raises(Unauthenticated):
        confirm_identity(database, actor, "passkey")


def test_of_parallel_proofs_one_gets_a_session(world: World, database: Database) -> None:
    actor = actor_of(world, database)

    def act(_place: int) -> str:
        try:
            confirm_identity(database, actor, "passkey")
        except Unauthenticated:
            return "over"
        return "confirmed"

    assert sorted(at_once(10, act)) == ["confirmed"] + ["over"] * 9


def test_parallel_guesses_are_counted(world: World, database: Database) -> None:
    actor = actor_of(world, database)

    def guess(_place: int) -> str:
        try:
            verify(database, actor, "password", "wrong")
        except WrongProof:
            return "wrong"
        except TooManyRequests:
            return "wait"
        return "right"

    found = at_once(20, guess)
    assert (found.count("wrong"), found.count("wait")) == (5, 15)


def test_twenty_wrong_guesses_a_day(world: World, database: Database) -> None:
    """Check 3: whoever holds a stolen session cannot go on guessing."""
    actor = actor_of(world, database)
    wrong = 0
    for _ in range(10):
        for _ in range(5):
            try:
                verify(database, actor, "password", "wrong")
            except WrongProof:
                wrong += 1
            except TooManyRequests:
                break
        clock.shift(timedelta(minutes=16))
    assert wrong == 20


def test_a_right_proof_forgets_the_wrong_ones(world: World, database: Database) -> None:
    actor = actor_of(world, database)
    for _ in range(4):
        with pytest.raises(WrongProof):
            verify(database, actor, "password", "wrong")
    opened = verify(database, actor, "password", PASSWORD)
    fresh = load_actor(database, opened.session_id)
    assert fresh is not None
    for _ in range(4):
        with pytest.raises(WrongProof):
            verify(database, fresh, "password", "wrong")


def test_without_a_password_none_is_right(world: World, database: Database) -> None:
    actor = actor_of(world, database)
    with Session(world.engine) as session, session.begin():
        session.get_one(User, actor.user_id).password_hash = None
    assert not step_up.is_password(database, actor, PASSWORD)
