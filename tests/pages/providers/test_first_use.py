"""What an account at a provider opens when it comes for the first time."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.db import new_id
from ecopick.core.roles import MembershipRole
from ecopick.domains.people.lifecycle import OrganizationType
from ecopick.domains.people.models import Invitation, User
from tests.factories import World
from tests.oidc_provider import LocalProvider
from tests.pages.providers.walking import identity, linked, mails, passwordless, refused, walk


def test_strangers_get_no_account(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    provider.person.email = "nobody@acme.example"
    page = refused(walk(client), world, 403, "no_account")
    assert "Ask your building manager for an invitation." in page
    with Session(world.engine) as session:
        found = session.scalar(select(User.id).where(User.email == "nobody@acme.example"))
    assert found is None


def test_known_and_unknown_addresses_look_alike_without_proof(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    """Check 4: an address that the provider does not vouch for tells nothing."""
    pages = []
    for email, verified in (
        (world.emails["manager"], True),
        ("nobody@example.org", True),
        ("nobody@acme.example", False),
        (None, True),
    ):
        provider.person = type(provider.person)(new_id().hex, email, verified)
        pages.append(refused(walk(client), world, 403, "not_linked"))
    assert len(set(pages)) == 1
    assert "state=" not in pages[0]
    assert linked(world, "manager") == []


def test_an_unprotected_account_is_linked(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    passwordless(world, provider)
    assert walk(client).status_code == 303
    assert client.get("/api/auth/me").json["email"] == world.emails["guest"]
    assert linked(world, "guest") == [provider.person.subject]
    assert mails(world, "guest") == [("factor_added", "Acme")]


@pytest.mark.parametrize(
    "protection",
    [
        {"password_hash": "$argon2id$something"},
        {"two_factor_enabled": True},
        {"email_otp_enabled": True},
        {"totp_secret_enc": "sealed"},
        {"email_verified": False},
        {"is_app_admin": True},
    ],
)
def test_a_protected_account_is_linked_by_its_person_only(
    client: FlaskClient, world: World, provider: LocalProvider, protection: dict[str, Any]
) -> None:
    user = world.person("guest")
    user.email = f"guest-{user.id.hex[-8:]}@acme.example"
    user.password_hash = None
    provider.person.email = user.email
    for name, value in protection.items():
        setattr(user, name, value)
    world.add(user)
    page = refused(walk(client), world, 403, "link_first")
    assert "sign in to it once in the usual way" in page
    assert linked(world, "guest") == []


def test_a_second_identity_is_linked_by_its_person_only(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    passwordless(world, provider)
    identity(world, provider, "guest")
    provider.person.subject = new_id().hex
    refused(walk(client), world, 403, "link_first")
    assert len(linked(world, "guest")) == 1


def test_an_invitation_that_waits_is_led_to(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    invitation_id = new_id()
    token = crypto.token("invitation", invitation_id, 1)
    provider.person.email = f"new-{invitation_id.hex[-8:]}@acme.example"
    world.add(
        Invitation(
            id=invitation_id,
            property_owner_id=world.owner_id,
            token_hash=crypto.token_hash(token),
            email=provider.person.email,
            role=MembershipRole.CARETAKER,
            organization_type=OrganizationType.PROPERTY_OWNER,
            organization_id=world.owner_id,
            expires_at=clock.now() + timedelta(days=7),
        )
    )
    answer = walk(client)
    assert (answer.status_code, answer.location) == (303, f"/en/invitations/{token}")
    clock.shift(timedelta(days=8))
    refused(walk(client), world, 403, "no_account")
