"""Signing in by mail, on pages and by the API: who may, who may not, who only looks."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.auth.models import (
    AuthSession,
)
from ecopick.domains.people.models import User
from ecopick.domains.security.models import BlockedSource, BlockedSourceType
from tests.factories import World
from tests.mailed_proofs import (
    code_of,
    latest,
    mails_to,
    other_than,
    recorded,
    state_of,
    stranger,
    token_of,
)

STATE = (
    "auth_sessions",
    "auth_pending_logins",
    "auth_email_verifications",
    "auth_refresh_tokens",
    "account_mails",
    "users",
    "auth_audit_events",
    "rate_limit_attempts",
)


def ask(client: FlaskClient, email: str, **values: str) -> Any:
    return client.post("/en/login/link", data={"email": email, **values})


def link(world: World, email: str) -> str:
    return f"/en/login/link/{token_of(latest(world.engine, email))}"


def sessions(world: World, nickname: str) -> list[AuthSession]:
    with Session(world.engine) as session:
        query = sa.select(AuthSession).where(AuthSession.user_id == world.people[nickname])
        return list(session.scalars(query))


def test_link_signs_in_where_it_was_asked_for(client: FlaskClient, world: World) -> None:
    email = world.emails["manager"]
    asked = ask(client, email.upper(), next="/en/account/security", remember_me="true")
    assert (asked.status_code, asked.location) == (303, "/en/login/link/sent")
    page = client.get(asked.location).get_data(as_text=True)
    assert email in page
    path = link(world, email)
    opened = client.get(path)
    assert opened.status_code == 200
    assert 'name="code"' not in opened.get_data(as_text=True)
    answer = client.post(path, headers={"X-Request-Id": "followed"})
    assert (answer.status_code, answer.location) == (303, "/en/account/security")
    assert client.get("/api/auth/me").json["email"] == email
    (made,) = sessions(world, "manager")
    assert (made.method, made.remember_me) == ("email_link", True)
    assert ("sign_in", "success", None) in recorded(world.engine, "followed")


def test_an_account_made_by_others_is_confirmed_by_its_mailbox(
    client: FlaskClient, world: World
) -> None:
    with Session(world.engine) as session, session.begin():
        session.get_one(User, world.people["manager"]).email_verified = False
    email = world.emails["manager"]
    ask(client, email)
    client.get(link(world, email))
    assert client.post(link(world, email)).status_code == 303
    with Session(world.engine) as session:
        user = session.get_one(User, world.people["manager"])
        assert (user.email, user.email_verified) == (email, True)


def test_known_and_unknown_addresses_get_one_answer(app: Flask, world: World) -> None:
    """Check 4: same status, same target, same headers, same rows."""
    seen = []
    for email in (world.emails["manager"], stranger()):
        client = app.test_client()
        answer = ask(client, email)
        api = app.test_client().post("/api/auth/magic-link", json={"email": f"x{email}"})
        page = client.get(answer.location).get_data(as_text=True).replace(email, "")
        (mail,) = mails_to(world.engine, email)
        proof = latest(world.engine, email)
        seen.append(
            (
                answer.status_code,
                answer.location,
                sorted(answer.headers.keys()),
                api.status_code,
                {**api.json, "proof_id": ""},
                re.sub(r'"[0-9a-f]{64}"', "", page),
                mail.kind,
                mail.user_id,
                proof.user_id,
            )
        )
    assert seen[0] == seen[1]


def test_whoever_only_looks_changes_nothing(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 28: HEAD and GET, by the asker, a scanner and a stranger, use nothing up."""
    email = world.emails["manager"]
    ask(client, email)
    path = link(world, email)
    before = state_of(world.engine, STATE)
    for browser in (client, app.test_client()):
        for _turn in range(3):
            assert browser.head(path).status_code == 200
            assert browser.get(path).status_code == 200
            assert browser.open(path, method="OPTIONS").status_code == 200
    assert state_of(world.engine, STATE) == before
    assert client.post(path).status_code == 303


def test_another_browser_is_asked_for_the_code(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Check 28: a scanner that presses the button does not get in, and uses nothing up."""
    email = world.emails["manager"]
    ask(client, email)
    path, other = link(world, email), app.test_client()
    assert 'name="code"' in other.get(path).get_data(as_text=True)
    pressed = other.post(path)
    assert pressed.status_code == 422
    assert "Please enter the code from the mail." in pressed.get_data(as_text=True)
    assert sessions(world, "manager") == []
    code = code_of(latest(world.engine, email))
    assert other.post(path, data={"code": other_than(code)}).status_code == 422
    assert latest(world.engine, email).consumed_at is None
    answer = other.post(path, data={"code": f"{code[:3]} {code[3:]}"})
    assert answer.status_code == 303
    assert other.get("/api/auth/me").json["email"] == email
    assert client.post(path).status_code == 410


def test_a_copied_device_cookie_is_needed_whole(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """The browser that asked is known by a signed cookie, not by its headers."""
    email = world.emails["manager"]
    ask(client, email)
    cookie = client.get_cookie("ecopick_device")
    assert cookie is not None
    forger = app.test_client()
    forger.set_cookie("ecopick_device", cookie.value.partition(".")[0] + ".AAAA")
    assert forger.post(link(world, email)).status_code == 422


def test_the_code_can_be_typed_where_it_was_asked_for(client: FlaskClient, world: World) -> None:
    email = world.emails["manager"]
    ask(client, email, next="/en/account")
    code = code_of(latest(world.engine, email))
    wrong = client.post("/en/login/link/code", data={"code": other_than(code)})
    assert wrong.status_code == 422
    assert "not right or no longer valid" in wrong.get_data(as_text=True)
    answer = client.post("/en/login/link/code", data={"code": code})
    assert (answer.status_code, answer.location) == (303, "/en/account")
    assert client.get_cookie("ecopick_link") is None


def test_the_code_alone_is_nothing_elsewhere(app: Flask, client: FlaskClient, world: World) -> None:
    email = world.emails["manager"]
    proof_id = client.post("/api/auth/magic-link", json={"email": email}).json["proof_id"]
    body = {"proof_id": proof_id, "code": code_of(latest(world.engine, email))}
    assert app.test_client().post("/api/auth/magic-link/verify", json=body).status_code == 422
    other = app.test_client()
    assert other.post("/en/login/link/code", data=body).status_code == 303
    assert other.get("/api/auth/me").status_code == 401
    answer = client.post("/api/auth/magic-link/verify", json=body)
    assert (answer.status_code, answer.json["email"]) == (200, email)


def test_a_program_signs_in_by_the_link(client: FlaskClient, world: World) -> None:
    email = world.emails["resident"]
    client.post("/api/auth/magic-link", json={"email": email, "remember_me": True})
    body = {"token": token_of(latest(world.engine, email))}
    answer = client.post("/api/auth/magic-link/verify", json=body)
    assert (answer.status_code, answer.json["email"]) == (200, email)
    again = client.post("/api/auth/magic-link/verify", json=body)
    assert (again.status_code, again.json["code"]) == (410, "link_refused")
    assert client.post("/api/auth/magic-link/verify", json={}).status_code == 422


@pytest.mark.parametrize("case", ["used", "expired", "made up", "unknown address", "gone"])
def test_dead_links_get_one_answer(client: FlaskClient, world: World, case: str) -> None:
    email = stranger() if case == "unknown address" else world.emails["manager"]
    ask(client, email)
    path = link(world, email)
    if case == "used":
        assert client.post(path).status_code == 303
        client.delete_cookie("ecopick_session")
    elif case == "expired":
        clock.shift(timedelta(minutes=15))
    elif case == "made up":
        path = path[:-3] + "AAA"
    elif case == "gone":
        with Session(world.engine) as session, session.begin():
            session.get_one(User, world.people["manager"]).email = f"new-{email}"
    answer = client.post(path)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 410
    if case not in ("unknown address", "gone"):
        assert client.get(path).status_code == 410
        assert "This link no longer counts" in text


def test_the_code_dies_before_the_link(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 2: a mailed code lives ten minutes at most."""
    email = world.emails["manager"]
    ask(client, email)
    path, code = link(world, email), code_of(latest(world.engine, email))
    clock.shift(timedelta(minutes=11))
    assert app.test_client().post(path, data={"code": code}).status_code == 422
    assert client.post(path).status_code == 303


def test_a_link_is_used_once_by_many_at_once(app: Flask, client: FlaskClient, world: World) -> None:
    email = world.emails["manager"]
    ask(client, email)
    path, cookie = link(world, email), client.get_cookie("ecopick_device")
    assert cookie is not None
    start = threading.Barrier(10)

    def follow(_number: int) -> int:
        own = app.test_client()
        own.set_cookie("ecopick_device", cookie.value)
        start.wait()
        return own.post(path).status_code

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(follow, range(10)))
    assert sorted(answers) == [303] + [410] * 9
    assert len(sessions(world, "manager")) == 1


def test_guesses_at_the_code_are_five(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 2: five guesses over page, link and API together, even in parallel."""
    email = world.emails["manager"]
    proof_id = client.post("/api/auth/magic-link", json={"email": email}).json["proof_id"]
    code, path = code_of(latest(world.engine, email)), link(world, email)

    def guess(number: int) -> int:
        wrong = {"code": other_than(code, number + 1)}
        if number % 2:
            return app.test_client().post(path, data=wrong).status_code
        body = {"token": path.rpartition("/")[2], **wrong}
        return app.test_client().post("/api/auth/magic-link/verify", json=body).status_code

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(guess, range(40))) == {422}
    assert latest(world.engine, email).attempts == 5
    body = {"proof_id": proof_id, "code": code}
    assert client.post("/api/auth/magic-link/verify", json=body).status_code == 422
    assert sessions(world, "manager") == []


def test_the_page_of_a_link_tells_nobody_else(client: FlaskClient, world: World) -> None:
    """Check 30: no Referer, no cache, no search engine, no foreign address on the page."""
    email = world.emails["manager"]
    ask(client, email)
    for answer in (client.get(link(world, email)), client.post(link(world, email))):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert not re.search(r'(?:href|src|action)="(?:https?:)?//', answer.get_data(as_text=True))


def test_the_token_is_in_no_table_and_no_log(
    client: FlaskClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Check 30: absent in plain text from the whole database and from the logs."""
    email = world.emails["manager"]
    with caplog.at_level("DEBUG"):
        ask(client, email)
        path = link(world, email)
        client.get(path)
        assert client.post(path).status_code == 303
        client.post(path)
    token = path.rpartition("/")[2]
    with world.engine.connect() as connection:
        tables = connection.execute(
            sa.text("select tablename from pg_tables where schemaname = 'public'")
        ).scalars()
        rows = state_of(world.engine, tuple(tables))
    assert len(rows) > 40
    assert [name for name, lines in rows.items() if any(token in line for line in lines)] == []
    logged = "\n".join(f"{line.getMessage()} {line.__dict__}" for line in caplog.records)
    assert "/<locale>/login/link/<token>" in logged
    assert token not in logged


@pytest.mark.parametrize("host", ["evil.example", "localhost@evil.example", "evil.example:80"])
def test_a_hostile_host_changes_nothing(client: FlaskClient, world: World, host: str) -> None:
    """Check 29: what is stored for the mail knows no host; the answer names none."""
    email = world.emails["manager"]
    before = state_of(world.engine, STATE)
    answer = client.post(
        "/en/login/link",
        data={"email": email},
        headers={"Host": host, "X-Forwarded-Host": host, "X-Forwarded-Proto": "https"},
    )
    assert "evil" not in str(answer.headers)
    after = state_of(world.engine, STATE)
    made = [row for table in STATE for row in set(after[table]) - set(before[table])]
    assert made and not any("evil" in row for row in made)


@pytest.mark.parametrize("evil", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_the_way_back_stays_here(client: FlaskClient, world: World, evil: str) -> None:
    """Check 33: no open redirect, not even by way of the mail."""
    email = world.emails["manager"]
    ask(client, email, next=evil)
    assert client.post(link(world, email)).location == "/en/"


def test_refused_input_comes_back(client: FlaskClient, world: World) -> None:
    answer = client.post("/en/login/link", data={"email": "nobody", "next": "/en/account"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="nobody"' in page
    assert 'value="/en/account"' in page
    for body in ({"email": [world.emails["manager"], stranger()]}, {"email": "a@b.org", "x": 1}):
        assert client.post("/api/auth/magic-link", json=body).status_code == 422
    assert mails_to(world.engine, world.emails["manager"]) == []


def test_a_second_request_has_to_wait(client: FlaskClient, world: World) -> None:
    for email in (world.emails["manager"], stranger()):
        ask(client, email)
        answer = ask(client, email)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) <= 61
        assert "Too many attempts" in answer.get_data(as_text=True)


def test_a_blocked_source_does_not_get_in(client: FlaskClient, world: World) -> None:
    email = world.emails["manager"]
    ask(client, email)
    world.add(
        BlockedSource(
            type=BlockedSourceType.USER, value=str(world.people["manager"]), permanent=True
        )
    )
    assert client.post(link(world, email)).status_code == 403
    assert sessions(world, "manager") == []


def test_other_sites_cannot_press_the_button(client: FlaskClient, world: World) -> None:
    """Check 33: a cross-site POST is refused."""
    email = world.emails["manager"]
    ask(client, email)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert client.post(link(world, email), headers=headers).status_code == 403


def test_without_a_proof_at_hand_the_pages_start_anew(client: FlaskClient) -> None:
    assert client.post("/en/login/link/code", data={"code": "123456"}).location == "/en/login/link"
    client.set_cookie("ecopick_link", "nonsense.xx")
    assert client.get("/en/login/link/sent").status_code == 200
    assert client.post("/en/login/link/code", data={"code": "123456"}).location == "/en/login/link"


@pytest.mark.parametrize("locale", ["en", "de", "fr", "it"])
def test_pages_in_every_language(client: FlaskClient, locale: str) -> None:
    assert f'<html lang="{locale}"' in client.get(f"/{locale}/login/link").get_data(as_text=True)
