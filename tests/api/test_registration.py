"""``/api/auth/register…`` and ``/api/auth/email/exists``: success, refusal, abuse."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.people.models import User
from tests.factories import PASSWORD, World
from tests.mailed_proofs import code_of, latest, mails_to, other_than, recorded, stranger, token_of

NEW = "vier Wolken ziehen ostwärts"


def ask(client: FlaskClient, email: Any, **options: Any) -> Any:
    return client.post("/api/auth/register/send-code", json={"email": email}, **options)


def proved(client: FlaskClient, world: World, email: str) -> str:
    """The id of a proof whose code was entered."""
    proof_id = str(ask(client, email).json["proof_id"])
    body = {"proof_id": proof_id, "code": code_of(latest(world.engine, email))}
    assert client.post("/api/auth/register/verify-code", json=body).status_code == 200
    return proof_id


def register(client: FlaskClient, proof_id: str, **values: Any) -> Any:
    body = {"proof_id": proof_id, "name": "Nora Neu", "password": NEW, "language": "fr"}
    return client.post(
        "/api/auth/register", json=body | values, headers={"X-Request-Id": f"r{proof_id}"}
    )


def accounts(world: World, email: str) -> list[User]:
    with Session(world.engine) as session:
        return list(session.scalars(sa.select(User).where(User.email == email)))


def test_three_steps_to_an_account(client: FlaskClient, world: World) -> None:
    email = stranger()
    answer = ask(client, f" {email.upper()} ")
    assert answer.status_code == 202
    assert set(answer.json) == {"proof_id", "expires_in", "resend_after"}
    assert answer.json["expires_in"] == 600
    proof_id = proved_again(client, world, email, answer.json["proof_id"])
    made = register(client, proof_id)
    assert made.status_code == 201
    assert (made.json["email"], made.json["language"]) == (email, "fr")
    assert made.json["memberships"] == []
    assert client.get("/api/auth/me").json["email"] == email
    (user,) = accounts(world, email)
    assert (user.email_verified, user.is_app_admin, user.two_factor_enabled) == (True, False, False)
    assert user.password_hash is not None and user.password_hash.startswith("$argon2id$")
    assert recorded(world.engine, f"r{proof_id}") == [
        ("proof_used", "success", None),
        ("register", "success", "account_created"),
        ("sign_in", "success", None),
    ]


def proved_again(client: FlaskClient, world: World, email: str, proof_id: str) -> str:
    code = code_of(latest(world.engine, email))
    body = {"proofId": proof_id, "code": f"{code[:3]} {code[3:]}"}
    assert client.post("/api/auth/register/verify-code", json=body).json == {"status": "verified"}
    return proof_id


def test_the_new_person_signs_in_with_the_password(
    app: Flask, client: FlaskClient, world: World
) -> None:
    email = stranger()
    register(client, proved(client, world, email))
    body = {"email": email, "password": NEW}
    assert app.test_client().post("/api/auth/login", json=body).status_code == 200


def test_known_and_unknown_addresses_get_one_answer(client: FlaskClient, world: World) -> None:
    """Check 4: same status, same body but for the id, same rows."""
    answers = {}
    for name, email in (("known", world.emails["manager"]), ("unknown", stranger())):
        answer = ask(client, email)
        answers[name] = (
            answer.status_code,
            {**answer.json, "proof_id": ""},
            sorted(answer.headers.keys()),
        )
        (mail,) = mails_to(world.engine, email)
        proof = latest(world.engine, email)
        assert (mail.kind, mail.user_id, proof.user_id) == ("register_code", None, None)
        if name == "known":
            client.delete_cookie("ecopick_device")
    assert answers["known"] == answers["unknown"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": ""},
        {"email": "nobody"},
        {"email": ["a@example.org", "evil@example.org"]},
        {"email": {"a": "a@example.org"}},
        {"email": "a@example.org", "role": "PROPERTY_OWNER"},
        {"email": "a@example.org", "is_app_admin": True},
    ],
)
def test_odd_input_is_refused(client: FlaskClient, world: World, body: dict[str, Any]) -> None:
    """Check 7 and 19: lists mail nobody, extra fields are refused."""
    answer = client.post("/api/auth/register/send-code", json=body)
    assert answer.status_code == 422
    assert mails_to(world.engine, "evil@example.org") == []
    assert mails_to(world.engine, "a@example.org") == []


def test_two_addresses_in_a_form_mail_one_at_most(client: FlaskClient, world: World) -> None:
    """Check 7: `email[]=victim&email[]=evil` never makes a second recipient."""
    victim, evil = world.emails["manager"], stranger()
    form = {"email[]": [victim, evil]}
    client.post("/api/auth/register/send-code", data=form)
    client.post("/api/auth/register/send-code", data={"email": f"{victim},{evil}"})
    client.post("/api/auth/register/send-code", data={"email": f"{victim}\r\nBcc: {evil}"})
    assert mails_to(world.engine, evil) == []
    assert len(mails_to(world.engine, victim)) <= 1


def test_a_second_mail_has_to_wait(client: FlaskClient, world: World) -> None:
    for email in (world.emails["manager"], stranger()):
        ask(client, email)
        answer = ask(client, email)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 61
        assert len(mails_to(world.engine, email)) == 1


def test_wrong_codes_and_wrong_proofs_get_one_answer(client: FlaskClient, world: World) -> None:
    """Check 2: wrong, spent and foreign codes are not told apart."""
    email = stranger()
    proof_id = str(ask(client, email).json["proof_id"])
    code = code_of(latest(world.engine, email))
    bodies = [{"proof_id": proof_id, "code": other_than(code)} for _turn in range(5)]
    bodies += [
        {"proof_id": proof_id, "code": code},
        {"proof_id": str(uuid.uuid4()), "code": code},
        {"proof_id": proof_id, "code": "x" * 20},
    ]
    seen = set()
    for body in bodies:
        answer = client.post("/api/auth/register/verify-code", json=body)
        seen.add((answer.status_code, answer.json["code"], answer.json["title"]))
    assert len(seen) == 1
    assert register(client, proof_id).status_code == 422


def test_hundred_guesses_at_once(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 2: at most five guesses are evaluated even if a hundred run in parallel."""
    email = stranger()
    proof_id = str(ask(client, email).json["proof_id"])
    code = code_of(latest(world.engine, email))

    def guess(number: int) -> int:
        body = {"proof_id": proof_id, "code": other_than(code, number)}
        return (
            app.test_client()
            .post(
                "/api/auth/register/verify-code",
                json=body,
                environ_base={"REMOTE_ADDR": f"203.0.113.{number}"},
            )
            .status_code
        )

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(guess, range(1, 101))) == {422}
    assert latest(world.engine, email).attempts == 5
    assert latest(world.engine, email).verified_at is None


def test_without_a_verified_code_there_is_no_account(client: FlaskClient, world: World) -> None:
    email = stranger()
    proof_id = str(ask(client, email).json["proof_id"])
    for given in (proof_id, str(uuid.uuid4())):
        answer = register(client, given)
        assert (answer.status_code, answer.json["code"]) == (422, "code_refused")
    assert accounts(world, email) == []
    assert recorded(world.engine, f"r{proof_id}") == [("register", "failure", "not_proved")]


def test_a_sign_in_link_opens_no_registration(client: FlaskClient, world: World) -> None:
    email = stranger()
    proof_id = client.post("/api/auth/magic-link", json={"email": email}).json["proof_id"]
    code = code_of(latest(world.engine, email))
    body = {"proof_id": proof_id, "code": code}
    assert client.post("/api/auth/register/verify-code", json=body).status_code == 422


@pytest.mark.parametrize(
    "password", ["short", "Passwort12345678", "aaaaaaaaaaaaaaaaaa", "Nora Neu Ecopick"]
)
def test_weak_passwords_are_refused_and_the_proof_kept(
    client: FlaskClient, world: World, password: str
) -> None:
    """Check 5: a password that is the only factor is long and unknown."""
    email = stranger()
    proof_id = proved(client, world, email)
    answer = register(client, proof_id, password=password)
    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {"password"}
    assert register(client, proof_id).status_code == 201


@pytest.mark.parametrize(
    "extra",
    [{"role": "PROPERTY_OWNER"}, {"is_app_admin": True}, {"email": "a@b.org"}, {"language": "xx"}],
)
def test_extra_fields_are_refused(client: FlaskClient, world: World, extra: dict[str, Any]) -> None:
    """Check 19: nobody makes themself an administrator."""
    email = stranger()
    assert register(client, proved(client, world, email), **extra).status_code == 422
    assert accounts(world, email) == []


def test_a_proof_makes_one_account_of_many_tries_at_once(
    app: Flask, client: FlaskClient, world: World
) -> None:
    email = stranger()
    proof_id = proved(client, world, email)
    start = threading.Barrier(8)

    def try_it(_number: int) -> int:
        start.wait()
        return int(register(app.test_client(), proof_id).status_code)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(try_it, range(8)))
    assert answers.count(201) == 1
    assert set(answers) <= {201, 409, 422}
    assert len(accounts(world, email)) == 1


def test_two_proofs_of_one_address_make_one_account(
    app: Flask, client: FlaskClient, world: World
) -> None:
    email = stranger()
    first = proved(client, world, email)
    clock.shift(timedelta(seconds=61))
    second = proved(client, world, email)
    start = threading.Barrier(2)

    def try_it(proof_id: str) -> int:
        start.wait()
        return int(register(app.test_client(), proof_id).status_code)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(try_it, (first, second))) == [201, 409]
    assert len(accounts(world, email)) == 1


def test_an_expired_proof_makes_no_account(client: FlaskClient, world: World) -> None:
    email = stranger()
    proof_id = proved(client, world, email)
    clock.shift(timedelta(minutes=31))
    assert register(client, proof_id).status_code == 422


def exists(client: FlaskClient, email: str, proof_id: str | None = None) -> Any:
    query = {"email": email} | ({"proof_id": proof_id} if proof_id else {})
    return client.get("/api/auth/email/exists", query_string=query)


def test_nobody_learns_who_has_an_account(client: FlaskClient, world: World) -> None:
    """Check 4: without a proof every address gets the same answer."""
    foreign = proved(client, world, stranger())
    for email in (world.emails["manager"], stranger()):
        for proof_id in (None, foreign, str(uuid.uuid4())):
            answer = exists(client, email, proof_id)
            assert (answer.status_code, answer.json) == (200, {"exists": None})


def test_whoever_proved_the_address_learns_the_truth(client: FlaskClient, world: World) -> None:
    email = stranger()
    proof_id = proved(client, world, email)
    assert exists(client, email.upper(), proof_id).json == {"exists": False}
    world.add(User(email=email, email_verified=True, language="en"))
    assert exists(client, email, proof_id).json == {"exists": True}
    clock.shift(timedelta(minutes=31))
    assert exists(client, email, proof_id).json == {"exists": None}


def test_a_code_not_yet_entered_proves_nothing(client: FlaskClient, world: World) -> None:
    email = world.emails["manager"]
    proof_id = str(ask(client, email).json["proof_id"])
    assert exists(client, email, proof_id).json == {"exists": None}


def test_asking_for_many_addresses_is_stopped(client: FlaskClient, world: World) -> None:
    statuses = [exists(client, stranger()).status_code for _turn in range(22)]
    assert statuses == [200] * 20 + [429] * 2
    assert exists(client, "nonsense").status_code == 422


def test_neither_codes_nor_tokens_are_logged(
    client: FlaskClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Check 30: absent from logs."""
    email = stranger()
    with caplog.at_level("DEBUG"):
        register(client, proved(client, world, email))
    proof = latest(world.engine, email)
    text = "\n".join(f"{line.getMessage()} {line.__dict__}" for line in caplog.records)
    assert "/api/auth/register" in text
    for secret in (token_of(proof), NEW, PASSWORD):
        assert secret not in text
