"""People with second factors: set up, and used, as a program does it."""

from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.core.audit.models import AuthAuditEvent
from ecopick.domains.auth import codes, totp
from ecopick.domains.auth.models import AccountMail, MailKind
from tests.factories import PASSWORD, World
from tests.signing_in import Api, api_of


def begin_step() -> None:
    """Move the clock to the beginning of a step, so that no step ends within a test."""
    clock.shift(timedelta(seconds=totp.STEP_SECONDS - clock.now().timestamp() % totp.STEP_SECONDS))


def add_app(api: Api) -> tuple[str, list[str]]:
    """Set up an authenticator app; its secret and the recovery codes."""
    setup = api.post("/api/auth/security", {"action": "totp_setup"})
    assert setup.status_code == 200, setup.text
    secret = setup.get_json()["secret"]
    begin_step()
    code = totp.code_at(secret, clock.now())
    enabled = api.post("/api/auth/security", {"action": "totp_enable", "code": code})
    assert enabled.status_code == 200, enabled.text
    return secret, enabled.get_json()["recovery_codes"]


def person_with_app(app: Flask, world: World, nickname: str = "manager") -> tuple[str, list[str]]:
    """Let one of the world's people set up an app; its secret and the recovery codes."""
    return add_app(api_of(app, world, nickname))


def person_with_both(app: Flask, world: World, nickname: str = "manager") -> str:
    """Let one of the world's people have mailed codes beside an app; the app's secret."""
    api = api_of(app, world, nickname)
    body = {"action": "email_otp", "enabled": True}
    assert api.post("/api/auth/security", body).status_code == 200
    return add_app(api)[0]


def person_with_mailed_codes(app: Flask, world: World, nickname: str = "manager") -> None:
    """Let one of the world's people be asked for mailed codes."""
    body = {"action": "email_otp", "enabled": True}
    answer = api_of(app, world, nickname).post("/api/auth/security", body)
    assert answer.status_code == 200, answer.text


def first_step(client: FlaskClient, world: World, nickname: str = "manager", **more: Any) -> Any:
    """Sign in with the password; the body that asks for the second step."""
    body = {"email": world.emails[nickname], "password": PASSWORD, **more}
    answer = client.post("/api/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json["two_factor_required"]
    return answer.json


def start(client: FlaskClient, pending: str, method: str) -> TestResponse:
    body = {"pending_login_id": pending, "method": method}
    return client.post("/api/auth/2fa/start", json=body)


def verify(client: FlaskClient, pending: str, **proof: Any) -> TestResponse:
    return client.post("/api/auth/2fa/verify", json={"pending_login_id": pending, **proof})


def next_code(secret: str, shift: int = 1) -> str:
    """The app's code of the step after this one: accepted, and not used before."""
    return totp.code_at(secret, clock.now(), shift)


def mails(world: World, nickname: str = "manager") -> list[AccountMail]:
    """Mails about the person's account, oldest first."""
    with Session(world.engine) as session:
        query = select(AccountMail).where(AccountMail.user_id == world.people[nickname])
        return list(session.scalars(query.order_by(AccountMail.created_at, AccountMail.id)))


def mailed_code(world: World, nickname: str = "manager") -> str:
    """The code in the newest mail of a second step."""
    newest = [m for m in mails(world, nickname) if m.kind is MailKind.SECOND_STEP_CODE][-1]
    assert newest.subject_id is not None
    return codes.code_for(codes.SECOND_STEP, newest.subject_id, newest.version)


def reasons(world: World, action: str, nickname: str = "manager") -> list[tuple[str, str | None]]:
    """Outcome and reason of everything recorded of an act, oldest first."""
    with Session(world.engine) as session:
        rows = session.execute(
            select(AuthAuditEvent.outcome, AuthAuditEvent.reason_code)
            .where(
                AuthAuditEvent.user_id == world.people[nickname], AuthAuditEvent.action == action
            )
            .order_by(AuthAuditEvent.created_at, AuthAuditEvent.id)
        )
        return [(row.outcome, row.reason_code) for row in rows]


def live_sessions(world: World, nickname: str = "manager") -> int:
    with world.engine.connect() as connection:
        query = "select count(*) from auth_sessions where user_id = :u and revoked_at is null"
        return int(connection.execute(text(query), {"u": world.people[nickname]}).scalar_one())
