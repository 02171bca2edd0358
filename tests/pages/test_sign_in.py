"""The sign-in page and what hangs on the account menu, without scripts."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ecopick.core.roles import MembershipRole
from ecopick.domains.people.models import Membership
from tests.factories import PASSWORD, World


def submit(client: FlaskClient, world: World, nickname: str = "manager", **values: str) -> object:
    form = {"email": world.emails[nickname], "password": PASSWORD, **values}
    return client.post("/en/login", data=form)


def csrf(client: FlaskClient) -> str:
    page = client.get("/en/account").get_data(as_text=True)
    found = re.search(r'name="csrf-token" content="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("locale", ["en", "de", "fr", "it"])
def test_page_in_every_language(client: FlaskClient, locale: str) -> None:
    page = client.get(f"/{locale}/login")
    assert page.status_code == 200
    assert f'<html lang="{locale}"' in page.get_data(as_text=True)


def test_private_page_asks_to_sign_in_and_comes_back(client: FlaskClient, world: World) -> None:
    asked = client.get("/en/account?tab=roles")
    assert asked.status_code == 303
    assert asked.location.startswith("/en/login?next=")
    form = client.get(asked.location).get_data(as_text=True)
    assert 'name="next" value="/en/account?tab=roles"' in form
    answer = submit(client, world, next="/en/account?tab=roles")
    assert (answer.status_code, answer.location) == (303, "/en/account?tab=roles")
    assert client.get("/en/account").status_code == 200


def test_first_page_speaks_the_persons_language(client: FlaskClient, world: World) -> None:
    assert submit(client, world, "resident").location == "/de/"
    assert client.get("/en/login").location == "/de/"


@pytest.mark.parametrize("evil", ["//evil.example", "/\\evil.example", "https://evil.example", "x"])
def test_next_stays_on_this_site(client: FlaskClient, world: World, evil: str) -> None:
    """Check 33: no open redirect."""
    assert submit(client, world, next=evil).location == "/en/"


def test_refusal_keeps_what_was_typed(client: FlaskClient, world: World) -> None:
    answer = submit(client, world, password="no", remember_me="true", next="/en/account")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert f'value="{world.emails["manager"]}"' in page
    assert "That email and password do not match." in page
    assert 'name="next" value="/en/account"' in page
    assert re.search(r'name="remember_me"[^>]* checked', page)
    assert 'value="no"' not in page


def test_blank_fields_are_marked(client: FlaskClient) -> None:
    answer = client.post("/en/login", data={"email": "", "password": ""})
    assert answer.status_code == 422
    assert answer.get_data(as_text=True).count('aria-invalid="true"') == 2


def test_waiting_is_explained(client: FlaskClient, world: World) -> None:
    for _ in range(5):
        submit(client, world, password="no")
    answer = submit(client, world)
    assert answer.status_code == 429
    assert "Too many attempts" in answer.get_data(as_text=True)
    assert int(answer.headers["Retry-After"]) > 0


def test_signing_out(client: FlaskClient, world: World) -> None:
    submit(client, world)
    assert client.post("/en/logout").status_code == 403
    answer = client.post("/en/logout", data={"csrf_token": csrf(client)})
    assert (answer.status_code, answer.location) == (303, "/en/login")
    assert client.get("/en/account").status_code == 303


def test_changing_the_owner(
    app: Flask, client: FlaskClient, world: World, other_world: World
) -> None:
    other_world.add(
        Membership(
            user_id=world.people["manager"],
            role=MembershipRole.BUILDING_MANAGER,
            property_owner_id=other_world.owner_id,
        )
    )
    submit(client, world)
    for owner_id in (world.owner_id, other_world.owner_id):
        form = {"csrf_token": csrf(client), "property_owner_id": str(owner_id)}
        assert client.post("/en/account/owner", data=form).status_code == 303
        assert client.get("/api/auth/me").json["property_owner_id"] == str(owner_id)


def test_changing_to_a_foreign_owner(client: FlaskClient, world: World, other_world: World) -> None:
    submit(client, world)
    form = {"csrf_token": csrf(client), "property_owner_id": str(other_world.owner_id)}
    assert client.post("/en/account/owner", data=form).status_code == 422


def test_changing_the_language(client: FlaskClient, world: World) -> None:
    submit(client, world)
    form = {"csrf_token": csrf(client), "language": "fr", "next": "/en/account?tab=roles"}
    answer = client.post("/en/account/language", data=form)
    assert (answer.status_code, answer.location) == (303, "/fr/account?tab=roles")
    assert client.get("/api/auth/me").json["language"] == "fr"


def test_account_page_lists_roles_and_units(client: FlaskClient, world: World) -> None:
    submit(client, world, "resident")
    page = client.get("/en/account/memberships").get_data(as_text=True)
    assert "3.07" in page
    assert "Wiehre-Höfe" in page


def test_buildings_page(client: FlaskClient, world: World) -> None:
    submit(client, world)
    page = client.get("/en/buildings").get_data(as_text=True)
    assert "Wiehre-Höfe" in page
    assert "Nordtor" in page
    assert 'class="facade"' in page
