"""The second step of a sign-in, as programs take it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from ecopick.core import clock
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.uow import Database
from ecopick.domains.auth.commands import magic_links
from ecopick.domains.auth.commands.admission import admit
from ecopick.domains.auth.models import MailKind
from ecopick.domains.auth.outputs import SecondStep
from ecopick.domains.security.models import BlockedSource, BlockedSourceType
from tests.factories import World
from tests.factors import (
    first_step,
    live_sessions,
    mailed_code,
    mails,
    next_code,
    person_with_app,
    person_with_both,
    person_with_mailed_codes,
    reasons,
    start,
    verify,
)


def pending(client: FlaskClient, world: World, nickname: str = "manager") -> str:
    found: str = first_step(client, world, nickname)["pending_login_id"]
    return found


def test_app_code_opens_the_session(app: Flask, client: FlaskClient, world: World) -> None:
    secret, _codes = person_with_app(app, world)
    asked = first_step(client, world, remember_me=True)
    assert asked["methods"] == ["totp"]
    assert asked["recovery_codes_left"] == 10
    assert client.get("/api/auth/me").status_code == 401
    done = verify(client, asked["pending_login_id"], code=next_code(secret))
    assert done.status_code == 200
    assert done.json["email"] == world.emails["manager"]
    assert client.get("/api/auth/me").status_code == 200
    session = next(c for c in done.headers.getlist("Set-Cookie") if "ecopick_session=" in c)
    assert "Max-Age=2592000" in session
    with world.engine.connect() as connection:
        query = "select method from auth_sessions where user_id = :u order by created_at desc"
        method = connection.execute(text(query), {"u": world.people["manager"]}).scalars().first()
    assert method == "password+totp"
    assert reasons(world, "sign_in")[-2:] == [
        ("challenged", "second_step_needed"),
        ("success", None),
    ]


def test_a_used_step_is_refused(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 1: a code of a used step is refused, also when the clock is a step further or behind."""
    secret, _codes = person_with_app(app, world)
    clock.shift(timedelta(minutes=2))
    code = next_code(secret, 0)
    assert verify(client, pending(client, world), code=code).status_code == 200
    for seconds in (0, 30, -60):
        clock.shift(timedelta(seconds=seconds))
        again = app.test_client()
        refused = verify(again, pending(again, world), code=code)
        assert (refused.status_code, refused.json["code"]) == (401, "wrong_code")
        assert reasons(world, "second_step")[-1] == ("failure", "replayed_code")
    before = app.test_client()
    clock.shift(timedelta(seconds=30))
    refused = verify(before, pending(before, world), code=next_code(secret, -1))
    assert refused.status_code == 401


def test_the_code_that_switched_the_app_on_is_used(
    app: Flask, client: FlaskClient, world: World
) -> None:
    secret, _codes = person_with_app(app, world)
    refused = verify(client, pending(client, world), code=next_code(secret, 0))
    assert refused.status_code == 401


def test_wrong_codes_count_down_and_end_the_sign_in(
    app: Flask, client: FlaskClient, world: World
) -> None:
    secret, _codes = person_with_app(app, world)
    waiting = pending(client, world)
    for left in (4, 3, 2, 1, 0):
        refused = verify(client, waiting, code="000000")
        assert (refused.status_code, refused.json["code"]) == (401, "wrong_code")
        assert (str(left) in refused.json["title"]) == (left > 0)
    over = verify(client, waiting, code=next_code(secret))
    assert (over.status_code, over.json["code"]) == (401, "sign_in_over")
    assert live_sessions(world) == 1
    assert verify(client, pending(client, world), code=next_code(secret)).status_code == 200


def test_mailed_code_opens_the_session(app: Flask, client: FlaskClient, world: World) -> None:
    person_with_mailed_codes(app, world)
    asked = first_step(client, world)
    assert asked["methods"] == ["email_code"]
    waiting = asked["pending_login_id"]
    started = start(client, waiting, "email_code")
    assert started.status_code == 200
    assert started.json["email"] == asked["email"] and "•" in asked["email"]
    assert started.json["resend_in"] == 60
    code = mailed_code(world)
    assert code not in started.text
    with world.engine.connect() as connection:
        row = connection.execute(
            text("select * from auth_pending_logins where id = :id"), {"id": waiting}
        ).one()
        mail = connection.execute(
            text("select * from account_mails where subject_id = :id"), {"id": waiting}
        ).one()
    assert code not in str(tuple(row)) and code not in str(tuple(mail))
    done = verify(client, waiting, code=f"{code[:3]} {code[3:]}")
    assert done.status_code == 200
    assert reasons(world, "second_step") == [("challenged", "code_mailed")]


def test_a_mailed_code_belongs_to_its_own_sign_in(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Check 2: bound to its own login."""
    person_with_mailed_codes(app, world)
    mine, other = pending(client, world), pending(client, world)
    start(client, other, "email_code")
    foreign = mailed_code(world)
    start(client, mine, "email_code")
    assert foreign != mailed_code(world)
    assert verify(client, mine, code=foreign).status_code == 401
    assert verify(client, mine, code=mailed_code(world)).status_code == 200


def test_a_mailed_code_lives_ten_minutes(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 2: lives at most ten minutes."""
    person_with_mailed_codes(app, world)
    waiting = pending(client, world)
    start(client, waiting, "email_code")
    code = mailed_code(world)
    clock.shift(timedelta(minutes=10))
    over = verify(client, waiting, code=code)
    assert (over.status_code, over.json["code"]) == (401, "sign_in_over")
    with world.engine.begin() as connection:  # Even were the sign-in itself still open.
        connection.execute(
            text("update auth_pending_logins set expires_at = expires_at + interval '1 hour'")
        )
    late = verify(client, waiting, code=code)
    assert (late.status_code, late.json["code"]) == (401, "wrong_code")
    assert reasons(world, "second_step")[-1] == ("failure", "expired_code")


def test_another_code_after_a_minute(app: Flask, client: FlaskClient, world: World) -> None:
    person_with_mailed_codes(app, world)
    waiting = pending(client, world)
    start(client, waiting, "email_code")
    first = mailed_code(world)
    soon = start(client, waiting, "email_code")
    assert soon.status_code == 429
    assert 0 < int(soon.headers["Retry-After"]) <= 60
    assert len([m for m in mails(world) if m.kind is MailKind.SECOND_STEP_CODE]) == 1
    clock.shift(timedelta(seconds=61))
    assert start(client, waiting, "email_code").status_code == 200
    second = mailed_code(world)
    assert verify(client, waiting, code=first).status_code == 401
    assert verify(client, waiting, code=second).status_code == 200
    assert ("denied", "code_too_soon") in reasons(world, "second_step")


def test_another_code_gives_no_further_guesses(
    app: Flask, client: FlaskClient, world: World
) -> None:
    person_with_mailed_codes(app, world)
    waiting = pending(client, world)
    start(client, waiting, "email_code")
    for _ in range(4):
        assert verify(client, waiting, code="no").json["code"] == "wrong_code"
    clock.shift(timedelta(seconds=61))
    assert start(client, waiting, "email_code").status_code == 200
    assert verify(client, waiting, code="no").json["code"] == "wrong_code"
    assert verify(client, waiting, code=mailed_code(world)).json["code"] == "sign_in_over"
    assert start(client, waiting, "email_code").status_code == 401


def test_mails_are_limited_over_all_sign_ins(app: Flask, client: FlaskClient, world: World) -> None:
    person_with_mailed_codes(app, world)
    for _ in range(10):
        assert start(client, pending(client, world), "email_code").status_code == 200
    refused = start(client, pending(client, world), "email_code")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 60
    assert len([m for m in mails(world) if m.kind is MailKind.SECOND_STEP_CODE]) == 10


def test_an_app_instead_of_the_mail(app: Flask, client: FlaskClient, world: World) -> None:
    secret = person_with_both(app, world)
    waiting = pending(client, world)
    assert start(client, waiting, "email_code").status_code == 200
    assert verify(client, waiting, code=next_code(secret)).status_code == 401
    assert start(client, waiting, "totp").json["method"] == "totp"
    assert verify(client, waiting, code=next_code(secret)).status_code == 200


def test_ways_that_the_person_does_not_have(app: Flask, client: FlaskClient, world: World) -> None:
    person_with_mailed_codes(app, world)
    waiting = pending(client, world)
    for method in ("totp", "passkey", "sms"):
        refused = start(client, waiting, method)
        assert refused.status_code == 422 and "method" in refused.json["errors"]
    assert verify(client, waiting, code="123456").status_code == 401


def test_a_mailed_code_is_not_for_those_trusted_with_much(
    app: Flask, client: FlaskClient, world: World
) -> None:
    person_with_app(app, world, "owner")
    asked = first_step(client, world, "owner")
    assert asked["methods"] == ["totp"]
    assert start(client, asked["pending_login_id"], "email_code").status_code == 422
    assert [m for m in mails(world, "owner") if m.kind is MailKind.SECOND_STEP_CODE] == []


def test_ids_that_open_nothing_answer_alike(app: Flask, client: FlaskClient, world: World) -> None:
    secret, _codes = person_with_app(app, world)
    used, old = pending(client, world), pending(client, world)
    assert verify(client, used, code=next_code(secret)).status_code == 200
    with world.engine.begin() as connection:
        connection.execute(
            text("update auth_pending_logins set expires_at = created_at where id = :id"),
            {"id": old},
        )
    seen = set()
    for waiting in (used, old, str(uuid.uuid4()), "no id", "\u0000", "9" * 64):
        for answer in (
            verify(client, waiting, code="123456"),
            verify(client, waiting, recovery_code="AAAA-BBBB-CCCC"),
            start(client, waiting, "email_code"),
        ):
            body = {k: v for k, v in answer.json.items() if k != "request_id"}
            seen.add((answer.status_code, str(body)))
    assert len(seen) == 1
    assert "Please sign in again." in seen.pop()[1]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"pending_login_id": None, "code": "123456"},
        {"pending_login_id": ["x"], "code": {"a": 1}},
        {"pending_login_id": "x" * 65, "code": "123456"},
        {"pending_login_id": "0" * 32, "code": "1" * 33},
        {"pending_login_id": "0" * 32, "code": "123456", "recovery_code": "x"},
        {"pending_login_id": "0" * 32},
        {"pending_login_id": "0" * 32, "code": "123456", "user_id": "x"},
    ],
)
def test_odd_input_is_refused(client: FlaskClient, body: dict[str, Any]) -> None:
    for path in ("/api/auth/2fa/verify", "/api/auth/2fa/start"):
        assert client.post(path, json=body).status_code == 422


def test_recovery_code_opens_the_session_once(
    app: Flask, client: FlaskClient, world: World
) -> None:
    _secret, given = person_with_app(app, world)
    assert len(given) == 10
    done = verify(client, pending(client, world), recovery_code=given[3].lower().replace("-", " "))
    assert done.status_code == 200
    assert done.json["recovery_codes_left"] == 9
    mail = next(m for m in mails(world) if m.kind is MailKind.RECOVERY_CODE_USED)
    assert mail.facts is not None and mail.facts["left"] == 9
    again = app.test_client()
    asked = first_step(again, world)
    assert asked["recovery_codes_left"] == 9
    refused = verify(again, asked["pending_login_id"], recovery_code=given[3])
    assert (refused.status_code, refused.json["code"]) == (401, "wrong_code")
    assert "recovery_code" in refused.json["errors"]
    assert reasons(world, "second_step")[-1] == ("failure", "wrong_recovery_code")


def test_somebody_elses_recovery_code(app: Flask, client: FlaskClient, world: World) -> None:
    person_with_app(app, world)
    _secret, theirs = person_with_app(app, world, "caretaker")
    refused = verify(client, pending(client, world), recovery_code=theirs[0])
    assert refused.status_code == 401
    other = app.test_client()
    done = verify(other, pending(other, world, "caretaker"), recovery_code=theirs[0])
    assert done.status_code == 200


def test_guesses_at_one_person_are_limited(app: Flask, client: FlaskClient, world: World) -> None:
    secret, _codes = person_with_app(app, world)
    answers = []
    for _ in range(5):
        waiting = pending(client, world)
        answers += [verify(client, waiting, code="000000").status_code for _ in range(5)]
    assert answers.count(401) == 20 and answers.count(429) == 5
    assert verify(client, pending(client, world), code=next_code(secret)).status_code == 429
    assert ("denied", "rate_limited") in reasons(world, "second_step")
    clock.shift(timedelta(minutes=16))
    assert verify(client, pending(client, world), code=next_code(secret)).status_code == 200


def test_blocked_people_go_no_further(app: Flask, client: FlaskClient, world: World) -> None:
    secret, _codes = person_with_app(app, world)
    waiting = pending(client, world)
    world.add(
        BlockedSource(
            type=BlockedSourceType.USER, value=str(world.people["manager"]), permanent=True
        )
    )
    assert start(client, waiting, "email_code").status_code == 403
    refused = verify(client, waiting, code=next_code(secret))
    assert (refused.status_code, refused.json["code"]) == (403, "blocked")
    assert live_sessions(world) == 1


def test_a_mailbox_is_not_asked_twice(
    app: Flask, client: FlaskClient, world: World, database: Database
) -> None:
    """After a mailed link an app or passkey is asked for; the mailbox never again."""
    person_with_app(app, world)
    person_with_mailed_codes(app, world, "caretaker")
    found = {}
    for nickname in ("manager", "caretaker"):
        user_id = world.people[nickname]
        with database.transaction(Scope((PLATFORM_OWNER_ID,), user_id)) as session:
            step = admit(session, user_id, method=magic_links.METHOD)
        assert isinstance(step, SecondStep)
        found[nickname] = [str(method) for method in step.methods]
        answer = start(client, str(step.pending_login_id), "email_code")
        assert answer.status_code == 422
    assert found == {"manager": ["totp"], "caretaker": []}


def fail(client: FlaskClient, world: World, count: int) -> list[str]:
    """So many wrong codes, with waits that let the next one be looked at."""
    found = []
    for number in range(count):
        if number % 5 == 0:
            clock.shift(timedelta(hours=25) if number >= 20 else timedelta(0))
            waiting = pending(client, world)
        found.append(str(verify(client, waiting, code="000000").json["code"]))
    return found


def test_an_account_bears_a_hundred_wrong_codes_in_a_row(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Check 3: then codes are closed, and a recovery code still opens."""
    secret, codes = person_with_app(app, world)
    assert set(fail(client, world, 100)) == {"wrong_code"}
    clock.shift(timedelta(hours=25))
    refused = verify(client, pending(client, world), code=next_code(secret, 0))
    assert (refused.status_code, refused.json["code"]) == (429, "codes_closed")
    assert reasons(world, "second_step")[-1] == ("denied", "codes_closed")
    done = verify(client, pending(client, world), recovery_code=codes[0])
    assert done.status_code == 200
    again = app.test_client()
    assert verify(again, pending(again, world), code=next_code(secret, 0)).status_code == 200
