"""Accounts under attack: by outsiders, by other people, by people who left."""

import json
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.core.logs import JsonLines
from ecopick.core.roles import MembershipRole
from ecopick.domains.people.models import Membership
from ecopick.domains.security.addresses import counted_as
from ecopick.domains.security.commands import rates
from ecopick.domains.security.commands.limits import Limit
from ecopick.domains.security.models import BlockedSource, BlockedSourceType
from tests.factories import PASSWORD, World
from tests.factors import add_app, first_step, next_code, person_with_app, verify
from tests.invitations import send, token_of
from tests.mailed_proofs import code_of, latest, state_of, stranger
from tests.mailed_proofs import token_of as link_of
from tests.security.garbage import routes_of
from tests.signing_in import Api, api_of

NEW_PASSWORD = "violet-anchor-meadow-lantern-42"
TABLES = (
    "users",
    "auth_sessions",
    "auth_refresh_tokens",
    "auth_email_verifications",
    "auth_recovery_codes",
    "account_mails",
    "memberships",
    "invitations",
    "webauthn_credentials",
)


def cookie(api: Api, name: str) -> str:
    found = api.client.get_cookie(name)
    assert found is not None
    return found.value


def with_cookies(app: Flask, **cookies: str) -> FlaskClient:
    client = app.test_client()
    for name, value in cookies.items():
        client.set_cookie(name, value)
    return client


@pytest.mark.parametrize("how", ["password", "everywhere", "reset"])
def test_a_waiting_sign_in_dies_with_what_it_began_with(
    app: Flask, world: World, client: FlaskClient, migrator: Engine, how: str
) -> None:
    """Whoever knew the old password and waits at the second step is out as well."""
    api = api_of(app, world, "manager")
    secret, _codes = add_app(api)
    waiting = first_step(client, world)["pending_login_id"]
    email = world.emails["manager"]
    if how == "password":
        body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        assert api.post("/api/auth/password/change", body).status_code == 200
    elif how == "everywhere":
        assert api.post("/api/auth/logout-everywhere", {}).status_code == 204
    else:
        client.post("/api/auth/password-reset/request", json={"email": email})
        body = {"token": link_of(latest(migrator, email)), "password": NEW_PASSWORD}
        assert client.post("/api/auth/password-reset/confirm", json=body).status_code == 200
    refused = verify(client, waiting, code=next_code(secret))
    assert (refused.status_code, refused.json["code"]) == (401, "sign_in_over")


def test_a_waiting_sign_in_takes_its_own_proofs_only(
    app: Flask, world: World, client: FlaskClient
) -> None:
    """Another person's code and recovery code open nothing, and stay theirs."""
    person_with_app(app, world, "manager")
    secret, codes = person_with_app(app, world, "caretaker")
    waiting = first_step(client, world, "manager")["pending_login_id"]
    assert verify(client, waiting, code=next_code(secret)).status_code == 401
    assert verify(client, waiting, recovery_code=codes[0]).status_code == 401
    own = first_step(client, world, "caretaker")["pending_login_id"]
    assert verify(client, own, recovery_code=codes[0]).json["email"] == world.emails["caretaker"]


def test_what_a_confirmation_opens(app: Flask, world: World) -> None:
    """Check 10: the earlier id is dead, and no other sign-in of the person is confirmed."""
    first, second = api_of(app, world, "manager"), api_of(app, world, "manager")
    old, old_refresh = cookie(first, "ecopick_session"), cookie(first, "ecopick_refresh")
    clock.shift(timedelta(minutes=6))
    body = {"password": PASSWORD}
    assert first.post("/api/auth/verify-access-password", body).status_code == 200
    assert with_cookies(app, ecopick_session=old).get("/api/auth/me").status_code == 401
    assert first.post("/api/auth/security", {"action": "totp_setup"}).status_code == 200
    refused = second.post("/api/auth/security", {"action": "totp_setup"})
    assert (refused.status_code, refused.json["code"]) == (403, "step_up_required")
    copied = with_cookies(app, ecopick_refresh=old_refresh).post("/api/auth/refresh")
    assert copied.status_code == 409 and "Set-Cookie" not in copied.headers


def test_cookies_of_two_people_do_not_mix(app: Flask, world: World) -> None:
    """A session with somebody else's token changes nothing, and their session neither."""
    mine, theirs = api_of(app, world, "resident"), api_of(app, world, "manager")
    mixed = with_cookies(
        app,
        ecopick_session=cookie(theirs, "ecopick_session"),
        ecopick_csrf=cookie(mine, "ecopick_csrf"),
    )
    for token in (mine.csrf, "", "00"):
        answer = mixed.post("/api/auth/logout", headers={"X-CSRF-Token": token})
        assert (answer.status_code, answer.json["code"]) == (403, "csrf")
    assert theirs.get("/api/auth/me").status_code == 200
    head, _dot, _sign = cookie(theirs, "ecopick_session").partition(".")
    _head, _dot, sign = cookie(mine, "ecopick_session").partition(".")
    swapped = with_cookies(app, ecopick_session=f"{head}.{sign}")
    assert swapped.get("/api/auth/me").status_code == 401
    # A cookie for one purpose is none for another.
    as_pending = with_cookies(app, ecopick_pending=cookie(theirs, "ecopick_session"))
    assert as_pending.get("/en/login/second-step").status_code == 303


def test_the_token_outlives_a_refresh_but_no_new_sign_in(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    assert api.post("/api/auth/refresh").status_code == 200
    assert api.post("/api/auth/keep-alive", {}).status_code == 200
    again = api_of(app, world, "manager")
    again.csrf = api.csrf
    assert again.post("/api/auth/keep-alive", {}).status_code == 403


def test_nobody_ends_or_sees_the_sessions_of_others(app: Flask, world: World) -> None:
    manager, resident = api_of(app, world, "manager"), api_of(app, world, "resident")
    theirs = manager.get("/api/auth/sessions").json["items"][0]["id"]
    assert theirs not in resident.get("/api/auth/sessions").text
    assert resident.delete(f"/api/auth/sessions/{theirs}").status_code == 404
    assert manager.get("/api/auth/me").status_code == 200


def test_no_other_site_sends_an_account_form(app: Flask) -> None:
    """Check 33: every public change of accounts, pages and programs, login forgery included."""
    adapter = app.url_map.bind("localhost")
    checked = 0
    for route in routes_of(app):
        view = app.view_functions[route.endpoint]
        if route.method == "GET" or not getattr(view, "is_public", False):
            continue
        values = {name: "en" if name == "locale" else "none" for name in route.arguments}
        path = adapter.build(route.endpoint, values, method=route.method)
        hidden = [] if "token" in route.arguments else [{"Origin": "null"}]
        for headers in (
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site", "Origin": "null"},
            *hidden,
        ):
            answer = app.test_client().open(path, method=route.method, headers=headers)
            assert answer.status_code == 403, (path, headers)
            assert "Set-Cookie" not in answer.headers, (path, headers)
            checked += 1
    assert checked > 60


@pytest.mark.parametrize("everything", [True, False], ids=["all-roles", "one-of-two"])
def test_who_left_invites_nobody_any_more(app: Flask, world: World, everything: bool) -> None:
    """An invitation that somebody sent to themself before they left opens nothing."""
    manager = api_of(app, world, "manager")
    body = {"role": "CARETAKER", "building_id": str(world.building_id)}
    link = f"/api/invitations/{token_of(world, send(manager, **body)['id'])}"
    if not everything:
        world.add(
            Membership(
                user_id=world.people["manager"],
                role=MembershipRole.CARETAKER,
                property_owner_id=world.owner_id,
                building_id=world.building_id,
            )
        )
    with world.engine.begin() as connection:
        connection.execute(
            sa.text(
                "update memberships set ended_at = now() "
                "where user_id = :u and role = 'BUILDING_MANAGER'"
            ),
            {"u": world.people["manager"]},
        )
    joined = app.test_client().post(
        f"{link}/accept", json={"name": "Private Person", "password": NEW_PASSWORD}
    )
    if everything:
        assert (joined.status_code, joined.json["code"]) == (409, "invitation_revoked")
        assert "taken back" in app.test_client().get(link.replace("/api", "/en")).text
    else:
        assert joined.status_code < 300


@pytest.mark.parametrize("evil", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_registering_leads_nowhere_else(
    app: Flask, client: FlaskClient, world: World, migrator: Engine, evil: str
) -> None:
    """Check 33: what was asked for at the beginning is still a path of this site at the end."""
    email = stranger()
    client.post("/en/register", data={"email": email, "next": evil})
    client.post("/en/register/code", data={"code": code_of(latest(migrator, email))})
    fields = {"name": "New Person", "password": NEW_PASSWORD, "next": evil}
    done = client.post("/en/register/details", data=fields)
    assert done.status_code == 303 and re.fullmatch(r"/en/[a-z]*", done.location)


@pytest.mark.parametrize(
    "spelling",
    [str.upper, lambda email: f" {email} ", lambda email: email.replace("e", "ｅ")],
    ids=["case", "blanks", "wide"],
)
def test_another_spelling_is_no_other_mailbox(
    client: FlaskClient, world: World, spelling: Any
) -> None:
    """Limits of mails count the mailbox, however its address is written."""
    email = stranger()
    path = "/api/auth/register/send-code"
    assert client.post(path, json={"email": email}).status_code == 202
    assert client.post(path, json={"email": spelling(email)}).status_code == 429
    for odd in (f"{email}.", email.replace("@", "@."), email.replace(".org", "..org")):
        assert client.post(path, json={"email": odd}).status_code == 422


def test_one_network_is_one_guesser(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has one IPv6 address has 2^64 of them: they are counted as one."""
    assert counted_as("2001:db8:1:2::3") == counted_as("2001:db8:1:2:ffff::") != counted_as("::1")
    assert counted_as("::ffff:192.0.2.1") == counted_as("192.0.2.1") == "192.0.2.1"
    assert counted_as("192.0.2.1") != counted_as("192.0.2.2")
    monkeypatch.setattr(rates, "REQUESTS_PER_IP", Limit("ip", 3, timedelta(hours=1)))
    said = [
        app.test_client()
        .post(
            "/api/auth/login",
            json={"email": stranger(), "password": "no"},
            environ_base={"REMOTE_ADDR": f"2001:db8:77:1::{number}"},
        )
        .status_code
        for number in range(1, 6)
    ]
    assert said == [401, 401, 401, 429, 429]


@pytest.mark.parametrize("source", ["203.0.113.7", "::ffff:203.0.113.7", "::FFFF:cb00:7107"])
def test_a_block_holds_in_every_spelling(app: Flask, world: World, source: str) -> None:
    block = BlockedSource(type=BlockedSourceType.IP, value="203.0.113.7", permanent=True)
    world.add(block)
    try:
        body = {"email": world.emails["manager"], "password": PASSWORD}
        answer = app.test_client().post(
            "/api/auth/login", json=body, environ_base={"REMOTE_ADDR": source}
        )
        assert (answer.status_code, answer.json["code"]) == (403, "blocked")
        forged = app.test_client().post(
            "/api/auth/login",
            json=body,
            environ_base={"REMOTE_ADDR": source},
            headers={"X-Forwarded-For": "198.51.100.99", "X-Real-IP": "198.51.100.99"},
        )
        assert forged.status_code == 403
    finally:
        with world.engine.begin() as connection:
            connection.execute(sa.text("delete from blocked_sources where value = '203.0.113.7'"))


def test_a_blocked_person_refreshes_nothing(app: Flask, world: World) -> None:
    """Check 11: neither the session nor the token of somebody who is blocked opens anything."""
    api = api_of(app, world, "manager")
    person = str(world.people["manager"])
    world.add(BlockedSource(type=BlockedSourceType.USER, value=person, permanent=True))
    assert api.client.post("/api/auth/refresh").status_code == 401
    assert api.get("/api/auth/me").status_code in (401, 403)


def test_asking_what_is_possible_changes_nothing(
    app: Flask, world: World, migrator: Engine
) -> None:
    """Check 33: HEAD and OPTIONS on every route of accounts, signed in and confirmed."""
    api = api_of(app, world, "manager")
    before = state_of(migrator, TABLES)
    adapter = app.url_map.bind("localhost")
    for route in routes_of(app):
        values = {name: "en" if name == "locale" else "none" for name in route.arguments}
        path = adapter.build(route.endpoint, values, method=route.method)
        for method in ("HEAD", "OPTIONS"):
            assert api.client.open(path, method=method).status_code < 500, path
    assert state_of(migrator, TABLES) == before


def test_pages_with_secrets_are_kept_nowhere(app: Flask, world: World, migrator: Engine) -> None:
    owner, client = api_of(app, world, "owner"), app.test_client()
    email = world.emails["caretaker"]
    client.post("/en/forgot-password", data={"email": email})
    reset = link_of(latest(migrator, email))
    client.post("/en/login/link", data={"email": world.emails["resident"]})
    link = link_of(latest(migrator, world.emails["resident"]))
    invited = send(owner, role="CARETAKER", building_id=str(world.building_id))
    owner.client.post("/en/account/security/add-app", data={"csrf_token": owner.csrf})
    pages: list[TestResponse] = [
        client.get(f"/en/reset-password/{reset}"),
        client.get(f"/en/login/link/{link}"),
        client.get(f"/en/invitations/{token_of(world, invited['id'])}"),
        owner.get("/en/account/security/add-app"),
    ]
    for page in pages:
        assert page.status_code == 200, page.text[:300]
        assert "no-store" in page.headers["Cache-Control"]
        assert page.headers["Referrer-Policy"] in ("no-referrer", "same-origin")


def test_secrets_are_in_no_row_and_no_log(
    app: Flask, world: World, migrator: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """Check 30: after a whole life of accounts no table, log, audit or event holds a secret."""
    caplog.set_level(logging.DEBUG)
    client = app.test_client()
    api = api_of(app, world, "manager")
    secret, codes = add_app(api)
    held = [secret, *codes, PASSWORD, NEW_PASSWORD, cookie(api, "ecopick_refresh")]
    held.append(cookie(api, "ecopick_session").partition(".")[2])
    invited = send(
        api_of(app, world, "owner"), role="CARETAKER", building_id=str(world.building_id)
    )
    held.append(token_of(world, invited["id"]))
    email = world.emails["caretaker"]
    client.post("/api/auth/magic-link", json={"email": email})
    held.append(link_of(latest(migrator, email)))
    client.post("/api/auth/magic-link/verify", json={"token": held[-1]})
    clock.shift(timedelta(minutes=2))
    client.post("/api/auth/password-reset/request", json={"email": email})
    held.append(link_of(latest(migrator, email)))
    body = {"token": held[-1], "password": NEW_PASSWORD}
    assert client.post("/api/auth/password-reset/confirm", json=body).status_code == 200
    waiting = first_step(client, world)["pending_login_id"]
    assert verify(client, waiting, recovery_code=codes[0]).status_code == 200
    client.post("/api/auth/login", json={"email": email, "password": f"{NEW_PASSWORD}-wrong"})
    lines = "\n".join(JsonLines().format(record) for record in caplog.records)
    with migrator.connect() as connection:
        tables = connection.execute(
            sa.text("select tablename from pg_tables where schemaname = 'public'")
        ).scalars()
        for table in list(tables):
            rows = connection.execute(sa.text(f'select t::text from "{table}" t')).scalars()
            stored = "\n".join(rows)
            assert not [each for each in held if each in stored], table
    assert not [each for each in held if each in lines]
    assert json.loads(lines.splitlines()[0])
