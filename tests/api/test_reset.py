"""A forgotten password and a new email address, over HTTP."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import median
from time import perf_counter, thread_time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.audit.models import AuthAuditEvent
from ecopick.core.context import Origin, set_origin
from ecopick.core.uow import Database
from ecopick.domains.auth import passwords
from ecopick.domains.auth.commands import proofs, reset
from ecopick.domains.auth.inputs import RequestReset
from ecopick.domains.auth.models import (
    AccountMail,
    AuthEmailVerification,
    MailKind,
    VerificationPurpose,
)
from ecopick.domains.people.models import User
from tests.factories import PASSWORD, World
from tests.figures import figure
from tests.signing_in import api_of

FULL = os.environ.get("ECOPICK_FULL") == "1"
NEW = "nine bright lamps at dawn"
RESET, CHANGE = VerificationPurpose.PASSWORD_RESET, VerificationPurpose.EMAIL_CHANGE


def ask(client: FlaskClient, email: str) -> Any:
    return client.post("/api/auth/password-reset/request", json={"email": email})


def proof(world: World, email: str, purpose: VerificationPurpose = RESET) -> AuthEmailVerification:
    """The newest proof of an address."""
    with Session(world.engine) as session:
        found = session.scalars(
            select(AuthEmailVerification)
            .where(AuthEmailVerification.email == email, AuthEmailVerification.purpose == purpose)
            .order_by(AuthEmailVerification.created_at.desc())
        ).first()
    assert found is not None
    return found


def token(world: World, email: str) -> str:
    return proofs.token_for(proof(world, email).id, RESET)


def confirm(client: FlaskClient, link: str, password: str = NEW) -> Any:
    body = {"token": link, "password": password}
    return client.post("/api/auth/password-reset/confirm", json=body)


def mails(world: World, email: str) -> list[MailKind]:
    with Session(world.engine) as session:
        return list(
            session.scalars(
                select(AccountMail.kind)
                .where(AccountMail.email == email)
                .order_by(AccountMail.created_at)
            )
        )


def user(world: World, nickname: str) -> User:
    with Session(world.engine) as session:
        return session.get_one(User, world.people[nickname])


def outcomes(world: World, nickname: str, action: str) -> list[tuple[str, str | None]]:
    with Session(world.engine) as session:
        rows = session.execute(
            select(AuthAuditEvent.outcome, AuthAuditEvent.reason_code)
            .where(
                AuthAuditEvent.user_id == world.people[nickname], AuthAuditEvent.action == action
            )
            .order_by(AuthAuditEvent.created_at)
        )
        return [(row.outcome, row.reason_code) for row in rows]


@pytest.fixture(autouse=True)
def _own_address(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test comes from a network address of its own, as limits count by it."""
    number = uuid.uuid4().int
    address = f"10.{number % 250}.{number // 250 % 250}.{number // 62500 % 250}"
    before = app.test_client_class

    class Client(before or FlaskClient):  # type: ignore[misc,valid-type]
        def open(self, *args: Any, **kwargs: Any) -> Any:
            if args and isinstance(args[0], str):
                kwargs.setdefault("environ_base", {"REMOTE_ADDR": address})
            return super().open(*args, **kwargs)

    monkeypatch.setattr(app, "test_client_class", Client)


# Reset.


def test_known_and_unknown_address_get_the_same_answer(app: Flask, world: World) -> None:
    """Check 4: status, body and headers tell nothing."""
    client = app.test_client()
    answers = [
        ask(client, email)
        for email in (world.emails["manager"], f"nobody-{world.owner_id.hex}@example.org")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert set(answers[0].headers.keys()) == set(answers[1].headers.keys())


def test_link_sets_the_password_once(app: Flask, world: World) -> None:
    """Check 7: the link counts once, for an hour; all sessions end; the person is told."""
    signed_in = api_of(app, world, "manager")
    client, email = app.test_client(), world.emails["manager"]
    ask(client, email)
    link = token(world, email)
    assert link not in str(proof(world, email).__dict__)
    answer = confirm(client, link)
    assert answer.status_code == 200, answer.text
    assert signed_in.get("/api/auth/me").status_code == 401
    assert client.get("/api/auth/me").status_code == 401
    assert passwords.matches(user(world, "manager").password_hash, NEW)
    again = confirm(client, link, "other words for a second use")
    assert (again.status_code, again.json["code"]) == (410, "link_refused")
    assert "no longer valid" in again.json["title"]
    assert mails(world, email)[-2:] == [MailKind.RESET_LINK, MailKind.PASSWORD_CHANGED]
    assert ("success", None) in outcomes(world, "manager", "password_reset")
    signed = client.post("/api/auth/login", json={"email": email, "password": NEW})
    assert signed.status_code == 200


def test_second_factor_stays(app: Flask, world: World) -> None:
    """Check 7: whoever resets still passes the second step."""
    with Session(world.engine) as session, session.begin():
        row = session.get_one(User, world.people["manager"])
        row.two_factor_enabled, row.email_otp_enabled = True, True
    client, email = app.test_client(), world.emails["manager"]
    ask(client, email)
    assert confirm(client, token(world, email)).status_code == 200
    stored = user(world, "manager")
    assert stored.two_factor_enabled and stored.email_otp_enabled
    answer = client.post("/api/auth/login", json={"email": email, "password": NEW})
    assert answer.json["two_factor_required"] is True
    assert client.get("/api/auth/me").status_code == 401


def test_link_expires_after_an_hour(app: Flask, world: World) -> None:
    client, email = app.test_client(), world.emails["manager"]
    ask(client, email)
    link = token(world, email)
    clock.shift(timedelta(minutes=59))
    assert confirm(client, link, "weak").status_code == 422
    clock.shift(timedelta(minutes=61))
    assert confirm(client, link).status_code == 410


def test_earlier_links_die_with_the_reset_and_with_the_address(app: Flask, world: World) -> None:
    client, email = app.test_client(), world.emails["manager"]
    ask(client, email)
    first = token(world, email)
    clock.shift(timedelta(minutes=2))
    ask(client, email)
    second = token(world, email)
    assert first != second
    assert confirm(client, second).status_code == 200
    assert confirm(client, first).status_code == 410
    clock.shift(timedelta(minutes=4))
    ask(client, email)
    third = token(world, email)
    with Session(world.engine) as session, session.begin():
        session.get_one(User, world.people["manager"]).email = f"new-{email}"
    assert confirm(client, third).status_code == 410


@pytest.mark.parametrize("weak", ["short", "passwordpassword", "Ecopick ecopick 2026"])
def test_weak_new_password(app: Flask, world: World, weak: str) -> None:
    """Check 5: the rules hold behind the link; a refusal does not use it up."""
    client, email = app.test_client(), world.emails["manager"]
    ask(client, email)
    link = token(world, email)
    answer = confirm(client, link, weak)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["password"])
    assert outcomes(world, "manager", "password_reset") == [("failure", "weak_password")]
    assert confirm(client, link).status_code == 200


@pytest.mark.parametrize("kind", ["form", "json", "repeated"])
def test_two_addresses_mail_only_the_stored_one(app: Flask, world: World, kind: str) -> None:
    """Check 7: an address slipped in beside the victim's gets nothing."""
    client, victim = app.test_client(), world.emails["manager"]
    evil = f"evil-{uuid.uuid4().hex}@example.org"
    path = "/api/auth/password-reset/request"
    if kind == "json":
        answer = client.post(path, json={"email": [victim, evil]})
    else:
        name = "email[]" if kind == "form" else "email"
        answer = client.post(
            path,
            data=f"{name}={victim}&{name}={evil}",
            content_type="application/x-www-form-urlencoded",
        )
    assert answer.status_code in (200, 422)
    assert mails(world, evil) == []


@pytest.mark.parametrize(
    "body",
    [{}, {"email": "no address"}, {"email": "a@example.org", "user_id": "x"}, {"email": None}],
)
def test_malformed_request(client: FlaskClient, body: dict[str, Any]) -> None:
    """Check 19: unknown fields are refused like malformed ones."""
    answer = client.post("/api/auth/password-reset/request", json=body)
    assert answer.status_code == 422


@pytest.mark.parametrize("link", ["nonsense", "a" * 43, "ä", "x" * 201])
def test_unknown_link(client: FlaskClient, link: str) -> None:
    assert confirm(client, link).status_code in (410, 422)


def test_one_mail_a_minute(app: Flask, world: World) -> None:
    """Known and unknown addresses wait alike."""
    client = app.test_client()
    for email in (world.emails["manager"], f"nobody-{world.owner_id.hex}@example.org"):
        assert [ask(client, email).status_code for _ in range(2)] == [200, 429]


@pytest.mark.full
def test_parallel_uses_of_a_link(app: Flask, world: World) -> None:
    """Check 7: one link, one new password."""
    number = 50 if FULL else 8
    email = world.emails["manager"]
    ask(app.test_client(), email)
    link = token(world, email)
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(
                lambda n: confirm(app.test_client(), link, f"{NEW} {n}").status_code, range(number)
            )
        )
    assert answers.count(200) == 1
    assert set(answers) <= {200, 410, 429}
    figure("reset", f"parallel uses of one link, {number}", answers.count(200), "1 success")


@pytest.mark.full
def test_unknown_address_takes_as_long_as_a_known_one(world: World, database: Database) -> None:
    """Check 4: the time of asking for a reset tells nothing."""
    meter = perf_counter if FULL else thread_time
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for turn in range(200 if FULL else 15):
        unknown = f"{turn}-{world.owner_id.hex}@example.org"
        for name, email in (("known", world.emails["manager"]), ("unknown", unknown)):
            set_origin(Origin(ip=f"198.51.{turn % 250}.{1 if name == 'known' else 2}"))
            data = RequestReset(email=email)
            started = meter()
            reset.request_reset(database, data)
            times[name].append(meter() - started)
        clock.shift(timedelta(minutes=13))
    difference = abs(median(times["known"]) - median(times["unknown"]))
    assert difference < 0.005
    figure(
        "reset",
        "known and unknown address, medians differ",
        f"{difference * 1000:.2f} ms",
        "< 5 ms",
    )


# The pages.


def test_pages_without_scripts(app: Flask, world: World) -> None:
    """Check 28 and 30: looking changes nothing; the token goes to no other site."""
    client, email = app.test_client(), world.emails["manager"]
    assert 'name="email"' in client.get("/en/forgot-password").text
    asked = client.post("/en/forgot-password", data={"email": email})
    assert asked.status_code == 200
    assert "If there is an account" in asked.text
    path = f"/en/reset-password/{token(world, email)}"
    for method in ("HEAD", "GET", "GET"):
        page = client.open(path, method=method)
        assert page.status_code == 200
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
    refused = client.post(path, data={"password": "short"})
    assert refused.status_code == 422
    assert "At least 15 characters" in refused.text
    assert 'value="short"' not in refused.text
    saved = client.post(path, data={"password": NEW})
    assert (saved.status_code, saved.location) == (303, "/en/login")
    dead = client.get(path)
    assert dead.status_code == 410
    assert "no longer counts" in dead.text
    assert client.post(path, data={"password": NEW}).status_code == 410


def test_malformed_address_on_the_page(client: FlaskClient) -> None:
    page = client.post("/en/forgot-password", data={"email": "no address"})
    assert page.status_code == 422
    assert 'value="no address"' in page.text


# A new email address.


def start(api: Any, email: str) -> Any:
    return api.post("/api/auth/email/change", {"new_email": email})


def finish(api: Any, proof_id: str, code: str) -> Any:
    return api.post("/api/auth/email/change/confirm", {"proof_id": proof_id, "code": code})


def fresh() -> str:
    return f"moved-{uuid.uuid4().hex[:12]}@example.net"


def code_of(proof_id: str) -> str:
    return proofs.code_for(uuid.UUID(proof_id), CHANGE)


def test_address_changes_by_code_and_the_old_one_is_told(app: Flask, world: World) -> None:
    """Check 8: the former address hears of it."""
    api, email, old = api_of(app, world, "manager"), fresh(), world.emails["manager"]
    answer = start(api, email)
    assert answer.status_code == 202, answer.text
    proof_id = answer.json["proof_id"]
    done = finish(api, proof_id, code_of(proof_id))
    assert done.json == {"email": email}
    assert user(world, "manager").email == email
    assert mails(world, email) == [MailKind.EMAIL_CHANGE_CODE]
    assert mails(world, old)[-1] == MailKind.EMAIL_CHANGED
    assert outcomes(world, "manager", "email_change") == [
        ("challenged", "code_mailed"),
        ("success", None),
    ]
    client = app.test_client()
    for address, status in ((old, 401), (email, 200)):
        body = {"email": address, "password": PASSWORD}
        assert client.post("/api/auth/login", json=body).status_code == status
    assert finish(api, proof_id, code_of(proof_id)).status_code == 422


def test_address_needs_a_confirmation_of_five_minutes(app: Flask, world: World) -> None:
    """Check 8: neither asking nor confirming works with an older confirmation."""
    api, email = api_of(app, world, "manager"), fresh()
    clock.shift(timedelta(minutes=5, seconds=2))
    answer = start(api, email)
    assert (answer.status_code, answer.json["code"]) == (403, "step_up_required")
    assert mails(world, email) == []
    api = api_of(app, world, "manager")
    clock.shift(timedelta(minutes=4, seconds=50))
    proof_id = start(api, email).json["proof_id"]
    clock.shift(timedelta(seconds=12))
    answer = finish(api, proof_id, code_of(proof_id))
    assert (answer.status_code, answer.json["code"]) == (403, "step_up_required")
    assert user(world, "manager").email == world.emails["manager"]


def test_taken_address_answers_as_a_free_one(app: Flask, world: World) -> None:
    """Check 4: nobody learns who has an account; no code completes it."""
    api, taken, free = api_of(app, world, "manager"), world.emails["resident"], fresh()
    answers = [start(api, taken), start(api, free)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json.keys() == answers[1].json.keys()
    proof_id = answers[0].json["proof_id"]
    right = finish(api, proof_id, code_of(proof_id))
    wrong = finish(api, answers[1].json["proof_id"], "000000")
    for answer in (right, wrong):
        answer.json.pop("request_id")
    assert right.status_code == wrong.status_code == 422
    assert right.json["errors"] == wrong.json["errors"]
    assert user(world, "resident").email == taken
    assert user(world, "manager").email == world.emails["manager"]


def test_address_taken_in_the_meantime(app: Flask, world: World) -> None:
    api, email = api_of(app, world, "manager"), fresh()
    proof_id = start(api, email).json["proof_id"]
    with Session(world.engine) as session, session.begin():
        session.get_one(User, world.people["resident"]).email = email
    assert finish(api, proof_id, code_of(proof_id)).status_code == 422
    assert outcomes(world, "manager", "email_change")[-1] == ("failure", "address_taken")


def test_code_of_another_person(app: Flask, world: World) -> None:
    api, other = api_of(app, world, "manager"), api_of(app, world, "caretaker")
    proof_id = start(api, fresh()).json["proof_id"]
    assert finish(other, proof_id, code_of(proof_id)).status_code == 422
    assert user(world, "caretaker").email == world.emails["caretaker"]
    assert finish(api, proof_id, code_of(proof_id)).status_code == 200


def test_five_guesses_at_the_code(app: Flask, world: World) -> None:
    """Check 2: at most five guesses are evaluated."""
    api = api_of(app, world, "manager")
    proof_id = start(api, fresh()).json["proof_id"]
    right = code_of(proof_id)
    wrong = "000000" if right != "000000" else "000001"
    assert [finish(api, proof_id, wrong).status_code for _ in range(5)] == [422] * 5
    assert finish(api, proof_id, right).status_code == 422


@pytest.mark.parametrize(
    "body",
    [{}, {"new_email": "no address"}, {"new_email": "a@example.org", "email": "b@example.org"}],
)
def test_malformed_address(app: Flask, world: World, body: dict[str, Any]) -> None:
    answer = api_of(app, world, "manager").post("/api/auth/email/change", body)
    assert answer.status_code == 422


def test_own_address_is_no_change(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    assert start(api, world.emails["manager"].upper()).status_code == 422


def test_strangers_change_nothing(client: FlaskClient) -> None:
    for path in ("/api/auth/email/change", "/api/auth/email/change/confirm"):
        assert client.post(path, json={}).status_code == 401


@pytest.mark.parametrize("odd", ["\ud800" * 16, "\x00" * 16, "\u202e" * 16, "", "\n" * 20])
def test_odd_text_is_an_answer_not_an_error(app: Flask, world: World, odd: str) -> None:
    """Whatever is typed, nothing breaks."""
    api, client = api_of(app, world, "manager"), app.test_client()
    ask(client, world.emails["manager"])
    link = token(world, world.emails["manager"])
    answers = [
        confirm(client, odd),
        confirm(client, link, odd),
        ask(client, f"{odd}@example.org"),
        api.post("/api/auth/password/change", {"current_password": PASSWORD, "new_password": odd}),
        start(api, f"{odd}@example.org"),
        finish(api, odd, odd),
        api.post("/api/invitations", {"email": f"{odd}@example.org", "role": odd}),
        client.post("/api/invitations/x/accept", json={"name": odd, "password": odd}),
    ]
    assert answers[1].status_code == 422
    assert all(answer.status_code < 500 for answer in answers), [
        answer.status_code for answer in answers
    ]
