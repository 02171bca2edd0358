"""A mailed link is one factor: where two are asked for, the mailbox is not both."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.auth.models import AuthPendingLogin, AuthRecoveryCode, WebAuthnCredential
from ecopick.domains.people.models import User
from tests.factories import World
from tests.mailed_proofs import latest, recorded, token_of
from tests.pages.test_magic_link import ask, link, sessions


def protect(world: World, nickname: str, **values: Any) -> None:
    """Ask the person for a second factor from now on."""
    with Session(world.engine) as session, session.begin():
        user = session.get_one(User, world.people[nickname])
        user.two_factor_enabled = True
        for name, value in values.items():
            setattr(user, name, value)


def test_the_second_step_follows_without_the_mailbox(client: FlaskClient, world: World) -> None:
    """Check 7: mail alone never passes two factors."""
    protect(world, "manager", totp_secret_enc="sealed", email_otp_enabled=True)
    email = world.emails["manager"]
    ask(client, email)
    answer = client.post(link(world, email))
    assert (answer.status_code, answer.location) == (303, "/en/login/second-step")
    assert client.get("/api/auth/me").status_code == 401
    with Session(world.engine) as session:
        step = session.scalars(
            sa.select(AuthPendingLogin).where(AuthPendingLogin.user_id == world.people["manager"])
        ).one()
    assert step.first_factor == "email_link"
    assert sessions(world, "manager") == []
    clock.shift(timedelta(minutes=2))
    client.post("/api/auth/magic-link", json={"email": email})
    body = {"token": token_of(latest(world.engine, email))}
    told = client.post("/api/auth/magic-link/verify", json=body).json
    assert told["two_factor_required"] is True
    assert told["methods"] == ["totp"]


def test_a_mailbox_is_not_two_factors(client: FlaskClient, world: World) -> None:
    protect(world, "manager", email_otp_enabled=True)
    world.add(
        AuthRecoveryCode(user_id=world.people["manager"], salt="salt", hash="hash"),
    )
    email = world.emails["manager"]
    ask(client, email)
    answer = client.post(link(world, email), headers={"X-Request-Id": "not-enough"})
    assert answer.status_code == 403
    assert "Please sign in with your password." in answer.get_data(as_text=True)
    assert sessions(world, "manager") == []
    assert recorded(world.engine, "not-enough")[-1] == (
        "sign_in",
        "denied",
        "mailbox_is_one_factor",
    )


def test_with_a_passkey_the_link_is_the_first_step(client: FlaskClient, world: World) -> None:
    protect(world, "resident")
    world.add(
        WebAuthnCredential(
            user_id=world.people["resident"],
            name="Key",
            credential_id=world.people["resident"].bytes,
            public_key=b"k",
        )
    )
    email = world.emails["resident"]
    client.post("/api/auth/magic-link", json={"email": email})
    body = {"token": token_of(latest(world.engine, email))}
    assert client.post("/api/auth/magic-link/verify", json=body).json["methods"] == ["passkey"]
