"""Linking and unlinking accounts at identity providers under account security."""

import re
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.core.audit.models import AuditEvent
from ecopick.core.db import new_id
from ecopick.domains.auth.models import AuthIdentity, WebAuthnCredential
from tests.factories import PASSWORD, World
from tests.oidc_provider import LocalProvider
from tests.pages.providers.walking import (
    approve,
    identity,
    linked,
    mails,
    walk,
)

PAGE = "/en/account/security"


def sign_in(client: FlaskClient, world: World, nickname: str = "manager") -> None:
    form = {"email": world.emails[nickname], "password": PASSWORD}
    assert client.post("/en/login", data=form).status_code == 303


def post(client: FlaskClient, path: str, **fields: Any) -> TestResponse:
    page = client.get(PAGE).get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([0-9a-f]{64})"', page)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], **fields})


def connect(client: FlaskClient) -> TestResponse:
    """Begin on the page, go to the provider, come back."""
    answer = post(client, f"{PAGE}/identities/acme")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200, page
    href = re.search(r'href="(http://127[^"]+)"', page)
    assert href is not None
    return client.get(approve(href[1].replace("&amp;", "&")))


def ids(world: World, nickname: str = "manager") -> list[Any]:
    with Session(world.engine) as session:
        query = select(AuthIdentity.id).where(AuthIdentity.user_id == world.people[nickname])
        return list(session.scalars(query))


def test_connecting_and_signing_in_with_it(
    app: Flask, client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    sign_in(client, world)
    assert "Connect Acme" in client.get(PAGE).get_data(as_text=True)
    provider.person.email = "elsewhere@example.org"
    answer = connect(client)
    assert (answer.status_code, urlsplit(answer.location).path) == (303, PAGE)
    page = client.get(PAGE).get_data(as_text=True)
    assert "Acme is connected." in page and "elsewhere@example.org" in page
    assert linked(world, "manager") == [provider.person.subject]
    assert mails(world, "manager") == [("factor_added", "Acme")]
    other = app.test_client()
    assert walk(other).status_code == 303
    assert other.get("/api/auth/me").json["email"] == world.emails["manager"]
    connect(client)
    assert "Acme was connected already." in client.get(PAGE).get_data(as_text=True)


def test_the_change_is_in_the_audit(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    sign_in(client, world)
    connect(client)
    with Session(world.engine) as session:
        actions = session.scalars(
            select(AuditEvent.action).where(AuditEvent.actor_id == world.people["manager"])
        ).all()
    assert "ENTITY_CREATED" in actions


def test_connecting_needs_a_fresh_proof(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    """Check 12: five minutes after the sign-in the person is asked again."""
    sign_in(client, world)
    clock.shift(timedelta(minutes=6))
    answer = post(client, f"{PAGE}/identities/acme")
    assert answer.status_code == 403
    assert "127.0.0.1" not in answer.get_data(as_text=True)
    confirmed = post(client, f"{PAGE}/identities/acme", access_password=PASSWORD)
    assert confirmed.status_code == 200
    assert "Continue to Acme" in confirmed.get_data(as_text=True)


def test_connecting_needs_the_token_and_a_person(client: FlaskClient, world: World) -> None:
    """Check 33: another site cannot make a browser connect anything."""
    assert client.post(f"{PAGE}/identities/acme").status_code == 303
    sign_in(client, world)
    assert client.post(f"{PAGE}/identities/acme").status_code == 403


def test_somebody_elses_identity(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    identity(world, provider, "caretaker")
    sign_in(client, world)
    assert urlsplit(connect(client).location).path == PAGE
    assert "connected to another account" in client.get(PAGE).get_data(as_text=True)
    assert linked(world, "manager") == []


def test_only_the_sign_in_that_began_can_finish(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    sign_in(client, world)
    page = post(client, f"{PAGE}/identities/acme").get_data(as_text=True)
    href = re.search(r'href="(http://127[^"]+)"', page)
    assert href is not None
    back = approve(href[1].replace("&amp;", "&"))
    post(client, "/en/logout")
    sign_in(client, world, "caretaker")
    assert urlsplit(client.get(back).location).path == PAGE
    assert linked(world, "caretaker") == linked(world, "manager") == []


def test_disconnecting(
    app: Flask, client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    identity(world, provider)
    other = app.test_client()
    assert walk(other).status_code == 303
    sign_in(client, world)
    answer = post(client, f"{PAGE}/identities/{ids(world)[0]}/remove")
    assert answer.status_code == 303
    assert linked(world, "manager") == []
    assert mails(world, "manager")[-1] == ("factor_removed", "Acme")
    assert client.get("/api/auth/me").status_code == 200
    assert other.get("/api/auth/me").status_code == 401
    assert walk(app.test_client()).status_code == 403


def test_disconnecting_needs_a_fresh_proof(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    identity(world, provider)
    sign_in(client, world)
    clock.shift(timedelta(minutes=6))
    assert post(client, f"{PAGE}/identities/{ids(world)[0]}/remove").status_code == 403
    assert len(ids(world)) == 1


def test_foreign_and_missing_identities_answer_alike(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    """Check 15: nobody takes off what is another's."""
    identity(world, provider, "caretaker")
    sign_in(client, world)
    for key in (ids(world, "caretaker")[0], new_id()):
        assert post(client, f"{PAGE}/identities/{key}/remove").status_code == 404
    assert len(ids(world, "caretaker")) == 1


@pytest.fixture
def guest(app: Flask, world: World, provider: LocalProvider) -> FlaskClient:
    """Somebody whose only way in is Acme, signed in by it."""
    user = world.person("guest")
    user.password_hash = None
    world.add(user)
    identity(world, provider, "guest")
    client = app.test_client()
    assert walk(client).status_code == 303
    return client


def test_the_last_way_in_stays(guest: FlaskClient, world: World, provider: LocalProvider) -> None:
    post(guest, f"{PAGE}/identities/{ids(world, 'guest')[0]}/remove")
    assert "last way to sign in" in guest.get(PAGE).get_data(as_text=True)
    assert len(ids(world, "guest")) == 1
    world.add(
        WebAuthnCredential(
            user_id=world.people["guest"], name="Key", credential_id=new_id().bytes, public_key=b"k"
        )
    )
    post(guest, f"{PAGE}/identities/{ids(world, 'guest')[0]}/remove")
    assert ids(world, "guest") == []


def test_two_at_once_leave_one(
    app: Flask, guest: FlaskClient, world: World, provider: LocalProvider
) -> None:
    """Check 20: parallel requests cannot take both of the last two."""
    provider.person.subject = new_id().hex
    identity(world, provider, "guest")
    page = guest.get(PAGE).get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([0-9a-f]{64})"', page)
    assert token is not None
    cookies = [guest.get_cookie(name) for name in ("ecopick_session", "ecopick_device")]
    gate = threading.Barrier(2)

    def remove(key: object) -> None:
        twin = app.test_client()
        for cookie in cookies:
            assert cookie is not None
            twin.set_cookie(cookie.key, cookie.value)
        gate.wait()
        twin.post(f"{PAGE}/identities/{key}/remove", data={"csrf_token": token[1]})

    threads = [threading.Thread(target=remove, args=(key,)) for key in ids(world, "guest")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids(world, "guest")) == 1


def test_without_providers_there_is_no_card(settings: Any, database: Any, world: World) -> None:
    from ecopick.app import create_app

    client = create_app(settings, database).test_client()
    sign_in(client, world)
    assert "Sign-in with other accounts" not in client.get(PAGE).get_data(as_text=True)
    assert post(client, f"{PAGE}/identities/acme").status_code == 404


def test_a_provider_that_is_away_is_told_on_the_page(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    sign_in(client, world)
    provider.faults.answers["/.well-known/openid-configuration"] = (503, b"")
    answer = post(client, f"{PAGE}/identities/acme")
    assert (answer.status_code, urlsplit(answer.location).path) == (303, PAGE)
    page = client.get(PAGE).get_data(as_text=True)
    assert "Acme is not answering." in page
    assert "Account of another provider not connected" in page


def test_a_refused_answer_links_nothing(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    sign_in(client, world)
    provider.faults.claims = lambda told: told | {"aud": "someone-else"}
    assert urlsplit(connect(client).location).path == PAGE
    assert "could not be confirmed" in client.get(PAGE).get_data(as_text=True)
    assert linked(world, "manager") == []
