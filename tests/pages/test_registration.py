"""Opening an account on pages, without scripts; going back loses nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.people.models import User
from tests.factories import World
from tests.mailed_proofs import code_of, latest, mails_to, other_than, stranger

NEW = "vier Wolken ziehen ostwärts"


def begin(client: FlaskClient, email: str, **values: str) -> Any:
    return client.post("/en/register", data={"email": email, **values})


def enter(client: FlaskClient, world: World, email: str) -> Any:
    code = code_of(latest(world.engine, email))
    return client.post("/en/register/code", data={"code": code})


def finish(client: FlaskClient, **values: str) -> Any:
    form = {"name": "Nora Neu", "password": NEW, "language": "it", **values}
    return client.post("/en/register/details", data=form)


def text_of(client: FlaskClient, path: str) -> str:
    return client.get(path).get_data(as_text=True)


def test_three_pages_to_an_account(client: FlaskClient, world: World) -> None:
    email = stranger()
    assert "Step 1 of 3" in text_of(client, "/en/register?next=/en/account")
    answer = begin(client, email, next="/en/account")
    assert (answer.status_code, answer.location) == (303, "/en/register/code")
    page = text_of(client, answer.location)
    assert "Step 2 of 3" in page
    assert email in page
    answer = enter(client, world, email)
    assert (answer.status_code, answer.location) == (303, "/en/register/details")
    page = text_of(client, answer.location)
    assert "Step 3 of 3" in page
    assert 'autocomplete="new-password"' in page
    answer = finish(client)
    assert (answer.status_code, answer.location) == (303, "/en/account")
    me = client.get("/api/auth/me").json
    assert (me["email"], me["name"], me["language"]) == (email, "Nora Neu", "it")
    assert client.get_cookie("ecopick_registration") is None
    assert client.get("/en/register").status_code == 303


def test_pages_are_the_same_for_whoever_has_an_account(app: Flask, world: World) -> None:
    """Check 4: the pages tell nothing."""
    seen = []
    for email in (world.emails["manager"], stranger()):
        client = app.test_client()
        answer = begin(client, email)
        page = text_of(client, answer.location).replace(email, "")
        wrong = client.post("/en/register/code", data={"code": "abc"})
        wrong_page = wrong.get_data(as_text=True).replace(email, "")
        seen.append(
            (
                answer.status_code,
                answer.location,
                sorted(answer.headers.keys()),
                page,
                wrong.status_code,
                wrong_page,
            )
        )
    assert seen[0] == seen[1]


def test_going_back_loses_nothing_and_mails_nothing(client: FlaskClient, world: World) -> None:
    email = stranger()
    begin(client, email)
    assert f'value="{email}"' in text_of(client, "/en/register")
    assert begin(client, email.upper()).location == "/en/register/code"
    assert len(mails_to(world.engine, email)) == 1
    enter(client, world, email)
    page = text_of(client, "/en/register/code")
    assert "Your address is confirmed" in page
    assert 'href="/en/register/details"' in page
    assert f'value="{email}"' in text_of(client, "/en/register")
    refused = finish(client, password="short", name="Nora <Neu>")
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert 'value="Nora &lt;Neu&gt;"' in page
    assert re.search(r'<option value="it" selected', page)
    assert "short" not in re.findall(r'value="([^"]*)"', page)
    assert finish(client).status_code == 303


def test_steps_may_be_kept_by_the_browser_alone(client: FlaskClient, world: World) -> None:
    email = stranger()
    begin(client, email)
    enter(client, world, email)
    for path in ("/en/register", "/en/register/code", "/en/register/details"):
        assert client.get(path).headers["Cache-Control"] == "private, no-cache"


def test_steps_cannot_be_skipped(client: FlaskClient, world: World) -> None:
    for path in ("/en/register/code", "/en/register/details"):
        assert client.get(path).status_code == 303
    for path in ("/en/register/code", "/en/register/details", "/en/register/again"):
        assert client.post(path, data={"code": "123456"}).status_code == 303
    begin(client, stranger())
    assert client.get("/en/register/details").location == "/en/register/code"
    assert finish(client).location == "/en/register/code"


def test_another_browser_does_not_go_on(app: Flask, client: FlaskClient, world: World) -> None:
    email = stranger()
    begin(client, email)
    enter(client, world, email)
    other = app.test_client()
    other.set_cookie("ecopick_registration", f"{latest(world.engine, email).id}.AAAA")
    assert finish(other).location == "/en/register/code"
    with Session(world.engine) as session:
        assert not session.scalars(sa.select(User).where(User.email == email)).all()


def test_a_wrong_code_is_said_under_its_field(client: FlaskClient, world: World) -> None:
    email = stranger()
    begin(client, email)
    wrong = other_than(code_of(latest(world.engine, email)))
    answer = client.post("/en/register/code", data={"code": wrong})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="f-code-error"' in page
    blank = client.post("/en/register/code", data={"code": ""})
    assert "This field is needed." in blank.get_data(as_text=True)
    assert enter(client, world, email).location == "/en/register/details"


def test_another_code_after_a_minute(client: FlaskClient, world: World) -> None:
    email = stranger()
    begin(client, email, next="/en/account")
    first = code_of(latest(world.engine, email))
    early = client.post("/en/register/again")
    assert early.status_code == 429
    assert int(early.headers["Retry-After"]) <= 61
    clock.shift(timedelta(seconds=61))
    assert client.post("/en/register/again").location == "/en/register/code"
    assert len(mails_to(world.engine, email)) == 2
    assert client.post("/en/register/code", data={"code": first}).status_code == 422
    enter(client, world, email)
    assert finish(client).location == "/en/account"


def test_an_address_taken_meanwhile_is_told_to_its_owner(client: FlaskClient, world: World) -> None:
    email = stranger()
    begin(client, email)
    enter(client, world, email)
    world.add(User(email=email, email_verified=True, language="en"))
    answer = finish(client)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "There is already an account with this email address." in page
    assert 'href="/en/login"' in page


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c.org", "a b@c.org"])
def test_what_is_no_address_comes_back(client: FlaskClient, world: World, email: str) -> None:
    answer = begin(client, email)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in page
    assert f'value="{email}"' in page


def test_extra_fields_are_refused(client: FlaskClient, world: World) -> None:
    """Check 19: nobody registers as somebody else or as an administrator."""
    email = stranger()
    begin(client, email)
    enter(client, world, email)
    for extra in ({"email": "evil@example.org"}, {"is_app_admin": "true"}):
        assert finish(client, **extra).status_code == 422


def test_waiting_is_explained(client: FlaskClient, world: World) -> None:
    for _turn in range(20):
        client.delete_cookie("ecopick_registration")
        assert begin(client, stranger()).status_code == 303
    client.delete_cookie("ecopick_registration")
    answer = begin(client, stranger())
    assert answer.status_code == 429
    assert "Too many attempts" in answer.get_data(as_text=True)


@pytest.mark.parametrize("locale", ["en", "de", "fr", "it"])
def test_page_in_every_language(client: FlaskClient, locale: str) -> None:
    assert f'<html lang="{locale}"' in client.get(f"/{locale}/register").get_data(as_text=True)
