"""An application with one identity provider, which really runs on this machine."""

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask

from ecopick.config import IdentityProvider, Settings
from ecopick.core.db import new_id
from ecopick.core.uow import Database
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, LocalProvider, local_provider
from tests.pages.providers.walking import CALLBACK


@pytest.fixture(scope="module")
def running() -> Iterator[LocalProvider]:
    with local_provider() as provider:
        provider.redirect_uris.add(f"http://localhost{CALLBACK}")
        yield provider


@pytest.fixture
def provider(running: LocalProvider) -> LocalProvider:
    """The provider, without faults, with somebody whom nobody knows yet."""
    running.faults = type(running.faults)()
    running.person = type(running.person)(subject=new_id().hex)
    running.seen.clear()
    return running


@pytest.fixture
def app(settings: Settings, database: Database, provider: LocalProvider) -> Flask:
    """The application with one provider, whose word counts for acme.example."""
    from ecopick.app import create_app

    acme = IdentityProvider(
        key="acme",
        name="Acme",
        issuer=provider.issuer,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        email_domains=("acme.example",),
    )
    made = create_app(dataclasses.replace(settings, identity_providers=(acme,)), database)
    made.config.update(TESTING=True)
    return made
