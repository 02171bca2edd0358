"""Signing in with an account at an identity provider."""

from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.config import Settings
from ecopick.core.uow import Database
from ecopick.domains.auth.models import AuthIdentity, AuthSession
from tests.factories import World
from tests.oidc_provider import LocalProvider
from tests.pages.providers.walking import CALLBACK, START, identity, passwordless, reasons, walk


def test_a_linked_account_opens_this_one(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    identity(world, provider)
    answer = walk(client, f"{START}?next=/en/account%3Ftab%3Droles")
    assert (answer.status_code, answer.location) == (303, "/en/account?tab=roles")
    assert client.get("/api/auth/me").json["email"] == world.emails["manager"]
    with Session(world.engine) as session:
        methods = session.scalars(
            select(AuthSession.method).where(AuthSession.user_id == world.people["manager"])
        ).all()
        used = session.scalars(
            select(AuthIdentity.last_used_at).where(AuthIdentity.user_id == world.people["manager"])
        ).one()
    assert methods == ["oidc:acme"]
    assert used is not None


def test_the_second_step_still_applies(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    passwordless(world, provider, two_factor_enabled=True, email_otp_enabled=True)
    identity(world, provider, "guest")
    answer = walk(client, f"{START}?next=/en/account")
    assert answer.status_code == 303
    assert "ecopick_pending=" in str(answer.headers)
    assert "next=/en/account" in answer.location
    assert client.get("/api/auth/me").status_code == 401
    assert reasons(world)[0] == "second_step_needed"


@pytest.mark.parametrize("evil", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_next_stays_on_this_site(
    client: FlaskClient, world: World, provider: LocalProvider, evil: str
) -> None:
    """Check 33: no open redirect by way of a provider."""
    identity(world, provider)
    answer = walk(client, f"{START}?{urlencode({'next': evil})}")
    assert answer.location == "/en/"


def test_the_language_survives(client: FlaskClient, world: World, provider: LocalProvider) -> None:
    """One registered address serves all languages."""
    provider.person.email = "nobody@acme.example"
    page = walk(client, "/de/login/with/acme").get_data(as_text=True)
    assert '<html lang="de"' in page


def test_the_sign_in_page_knows_the_choices(app: Flask) -> None:
    from ecopick.blueprints.auth.providers import sign_in_choices

    with app.test_request_context("/en/login?next=/en/account"):
        app.preprocess_request()
        assert sign_in_choices() == [
            {"key": "acme", "name": "Acme", "href": "/en/login/with/acme?next=/en/account"}
        ]


def test_without_providers_there_is_nothing(settings: Settings, database: Database) -> None:
    from ecopick.app import create_app

    app = create_app(settings, database)
    client = app.test_client()
    for path in (START, CALLBACK, "/en/login/with/x"):
        assert client.get(path).status_code == 404
    assert "login/with" not in client.get("/en/login").get_data(as_text=True)
