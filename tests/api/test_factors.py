"""Second factors and recovery codes, as programs change them."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from ecopick.core import clock
from ecopick.domains.auth import sealing
from ecopick.domains.auth.models import MailKind
from tests.factories import PASSWORD, World
from tests.factors import (
    add_app,
    first_step,
    live_sessions,
    mails,
    next_code,
    person_with_app,
    reasons,
    verify,
)
from tests.signing_in import Api, api_of

SECURITY = "/api/auth/security"
CODES = "/api/auth/2fa/recovery-codes"
ACTIONS: tuple[dict[str, Any], ...] = (
    {"action": "totp_setup"},
    {"action": "totp_enable", "code": "123456"},
    {"action": "two_factor_disable", "password": PASSWORD, "code": "123456"},
    {"action": "email_otp", "enabled": True},
)


def user(world: World, nickname: str = "manager") -> Any:
    with world.engine.connect() as connection:
        query = text("select * from users where id = :u")
        return connection.execute(query, {"u": world.people[nickname]}).one()


def api_with_app(app: Flask, world: World, secret: str, nickname: str = "manager") -> Api:
    """The person again, signed in with both steps."""
    api = Api.__new__(Api)
    api.client = app.test_client()
    waiting = first_step(api.client, world, nickname)["pending_login_id"]
    done = verify(api.client, waiting, code=next_code(secret))
    assert done.status_code == 200, done.text
    api.csrf = done.json["csrf_token"]
    return api


def test_setting_up_an_app(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    setup = api.post(SECURITY, {"action": "totp_setup"}).get_json()
    assert setup["otpauth_uri"].startswith("otpauth://totp/Ecopick:manager")
    assert f"secret={setup['secret']}" in setup["otpauth_uri"]
    assert setup["qr_svg"].startswith("<svg")
    before = user(world)
    assert not before.two_factor_enabled and before.totp_secret_enc is None
    assert setup["secret"] not in before.totp_pending_enc
    code = next_code(setup["secret"], 0)
    api = api_of(app, world, "manager")  # Another device; the first one is signed out below.
    enabled = api.post(SECURITY, {"action": "totp_enable", "code": code})
    assert enabled.status_code == 200
    assert len(set(enabled.get_json()["recovery_codes"])) == 10
    after = user(world)
    assert after.two_factor_enabled and after.two_factor_enabled_at is not None
    assert after.totp_pending_enc is None
    assert sealing.is_current(after.totp_secret_enc)
    assert sealing.unseal(after.totp_secret_enc, after.id) == setup["secret"]
    assert live_sessions(world) == 1
    assert api.get("/api/auth/me").status_code == 200
    kinds = [m.kind for m in mails(world)]
    assert MailKind.FACTOR_ADDED in kinds and MailKind.RECOVERY_CODES_MADE in kinds
    assert reasons(world, "factor_change") == [
        ("success", "app_setup_begun"),
        ("success", "app_added"),
    ]


def test_a_wrong_first_code_changes_nothing(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    api.post(SECURITY, {"action": "totp_setup"})
    refused = api.post(SECURITY, {"action": "totp_enable", "code": "000000"})
    assert refused.status_code == 422 and "code" in refused.get_json()["errors"]
    assert not user(world).two_factor_enabled
    assert reasons(world, "factor_change")[-1] == ("failure", "wrong_code")


def test_a_setup_ends_after_half_an_hour_and_after_its_use(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    assert api.post(SECURITY, {"action": "totp_enable", "code": "123456"}).status_code == 409
    secret = api.post(SECURITY, {"action": "totp_setup"}).get_json()["secret"]
    clock.shift(timedelta(minutes=31))
    api = api_of(app, world, "manager")
    late = api.post(SECURITY, {"action": "totp_enable", "code": next_code(secret, 0)})
    assert (late.status_code, late.get_json()["code"]) == (409, "no_setup")
    secret, _codes = add_app(api)
    again = api.post(SECURITY, {"action": "totp_enable", "code": next_code(secret)})
    assert again.status_code == 409


def test_a_new_app_replaces_the_old_one(app: Flask, client: FlaskClient, world: World) -> None:
    old, codes = person_with_app(app, world)
    api = api_with_app(app, world, old)
    clock.shift(timedelta(minutes=2))
    new, more = add_app(api)
    assert len(codes) == 10 and more == []  # Those that were given stay good.
    waiting = first_step(client, world)["pending_login_id"]
    assert verify(client, waiting, code=next_code(old)).status_code == 401
    assert verify(client, waiting, code=next_code(new)).status_code == 200


@pytest.mark.parametrize("body", [*ACTIONS, {}], ids=lambda body: str(body.get("action", "codes")))
def test_changes_need_a_fresh_proof_of_identity(
    app: Flask, world: World, body: dict[str, Any]
) -> None:
    """Check 8: at most five minutes old."""
    api = api_of(app, world, "manager")
    clock.shift(timedelta(minutes=5, seconds=1))
    refused = api.post(SECURITY if body else CODES, body or None)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "step_up_required")
    row = user(world)
    assert row.totp_pending_enc is None and not row.two_factor_enabled
    confirmed = api.post("/api/auth/verify-access-password", {"password": PASSWORD})
    assert confirmed.status_code == 200
    assert api.post(SECURITY, {"action": "totp_setup"}).status_code == 200


def test_the_code_of_the_app_is_a_proof_once(app: Flask, world: World) -> None:
    secret, codes = person_with_app(app, world)
    api = api_with_app(app, world, secret)
    clock.shift(timedelta(minutes=6))
    confirm = "/api/auth/verify-access-password"
    assert api.post(confirm, {"code": "000000"}).status_code == 422
    assert api.post(CODES).status_code == 403
    code = next_code(secret, 0)
    assert api.post(confirm, {"code": code}).status_code == 200
    assert api.post(CODES).status_code == 201
    clock.shift(timedelta(minutes=6))
    assert api.post(confirm, {"code": code}).status_code == 422
    assert api.post(confirm, {"code": codes[0]}).status_code == 422  # Void by now.
    clock.shift(timedelta(seconds=60))
    assert api.post(confirm, {"code": next_code(secret, 0)}).status_code == 200
    fresh = api.post(CODES).get_json()["recovery_codes"]
    clock.shift(timedelta(minutes=6))
    assert api.post(confirm, {"code": fresh[0]}).status_code == 200
    clock.shift(timedelta(minutes=6))
    assert api.post(confirm, {"code": fresh[0]}).status_code == 422


def test_switching_off_needs_password_and_code(app: Flask, world: World) -> None:
    secret, _codes = person_with_app(app, world)
    api = api_with_app(app, world, secret)
    other = api_of_second_device(app, world, secret)
    clock.shift(timedelta(minutes=2))
    off = {"action": "two_factor_disable"}
    for body, field in (
        (off, "password"),
        ({**off, "password": PASSWORD}, "code"),
        ({**off, "password": "wrong", "code": next_code(secret)}, "password"),
        ({**off, "password": PASSWORD, "code": "000000"}, "code"),
    ):
        refused = api.post(SECURITY, body)
        assert refused.status_code == 422 and list(refused.get_json()["errors"]) == [field]
        assert user(world).two_factor_enabled
    done = api.post(SECURITY, {**off, "password": PASSWORD, "code": next_code(secret)})
    assert done.status_code == 200
    row = user(world)
    assert not row.two_factor_enabled
    assert row.totp_secret_enc is row.totp_last_step is row.two_factor_enabled_at is None
    with world.engine.connect() as connection:
        count = text("select count(*) from auth_recovery_codes where user_id = :u")
        assert connection.execute(count, {"u": row.id}).scalar_one() == 0
    assert mails(world)[-1].kind is MailKind.FACTOR_REMOVED
    assert other.get("/api/auth/me").status_code == 401
    assert api.get("/api/auth/me").status_code == 200
    assert api.post(SECURITY, off).status_code == 409
    api_of(app, world, "manager")  # The password alone signs in again.


def api_of_second_device(app: Flask, world: World, secret: str) -> Api:
    clock.shift(timedelta(seconds=60))
    return api_with_app(app, world, secret)


def test_switching_off_with_a_recovery_code(app: Flask, world: World) -> None:
    secret, codes = person_with_app(app, world)
    api = api_with_app(app, world, secret)
    body = {"action": "two_factor_disable", "password": PASSWORD, "code": codes[9]}
    assert api.post(SECURITY, body).status_code == 200
    assert not user(world).two_factor_enabled


def test_guessing_at_switching_off_is_limited(app: Flask, world: World) -> None:
    secret, _codes = person_with_app(app, world)
    api = api_with_app(app, world, secret)
    body = {"action": "two_factor_disable", "password": PASSWORD, "code": "000000"}
    answers = [api.post(SECURITY, body).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    clock.shift(timedelta(seconds=60))
    right = {**body, "code": next_code(secret)}
    assert api.post(SECURITY, right).status_code == 429
    assert user(world).two_factor_enabled


def test_mailed_codes_on_and_off(app: Flask, client: FlaskClient, world: World) -> None:
    api = api_of(app, world, "caretaker")
    for enabled, kind in ((True, MailKind.FACTOR_ADDED), (False, MailKind.FACTOR_REMOVED)):
        body = {"action": "email_otp", "enabled": enabled}
        assert api.post(SECURITY, body).status_code == 200
        row = user(world, "caretaker")
        assert row.two_factor_enabled is row.email_otp_enabled is enabled
        assert mails(world, "caretaker")[-1].kind is kind
        count = len(mails(world, "caretaker"))
        assert api.post(SECURITY, body).status_code == 200  # Said again, nothing happens.
        assert len(mails(world, "caretaker")) == count


def test_mailed_codes_off_leaves_the_app(app: Flask, world: World) -> None:
    secret, _codes = person_with_app(app, world)
    api = api_with_app(app, world, secret)
    for enabled in (True, False):
        api.post(SECURITY, {"action": "email_otp", "enabled": enabled})
    assert user(world).two_factor_enabled


def test_new_recovery_codes_void_the_old_ones(
    app: Flask, client: FlaskClient, world: World
) -> None:
    secret, old = person_with_app(app, world)
    api = api_with_app(app, world, secret)
    made = api.post(CODES)
    assert made.status_code == 201
    new = made.get_json()["recovery_codes"]
    assert len(set(new)) == 10 and not set(new) & set(old)
    assert mails(world)[-1].kind is MailKind.RECOVERY_CODES_MADE
    assert reasons(world, "recovery_codes")[-1] == ("success", "recovery_codes_made")
    waiting = first_step(client, world)["pending_login_id"]
    assert verify(client, waiting, recovery_code=old[0]).status_code == 401
    assert verify(client, waiting, recovery_code=new[0]).status_code == 200


def test_recovery_codes_are_stored_as_salted_hashes(app: Flask, world: World) -> None:
    _secret, codes = person_with_app(app, world)
    with world.engine.connect() as connection:
        rows = connection.execute(text("select salt, hash from auth_recovery_codes")).all()
    stored = str(rows)
    assert len({row.hash for row in rows}) == len(rows)
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_recovery_codes_need_a_second_step(app: Flask, world: World) -> None:
    refused = api_of(app, world, "manager").post(CODES)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "two_factor_off")


@pytest.mark.parametrize("path", [SECURITY, CODES])
def test_strangers_are_turned_away(client: FlaskClient, path: str) -> None:
    assert client.post(path, json={"action": "totp_setup"}).status_code == 401


def test_the_token_of_the_page_is_needed(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    for body in ACTIONS:
        assert api.client.post(SECURITY, json=body).status_code == 403
    assert api.client.post(CODES).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "everything_off"},
        {"action": "totp_enable"},
        {"action": "email_otp"},
        {"action": "email_otp", "enabled": "perhaps"},
        {"action": "totp_setup", "user_id": "x"},
        {"action": ["totp_setup"]},
        {"action": "totp_enable", "code": "x" * 65},
    ],
)
def test_odd_input_is_refused(app: Flask, world: World, body: dict[str, Any]) -> None:
    api = api_of(app, world, "manager")
    assert api.post(SECURITY, body).status_code == 422
    assert not user(world).two_factor_enabled


def test_secrets_are_never_kept_for_a_repeat(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    headers = {"Idempotency-Key": "once"}
    setup = api.post(SECURITY, {"action": "totp_setup"}, headers=headers)
    assert setup.status_code == 200
    repeated = api.post(SECURITY, {"action": "totp_setup"}, headers=headers)
    assert repeated.status_code == 409
    with world.engine.connect() as connection:
        kept = connection.execute(text("select response::text from idempotency_keys")).scalars()
        assert not any(setup.get_json()["secret"] in (body or "") for body in kept)
