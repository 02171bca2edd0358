"""Signing in, the session's cookies and the CSRF token, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.core.roles import MembershipRole
from ecopick.domains.people.models import Membership
from ecopick.web.session_cookies import csrf_token_for, read_session_id
from tests.factories import PASSWORD, World


def sign_in(client: FlaskClient, world: World, nickname: str, **values: Any) -> TestResponse:
    body = {"email": world.emails[nickname], "password": PASSWORD, **values}
    return client.post("/api/auth/login", json=body)


def cookie(response: TestResponse, name: str) -> str:
    """The Set-Cookie line of a cookie."""
    lines = [line for line in response.headers.getlist("Set-Cookie") if line.startswith(f"{name}=")]
    assert len(lines) == 1
    return lines[0]


def token(client: FlaskClient) -> dict[str, str]:
    found = client.get_cookie("ecopick_csrf")
    assert found is not None
    return {"X-CSRF-Token": found.value}


def test_sign_in_answers_the_person(client: FlaskClient, world: World) -> None:
    response = sign_in(client, world, "manager")
    assert response.status_code == 200
    body = response.json
    assert body["email"] == world.emails["manager"]
    assert body["property_owner_id"] == str(world.owner_id)
    assert [role["role"] for role in body["memberships"]] == ["BUILDING_MANAGER"]
    assert body["flags"]["is_management"]
    assert body["csrf_token"] == token(client)["X-CSRF-Token"]
    assert client.get("/api/auth/me").json == body


def test_me_of_a_resident(client: FlaskClient, world: World) -> None:
    body = sign_in(client, world, "resident").json
    assert [unit["label"] for unit in body["units"]] == ["3.07"]
    assert body["flags"]["is_resident"]
    assert not body["flags"]["is_staff"]
    assert body["language"] == "de"


def test_me_of_a_vendor(client: FlaskClient, world: World) -> None:
    body = sign_in(client, world, "vendor").json
    assert body["memberships"][0]["vendor_org_name"].startswith("Plumber")
    assert body["flags"]["is_vendor"]


def test_me_never_tells_secrets(client: FlaskClient, world: World) -> None:
    body = sign_in(client, world, "manager").get_data(as_text=True)
    for word in ("password", "hash", "totp_secret"):
        assert word not in body


def test_cookies(client: FlaskClient, world: World) -> None:
    """Check 13: HttpOnly and SameSite; only the CSRF token can be read by scripts."""
    response = sign_in(client, world, "manager")
    session = cookie(response, "ecopick_session")
    assert "Max-Age=43200" in session and "HttpOnly" in session and "SameSite=Lax" in session
    refresh = cookie(response, "ecopick_refresh")
    assert "Max-Age" not in refresh and "HttpOnly" in refresh and "SameSite=Strict" in refresh
    readable = cookie(response, "ecopick_csrf")
    assert "HttpOnly" not in readable and "SameSite=Lax" in readable


def test_remembered_cookies_last_thirty_days(client: FlaskClient, world: World) -> None:
    response = sign_in(client, world, "manager", remember_me=True)
    for name in ("ecopick_session", "ecopick_refresh"):
        assert "Max-Age=2592000" in cookie(response, name)


@pytest.mark.parametrize(
    "value",
    ["", "nonsense", "{id}", "{id}.", "{id}.AAAA", "{id}.{other}", "{id}.%%%", "{id}.ä"],
)
def test_forged_cookie(app: Flask, client: FlaskClient, world: World, value: str) -> None:
    sign_in(client, world, "manager")
    real = client.get_cookie("ecopick_session")
    assert real is not None
    session_id, signature = real.value.split(".")
    forged = value.format(id=session_id, other=signature[::-1])
    fresh = app.test_client()
    fresh.set_cookie("ecopick_session", forged)
    assert fresh.get("/api/auth/me").status_code == 401


def test_previous_signing_key_still_counts(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 13: keys rotate; the one before still verifies, older ones do not."""
    from ecopick.core import crypto

    sign_in(client, world, "manager")
    before = crypto.keys()
    try:
        crypto.use_keys(crypto.Keys(before.data, (b"n" * 32, *before.signing)))
        page = client.get("/en/account")
        assert page.status_code == 200
        assert "ecopick_csrf=" in page.headers["Set-Cookie"]
        assert client.post("/api/auth/logout", headers=token(client)).status_code == 204
        sign_in(client, world, "caretaker")
        crypto.use_keys(crypto.Keys(before.data, (b"o" * 32,)))
        assert client.get("/api/auth/me").status_code == 401
    finally:
        crypto.use_keys(before)


@pytest.mark.parametrize("known", [True, False])
def test_wrong_pair(client: FlaskClient, world: World, known: bool) -> None:
    """Check 4: one answer for a wrong password and an unknown address."""
    email = world.emails["manager"] if known else f"x-{world.owner_id.hex}@example.org"
    response = client.post("/api/auth/login", json={"email": email, "password": "no"})
    assert response.status_code == 401
    assert response.content_type == "application/problem+json"
    body = response.json
    body.pop("request_id")
    assert body == {
        "type": "about:blank",
        "title": "That email and password do not match. 4 attempts left before a 1-minute wait.",
        "status": 401,
        "code": "wrong_credentials",
        "errors": {
            "password": "That email and password do not match. "
            "4 attempts left before a 1-minute wait."
        },
    }
    assert "Set-Cookie" not in response.headers


def test_too_many_failures(client: FlaskClient, world: World) -> None:
    for _ in range(5):
        sign_in(client, world, "manager", password="no")
    response = sign_in(client, world, "manager")
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 61


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": PASSWORD}, "email"),
        ({"email": "a@example.org"}, "password"),
        ({"email": "no address", "password": "x"}, "email"),
        ({"email": ["a@example.org", "b@example.org"], "password": "x"}, "email"),
        ({"email": "a@example.org", "password": "x" * 257}, "password"),
        ({"email": "a@example.org", "password": "x", "is_app_admin": True}, "is_app_admin"),
    ],
)
def test_malformed_sign_in(client: FlaskClient, body: dict[str, Any], field: str) -> None:
    """Check 19: unknown fields are refused like malformed ones."""
    response = client.post("/api/auth/login", json=body)
    assert response.status_code == 422
    assert field in response.json["errors"]


def test_body_that_is_no_object(client: FlaskClient) -> None:
    response = client.post("/api/auth/login", data="[1]", content_type="application/json")
    assert response.status_code == 400


def test_signing_in_again_ends_the_earlier_session(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Check 10: the session id changes; the earlier one is dead."""
    sign_in(client, world, "manager")
    first = client.get_cookie("ecopick_session")
    sign_in(client, world, "manager")
    second = client.get_cookie("ecopick_session")
    assert first is not None and second is not None and first.value != second.value
    other = app.test_client()
    other.set_cookie("ecopick_session", first.value)
    assert other.get("/api/auth/me").status_code == 401
    assert client.get("/api/auth/me").status_code == 200


def test_signing_out(client: FlaskClient, world: World) -> None:
    sign_in(client, world, "manager")
    kept = client.get_cookie("ecopick_session")
    assert kept is not None
    assert client.post("/api/auth/logout", headers=token(client)).status_code == 204
    assert client.get_cookie("ecopick_session") is None
    client.set_cookie("ecopick_session", kept.value)
    assert client.get("/api/auth/me").status_code == 401


def test_change_without_csrf_token(client: FlaskClient, world: World) -> None:
    sign_in(client, world, "manager")
    for headers in ({}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": "ä"}):
        response = client.post("/api/auth/logout", headers=headers)
        assert (response.status_code, response.json["code"]) == (403, "csrf")
    assert client.get("/api/auth/me").status_code == 200


def test_csrf_token_belongs_to_its_session(app: Flask, client: FlaskClient, world: World) -> None:
    sign_in(client, world, "manager")
    other = app.test_client()
    sign_in(other, world, "caretaker")
    response = client.post("/api/auth/logout", headers=token(other))
    assert response.status_code == 403


def test_sign_in_from_another_site(client: FlaskClient, world: World) -> None:
    """Check 33: a cross-site post is refused, sign-in included."""
    body = {"email": world.emails["manager"], "password": PASSWORD}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/api/auth/login", json=body, headers=headers).status_code == 403


def test_idle_session(client: FlaskClient, world: World) -> None:
    sign_in(client, world, "manager")
    clock.shift(timedelta(minutes=31))
    response = client.get("/api/auth/me")
    assert (response.status_code, response.json["code"]) == (401, "unauthenticated")


def test_owner_header(client: FlaskClient, world: World, other_world: World) -> None:
    other_world.add(
        Membership(
            user_id=world.people["manager"],
            role=MembershipRole.BUILDING_MANAGER,
            property_owner_id=other_world.owner_id,
        )
    )
    body = sign_in(client, world, "manager").json
    owners = {str(world.owner_id), str(other_world.owner_id)}
    assert {owner["id"] for owner in body["property_owners"]} == owners
    assert all(role["property_owner_name"] for role in body["memberships"])
    for owner_id in owners:
        found = client.get("/api/auth/me", headers={"X-Property-Owner": owner_id})
        assert found.json["property_owner_id"] == owner_id


def test_foreign_owner_header(client: FlaskClient, world: World, other_world: World) -> None:
    sign_in(client, world, "manager")
    headers = {"X-Property-Owner": str(other_world.owner_id)}
    assert client.get("/api/auth/me", headers=headers).status_code == 404


def test_own_units_and_roles(client: FlaskClient, world: World) -> None:
    sign_in(client, world, "resident")
    units = client.get("/api/users/me/units").json["items"]
    assert [unit["unit_id"] for unit in units] == [str(world.unit_id)]
    assert client.get("/api/users/me/units?unit_type=OFFICE").json["items"] == []
    assert client.get("/api/users/me/units?unit_type=CASTLE").status_code == 422
    assert client.get("/api/memberships").json["items"] == []


def test_unit_and_its_areas(client: FlaskClient, world: World) -> None:
    sign_in(client, world, "resident")
    unit = client.get(f"/api/units/{world.unit_id}").json
    assert (unit["label"], unit["building_name"]) == ("3.07", "Wiehre-Höfe")
    sections = client.get(f"/api/units/{world.unit_id}/sections").json["items"]
    assert [section["name"] for section in sections] == ["Küche"]
    assert [line["name"] for line in client.get("/api/buildings").json["items"]] == ["Wiehre-Höfe"]


def test_foreign_unit_answers_as_a_missing_one(
    client: FlaskClient, world: World, other_world: World
) -> None:
    """Check 15: foreign, missing and malformed ids look the same."""
    sign_in(client, world, "manager")
    answers = []
    for unit_id in (other_world.unit_id, world.section_id, "nonsense"):
        for path in (f"/api/units/{unit_id}", f"/api/units/{unit_id}/sections"):
            response = client.get(path)
            body = response.json
            body.pop("request_id")
            answers.append((response.status_code, body))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 404


def test_session_value_reads_back(app: Flask, client: FlaskClient, world: World) -> None:
    sign_in(client, world, "manager")
    real = client.get_cookie("ecopick_session")
    assert real is not None
    with app.test_request_context(headers={"Cookie": f"ecopick_session={real.value}"}) as context:
        session_id = read_session_id(context.request)
        assert session_id is not None
        assert csrf_token_for(session_id) == token(client)["X-CSRF-Token"]
