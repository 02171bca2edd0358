"""The second step of a sign-in as a page, without scripts."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import PASSWORD, World
from tests.factors import (
    mailed_code,
    next_code,
    person_with_app,
    person_with_both,
    person_with_mailed_codes,
)

PAGE = "/en/login/second-step"


def sign_in(client: FlaskClient, world: World, **more: str) -> Any:
    form = {"email": world.emails["manager"], "password": PASSWORD, **more}
    return client.post("/en/login", data=form)


def test_password_then_code_then_where_one_wanted_to_go(
    app: Flask, client: FlaskClient, world: World
) -> None:
    secret = person_with_both(app, world)
    answer = sign_in(client, world, next="/en/account")
    assert (answer.status_code, answer.location) == (303, f"{PAGE}?next=/en/account")
    page = client.get(answer.location)
    assert page.status_code == 200
    for words in (
        "Step 2 of 2",
        "Confirm it is you",
        "Enter the 6-digit code from your authenticator app.",
        "Paste works. The code checks itself after the last digit.",
        "Confirm and sign in",
        "Email me a code",
        "To m•••••••@example.org",
        "Use a recovery code",
        "10 of 10 left",
    ):
        assert words in page.text
    assert 'autocomplete="one-time-code"' in page.text
    assert world.emails["manager"] not in page.text
    assert 'name="next" value="/en/account"' in page.text
    assert client.get("/en/account").status_code == 303
    done = client.post(PAGE, data={"code": next_code(secret), "next": "/en/account"})
    assert (done.status_code, done.location) == (303, "/en/account")
    assert client.get("/en/account").status_code == 200
    assert client.get_cookie("ecopick_pending") is None


@pytest.mark.parametrize("evil", ["//evil.example", "https://evil.example", "/\\evil"])
def test_next_stays_here(app: Flask, client: FlaskClient, world: World, evil: str) -> None:
    """Check 33: after the second step as well."""
    secret, _codes = person_with_app(app, world)
    assert sign_in(client, world, next=evil).location == PAGE
    done = client.post(PAGE, data={"code": next_code(secret), "next": evil})
    assert done.location == "/en/"


def test_a_wrong_code_is_said_under_its_field(
    app: Flask, client: FlaskClient, world: World
) -> None:
    person_with_app(app, world)
    sign_in(client, world)
    refused = client.post(PAGE, data={"code": "000000"})
    assert refused.status_code == 401
    assert "That code is not right. 4 attempts left." in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert 'value="000000"' not in refused.text
    blank = client.post(PAGE, data={"code": ""})
    assert blank.status_code == 422


def test_after_five_wrong_codes_one_begins_again(
    app: Flask, client: FlaskClient, world: World
) -> None:
    secret, _codes = person_with_app(app, world)
    sign_in(client, world)
    for _ in range(4):
        assert client.post(PAGE, data={"code": "000000"}).status_code == 401
    last = client.post(PAGE, data={"code": "000000"})
    assert (last.status_code, last.location) == (303, "/en/login")
    assert "Please sign in again." in client.get("/en/login").text
    over = client.post(PAGE, data={"code": next_code(secret)})
    assert over.location == "/en/login"


def test_a_mailed_code(app: Flask, client: FlaskClient, world: World) -> None:
    person_with_mailed_codes(app, world)
    sign_in(client, world)
    page = client.get(PAGE).text
    assert "We send a 6-digit code to m•••••••@example.org." in page
    assert 'name="code"' not in page
    asked = client.post(f"{PAGE}/way", data={"method": "email_code", "next": "/en/account"})
    assert (asked.status_code, asked.location) == (303, f"{PAGE}?next=/en/account")
    page = client.get(PAGE).text
    assert "Enter the 6-digit code that we sent to" in page and "Send another code" in page
    soon = client.post(f"{PAGE}/way", data={"method": "email_code"})
    assert soon.status_code == 429 and "Retry-After" in soon.headers
    assert "A code is on its way." in soon.text
    done = client.post(PAGE, data={"code": mailed_code(world)})
    assert (done.status_code, done.location) == (303, "/en/")


def test_reading_mails_nothing(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 33: no GET changes anything."""
    person_with_mailed_codes(app, world)
    sign_in(client, world)
    for query in ("", "?way=email_code", "?method=email_code"):
        client.get(PAGE + query)
        client.head(PAGE + query)
    assert client.get(f"{PAGE}/way").status_code == 405
    with world.engine.connect() as connection:
        count = connection.exec_driver_sql(
            "select count(*) from account_mails where kind = 'second_step_code'"
            f" and user_id = '{world.people['manager']}'"
        )
        assert count.scalar_one() == 0


def test_a_recovery_code(app: Flask, client: FlaskClient, world: World) -> None:
    _secret, codes = person_with_app(app, world)
    sign_in(client, world)
    page = client.get(f"{PAGE}?way=recovery_code").text
    assert 'name="recovery_code"' in page and "Use your authenticator app" in page
    refused = client.post(PAGE, data={"recovery_code": "AAAA-AAAA-AAAA"})
    assert refused.status_code == 401 and 'name="recovery_code"' in refused.text
    done = client.post(PAGE, data={"recovery_code": codes[0]})
    assert done.status_code == 303
    assert "9 recovery codes are left." in client.get(done.location).text


def test_without_a_first_step_one_begins_there(client: FlaskClient) -> None:
    for answer in (
        client.get(f"{PAGE}?next=/en/account"),
        client.post(PAGE, data={"code": "123456", "next": "/en/account"}),
        client.post(f"{PAGE}/way", data={"method": "totp", "next": "/en/account"}),
    ):
        assert (answer.status_code, answer.location) == (303, "/en/login?next=/en/account")


def test_another_browser_cannot_take_the_step(
    app: Flask, client: FlaskClient, world: World
) -> None:
    secret, _codes = person_with_app(app, world)
    sign_in(client, world)
    held = client.get_cookie("ecopick_pending")
    assert held is not None
    pending_id = held.value.partition(".")[0]
    thief = app.test_client()
    for forged in (pending_id, f"{pending_id}.", f"{pending_id}.AAAA", held.value[:-2] + "xx"):
        thief.set_cookie("ecopick_pending", forged)
        assert thief.get(PAGE).location == "/en/login"
        assert thief.post(PAGE, data={"code": next_code(secret)}).location == "/en/login"


def test_another_site_cannot_take_the_step(app: Flask, client: FlaskClient, world: World) -> None:
    secret, _codes = person_with_app(app, world)
    sign_in(client, world)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = client.post(PAGE, data={"code": next_code(secret)}, headers=headers)
        assert answer.status_code == 403
        answer = client.post(f"{PAGE}/way", data={"method": "email_code"}, headers=headers)
        assert answer.status_code == 403


@pytest.mark.parametrize("locale", ["de", "fr", "it"])
def test_in_every_language(app: Flask, client: FlaskClient, world: World, locale: str) -> None:
    person_with_app(app, world)
    sign_in(client, world)
    page = client.get(f"/{locale}/login/second-step")
    assert page.status_code == 200
    assert re.search(rf'<html lang="{locale}"', page.text)
