"""Whoever is trusted with much sets up a strong factor before anything else."""

import uuid
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from ecopick.core.db import new_id
from ecopick.core.roles import MembershipRole
from ecopick.domains.auth.models import WebAuthnCredential
from ecopick.domains.people.models import Membership
from tests.factories import World
from tests.factors import add_app, first_step, next_code
from tests.signing_in import Api, api_of
from tests.statements import statements


def real(world: World, nickname: str) -> str:
    """Give one of the world's people an address outside of the demonstration."""
    email = f"{nickname}-{uuid.uuid4().hex[:8]}@example.org"
    with world.engine.begin() as connection:
        values = {"e": email, "u": world.people[nickname]}
        connection.execute(text("update users set email = :e where id = :u"), values)
    world.emails[nickname] = email
    return email


@pytest.mark.parametrize("nickname", ["owner", "app_admin"])
def test_led_to_a_factor_before_anything_else(app: Flask, world: World, nickname: str) -> None:
    real(world, nickname)
    api = api_of(app, world, nickname)
    for path in ("/api/tickets", "/api/buildings", "/api/notifications"):
        refused = api.get(path)
        assert refused.status_code == 403
        assert refused.get_json()["code"] == "second_factor_required"
    refused = api.post("/api/tickets", {"title": "x"})
    assert refused.get_json()["code"] == "second_factor_required"
    page = api.get("/de/tickets")
    assert (page.status_code, page.location) == (303, "/de/account/security")
    part = api.get("/en/tickets", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert part.status_code == 403


def test_what_stays_open(app: Flask, world: World) -> None:
    real(world, "owner")
    api = api_of(app, world, "owner")
    page = api.get("/en/account/security")
    assert page.status_code == 200
    assert "Set up a stronger sign-in first" in page.text
    assert api.get("/api/auth/me").status_code == 200
    with api.get("/static/css/base.css") as sheet:
        assert sheet.status_code == 200
    assert api.get("/healthz").status_code == 200
    assert api.get("/en/account/security/add-app").status_code == 303
    assert api.post("/api/auth/logout").status_code == 204
    assert api.get("/api/auth/me").status_code == 401


def test_an_app_opens_everything(app: Flask, world: World) -> None:
    real(world, "owner")
    api = api_of(app, world, "owner")
    add_app(api)
    assert api.get("/api/tickets").status_code == 200
    assert api.get("/en/tickets").status_code == 200
    assert "Set up a stronger" not in api.get("/en/account/security").text


def test_a_passkey_opens_everything(app: Flask, world: World) -> None:
    real(world, "app_admin")
    api = api_of(app, world, "app_admin")
    assert api.get("/api/tickets").status_code == 403
    world.add(
        WebAuthnCredential(
            id=new_id(),
            user_id=world.people["app_admin"],
            name="Key",
            credential_id=uuid.uuid4().bytes,
            public_key=b"k",
        )
    )
    assert api.get("/api/tickets").status_code == 200


def test_a_mailed_code_is_not_enough(app: Flask, world: World) -> None:
    real(world, "owner")
    api = api_of(app, world, "owner")
    assert (
        api.post("/api/auth/security", {"action": "email_otp", "enabled": True}).status_code == 200
    )
    assert api.get("/api/tickets").get_json()["code"] == "second_factor_required"


def test_the_second_step_stays_with_much_trust(app: Flask, world: World) -> None:
    """Switching it off is refused in plain words; the app goes on being asked for."""
    real(world, "owner")
    api = api_of(app, world, "owner")
    secret, _codes = add_app(api)
    body = {
        "action": "two_factor_disable",
        "password": "correct-horse-battery-staple",
        "code": next_code(secret),
    }
    refused = api.post("/api/auth/security", body)
    assert (refused.status_code, refused.json["code"]) == (409, "second_step_needed")
    assert refused.json["title"].startswith("Your role needs the second step")
    assert "Switch off</a>" not in api.get("/en/account/security").text
    assert api.get("/api/tickets").status_code == 200
    with world.engine.begin() as connection:
        connection.execute(
            text("update users set two_factor_enabled = false where id = :u"),
            {"u": world.people["owner"]},
        )
    asked = first_step(app.test_client(), world, "owner")
    assert asked["methods"] == ["totp"]


def test_a_role_that_is_given_later_counts(app: Flask, world: World, other_world: World) -> None:
    api = api_of(app, world, "manager")
    assert api.get("/api/tickets").status_code == 200
    world.add(
        Membership(
            user_id=world.people["manager"],
            role=MembershipRole.PROPERTY_OWNER,
            property_owner_id=other_world.owner_id,
        )
    )
    assert api.get("/api/tickets").status_code == 403


def test_everybody_else_is_not_asked(app: Flask, world: World) -> None:
    for nickname in ("manager", "caretaker", "resident", "vendor", "stranger"):
        assert api_of(app, world, nickname).get("/api/notifications").status_code == 200


def test_people_of_the_demonstration_are_spared_outside_production(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecopick.config import AppEnv
    from ecopick.web import factor_gate

    api = api_of(app, world, "owner")
    assert api.get("/api/tickets").status_code == 200
    production = replace(app.extensions["settings"], app_env=AppEnv.PRODUCTION)
    monkeypatch.setattr(factor_gate, "settings", lambda: production)
    assert api.get("/api/tickets").get_json()["code"] == "second_factor_required"


def asked(app: Flask, api: Api, path: str) -> int:
    """How often a request asks for the passkeys."""
    with statements(app.extensions["database"]) as seen:
        assert api.get(path).status_code == 200
    return sum("webauthn_credentials" in each for each in seen)


def test_one_statement_more_for_those_alone(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    assert asked(app, manager, "/api/notifications") == 0
    real(world, "owner")
    owner = api_of(app, world, "owner")
    add_app(owner)
    assert asked(app, owner, "/api/notifications") == 1


def test_links_for_vendors_and_strangers_are_untouched(client: FlaskClient) -> None:
    assert client.get("/en/login").status_code == 200
