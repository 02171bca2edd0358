"""Refreshing a session: once for each token, and what happens to copies of it."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from ecopick.core import clock, crypto
from tests.factories import PASSWORD, World
from tests.figures import figure
from tests.served import Wire, at_once, served

MANY = 100
COOKIES = ("ecopick_session", "ecopick_refresh", "ecopick_csrf")


@pytest.fixture(scope="module")
def url(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


def sign_in(client: FlaskClient, world: World, nickname: str = "manager", **more: Any) -> None:
    body = {"email": world.emails[nickname], "password": PASSWORD, **more}
    assert client.post("/api/auth/login", json=body).status_code == 200


def wire(url: str, world: World, nickname: str = "manager", **more: Any) -> Wire:
    found = Wire(url)
    body = {"email": world.emails[nickname], "password": PASSWORD, **more}
    assert found.send("POST", "/api/auth/login", body).status == 200
    return found


def value(client: FlaskClient, name: str) -> str:
    cookie = client.get_cookie(name)
    assert cookie is not None
    return cookie.value


def held(client: FlaskClient) -> dict[str, str]:
    return {name: value(client, name) for name in COOKIES}


def window(app: Flask, cookies: dict[str, str]) -> FlaskClient:
    """A browser that holds these cookies."""
    client = app.test_client()
    for name, content in cookies.items():
        client.set_cookie(name, content)
    return client


def refresh(client: FlaskClient) -> TestResponse:
    return client.post("/api/auth/refresh")


def rows(world: World, query: str, nickname: str = "manager") -> list[Any]:
    with world.engine.connect() as connection:
        return list(connection.execute(text(query), {"user": world.people[nickname]}).all())


def outcomes(world: World, nickname: str = "manager") -> Counter[tuple[str, str, str | None]]:
    query = "select action, outcome, reason_code from auth_audit_events where user_id = :user"
    return Counter((r.action, r.outcome, r.reason_code) for r in rows(world, query, nickname))


def test_a_hundred_parallel_uses_have_one_winner(url: str, world: World) -> None:
    """Check 9: of 100 parallel uses one succeeds; the others get 409 and no token."""
    browser = wire(url, world)
    before = dict(browser.cookies)
    windows = [browser.copy() for _ in range(MANY)]
    begun = clock.now()
    answers = at_once(MANY, lambda i: windows[i].send("POST", "/api/auth/refresh"))
    took = (clock.now() - begun).total_seconds()
    statuses = Counter(answer.status for answer in answers)
    figure("9", "answers to 100 parallel refreshes", dict(statuses), "1 × 200, 99 × 409")
    figure("9", "100 parallel refreshes", f"{took:.2f} s")
    assert statuses == {200: 1, 409: MANY - 1}
    for answer in answers:
        if answer.status == 409:
            assert answer.set_cookies == {}
            assert answer.body["code"] == "already_refreshed"
            assert not any(before[name] in str(answer.body) for name in COOKIES)
    winner = windows[[answer.status for answer in answers].index(200)]
    assert winner.send("GET", "/api/auth/me").status == 200
    assert Wire(url, before).send("GET", "/api/auth/me").status == 401
    live = "select id from auth_sessions where user_id = :user and revoked_at is null"
    assert len(rows(world, live)) == 1
    unused = "select id from auth_refresh_tokens where user_id = :user and revoked_at is null"
    assert len(rows(world, unused)) == 1
    seen = outcomes(world)
    assert seen["refresh", "success", None] == 1
    assert seen["refresh", "denied", "just_refreshed"] == MANY - 1


def test_a_refresh_makes_new_rows_of_the_same_family(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world)
    before = held(client)
    answer = refresh(client)
    assert answer.status_code == 200
    after = held(client)
    assert before["ecopick_session"] != after["ecopick_session"]
    assert before["ecopick_refresh"] != after["ecopick_refresh"]
    assert after["ecopick_refresh"] not in answer.text
    found = rows(
        world,
        "select s.id, s.family_id, s.revoked_at, t.id as token, t.revoked_at as used"
        " from auth_sessions s join auth_refresh_tokens t on t.session_id = s.id"
        " where s.user_id = :user order by s.created_at",
    )
    assert len({row.id for row in found}) == len({row.token for row in found}) == 2
    assert len({row.family_id for row in found}) == 1
    assert [row.revoked_at is None for row in found] == [False, True]
    assert [row.used is None for row in found] == [False, True]
    assert window(app, before).get("/api/auth/me").status_code == 401
    assert client.get("/api/auth/me").status_code == 200


def test_only_the_hash_of_a_token_is_stored(client: FlaskClient, world: World) -> None:
    """Check 30: a refresh token stands nowhere in plain text."""
    sign_in(client, world)
    refresh(client)
    token = value(client, "ecopick_refresh")
    stored = str(rows(world, "select t.* from auth_refresh_tokens t where user_id = :user"))
    assert token not in stored and crypto.token_hash(token).hex() in stored


def test_losers_keep_their_cookies_and_stay_signed_in(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Check 9: within the grace a used token costs nobody their session."""
    sign_in(client, world)
    before = held(client)
    refresh(client)
    clock.shift(timedelta(seconds=9))
    answer = refresh(window(app, before))
    assert (answer.status_code, answer.json["code"]) == (409, "already_refreshed")
    assert "Set-Cookie" not in answer.headers
    assert client.get("/api/auth/me").status_code == 200


def test_a_copied_token_ends_the_family_and_raises_an_alert(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Check 9: a used token after the grace ends every session and token of its family."""
    sign_in(client, world)
    other = app.test_client()
    sign_in(other, world)
    stolen = held(client)
    refresh(client)
    clock.shift(timedelta(seconds=11))
    thief = window(app, stolen)
    answer = refresh(thief)
    assert (answer.status_code, answer.json["code"]) == (401, "session_over")
    assert thief.get_cookie("ecopick_refresh") is None
    assert client.get("/api/auth/me").status_code == 401
    assert refresh(client).status_code == 401
    assert other.get("/api/auth/me").status_code == 200, "another sign-in is not concerned"
    assert outcomes(world)["refresh_reuse", "denied", "token_reused"] == 1
    alerts = rows(world, "select type, category, count from security_alerts where user_id = :user")
    assert [tuple(row) for row in alerts] == [("token_reuse", "session", 1)]
    mails = rows(world, "select kind from account_mails where user_id = :user")
    assert "sessions_ended" in {row.kind for row in mails}


def test_a_token_after_signing_out_is_no_alert(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world)
    kept = held(client)
    headers = {"X-CSRF-Token": kept["ecopick_csrf"]}
    assert client.post("/api/auth/logout", headers=headers).status_code == 204
    for seconds in (1, 60):
        clock.shift(timedelta(seconds=seconds))
        assert refresh(window(app, kept)).status_code == 401
    assert outcomes(world)["refresh", "denied", "signed_out"] == 2
    assert rows(world, "select id from security_alerts where user_id = :user") == []


@pytest.mark.parametrize("token", ["", "nonsense", "ä" * 40, "x" * 3000])
def test_unknown_tokens(app: Flask, token: str) -> None:
    answer = refresh(window(app, {"ecopick_refresh": token}))
    assert (answer.status_code, answer.json["code"]) == (401, "session_over")


def test_signing_out_while_refreshing_ends_the_successor_too(url: str, world: World) -> None:
    """Check 11: whoever signs out is signed out, whatever their other windows do."""
    for _ in range(5):
        browser = wire(url, world)
        windows = [browser.copy() for _ in range(2)]
        acts = tuple(zip(windows, ("/api/auth/refresh", "/api/auth/logout"), strict=True))
        answers = at_once(2, lambda i, acts=acts: acts[i][0].send("POST", acts[i][1]))
        went_on, signed_out = windows[0].send("GET", "/api/auth/me"), answers[1].status == 204
        assert went_on.status == (401 if signed_out else 200)


def test_without_remember_me_idling_ends_it_for_good(client: FlaskClient, world: World) -> None:
    """Check 12: a refresh brings nobody back after 30 minutes without activity."""
    sign_in(client, world)
    clock.shift(timedelta(minutes=31))
    assert refresh(client).status_code == 401
    assert outcomes(world)["refresh", "denied", "session_idle"] == 1


def test_a_refresh_is_no_activity(client: FlaskClient, world: World) -> None:
    """Check 12: refreshing does not put off the end of idling."""
    sign_in(client, world)
    clock.shift(timedelta(minutes=20))
    left = refresh(client)
    assert 595 <= left.json["idle_seconds"] <= 600
    clock.shift(timedelta(minutes=11))
    assert client.get("/api/auth/me").status_code == 401
    assert refresh(client).status_code == 401


def test_without_remember_me_twelve_hours_are_the_end(client: FlaskClient, world: World) -> None:
    """Check 12: 12 hours absolute, however often the session was refreshed."""
    sign_in(client, world)
    for _ in range(28):
        clock.shift(timedelta(minutes=25))
        assert client.get("/api/auth/me").status_code == 200
        answer = refresh(client)
        assert answer.status_code == 200
    # What the test itself takes is gone as well.
    assert 1100 <= answer.json["ends_seconds"] <= 1200
    clock.shift(timedelta(minutes=21))
    assert refresh(client).status_code == 401
    assert outcomes(world)["refresh", "denied", "session_expired"] == 1


def test_remembered_for_thirty_days_and_not_longer(client: FlaskClient, world: World) -> None:
    sign_in(client, world, remember_me=True)
    for _ in range(29):
        clock.shift(timedelta(days=1))
        assert refresh(client).status_code == 200
        assert client.get("/api/auth/me").status_code == 200
    clock.shift(timedelta(days=1, minutes=1))
    assert client.get("/api/auth/me").status_code == 401
    assert refresh(client).status_code == 401


def test_cookies_of_a_renewed_session(client: FlaskClient, world: World) -> None:
    """Check 13: the refresh cookie is Strict, and ends with the browser without remember-me."""
    for remember_me in (False, True):
        sign_in(client, world, remember_me=remember_me)
        lines = refresh(client).headers.getlist("Set-Cookie")
        found = {line.split("=", 1)[0]: line for line in lines}
        token = found["ecopick_refresh"]
        assert "HttpOnly" in token and "SameSite=Strict" in token and "Path=/" in token
        assert ("Max-Age" in token) is remember_me
        assert "HttpOnly" in found["ecopick_session"] and "SameSite=Lax" in found["ecopick_session"]


def test_a_refresh_keeps_owner_and_confirmation(client: FlaskClient, world: World) -> None:
    sign_in(client, world)
    query = (
        "select property_owner_id, step_up_at, method, remember_me from auth_sessions"
        " where user_id = :user order by created_at, id"
    )
    clock.shift(timedelta(minutes=4))
    refresh(client)
    before, after = rows(world, query)
    assert tuple(before) == tuple(after)


def test_forms_of_other_windows_can_still_be_sent(client: FlaskClient, world: World) -> None:
    sign_in(client, world)
    before = value(client, "ecopick_csrf")
    refresh(client)
    answer = client.post("/api/auth/keep-alive", headers={"X-CSRF-Token": before})
    assert answer.status_code == 200


def test_other_sites_cannot_refresh(client: FlaskClient, world: World) -> None:
    """Check 33: a cross-site post is refused."""
    sign_in(client, world)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/api/auth/refresh", headers=headers).status_code == 403


def test_a_token_outlives_changes_of_the_signing_key(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Check 13: session, device and refresh cookies across a change of the key."""
    sign_in(client, world)
    before = crypto.keys()
    try:
        crypto.use_keys(crypto.Keys(before.data, (b"n" * 32, *before.signing)))
        old = held(client)
        page = client.get("/en/account/memberships")
        assert page.status_code == 200
        new = held(client)
        assert old["ecopick_session"].split(".")[0] == new["ecopick_session"].split(".")[0]
        assert old["ecopick_session"] != new["ecopick_session"]
        assert old["ecopick_csrf"] != new["ecopick_csrf"]
        for token in (old["ecopick_csrf"], new["ecopick_csrf"]):
            answer = client.post("/api/auth/keep-alive", headers={"X-CSRF-Token": token})
            assert answer.status_code == 200
        crypto.use_keys(crypto.Keys(before.data, (b"o" * 32, b"n" * 32)))
        assert client.get("/api/auth/me").status_code == 200, "signed anew with the key before"
        assert window(app, old).get("/api/auth/me").status_code == 401, "two keys ago"
        assert refresh(client).status_code == 200
    finally:
        crypto.use_keys(before)


def test_device_cookie_across_keys(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 13: the key before still knows a device; the one before that does not."""
    sign_in(client, world)
    first = value(client, "ecopick_device")
    before = crypto.keys()
    try:
        crypto.use_keys(crypto.Keys(before.data, (b"n" * 32, *before.signing)))
        client.get("/en/account/memberships")
        second = value(client, "ecopick_device")
        assert first.split(".")[0] == second.split(".")[0] and first != second
        crypto.use_keys(crypto.Keys(before.data, (b"o" * 32, b"n" * 32)))
        for cookie, known in ((second, True), (first, False)):
            other = window(app, {"ecopick_device": cookie})
            sign_in(other, world)
            after = other.get_cookie("ecopick_device")
            assert (after is not None and after.value.split(".")[0] == first.split(".")[0]) is known
    finally:
        crypto.use_keys(before)
