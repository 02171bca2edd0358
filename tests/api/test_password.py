"""Changing the password and setting a first one, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.audit.models import AuthAuditEvent
from ecopick.domains.auth import passwords
from ecopick.domains.auth.models import AccountMail, AuthSession, MailKind
from ecopick.domains.people.models import User
from tests.factories import PASSWORD, World
from tests.signing_in import Api, api_of

NEW = "nine bright lamps at dawn"


def outcomes(world: World, nickname: str, action: str) -> list[tuple[str, str | None]]:
    """What was recorded of one act, oldest first."""
    with Session(world.engine) as session:
        rows = session.execute(
            select(AuthAuditEvent.outcome, AuthAuditEvent.reason_code)
            .where(
                AuthAuditEvent.user_id == world.people[nickname], AuthAuditEvent.action == action
            )
            .order_by(AuthAuditEvent.created_at)
        )
        return [(row.outcome, row.reason_code) for row in rows]


def mails(world: World, nickname: str) -> list[MailKind]:
    """The mails that wait for a person, oldest first."""
    with Session(world.engine) as session:
        return list(
            session.scalars(
                select(AccountMail.kind)
                .where(AccountMail.email == world.emails[nickname])
                .order_by(AccountMail.created_at)
            )
        )


def user(world: World, nickname: str) -> User:
    """The row as it is stored."""
    with Session(world.engine) as session:
        return session.get_one(User, world.people[nickname])


def edit(world: World, nickname: str, **values: Any) -> None:
    """Arrange a person's row behind row-level security."""
    with Session(world.engine) as session, session.begin():
        row = session.get_one(User, world.people[nickname])
        for name, value in values.items():
            setattr(row, name, value)


def change(api: Api, **body: Any) -> Any:
    """Ask for the change."""
    return api.post("/api/auth/password/change", body)


def test_change_ends_the_other_sessions_and_renews_this_one(app: Flask, world: World) -> None:
    """Check 10: the session id changes, the earlier one is dead."""
    other, here = api_of(app, world, "manager"), api_of(app, world, "manager")
    before = here.client.get_cookie("ecopick_session")
    answer = change(here, current_password=PASSWORD, new_password=NEW)
    assert answer.status_code == 200, answer.text
    after = here.client.get_cookie("ecopick_session")
    assert before is not None and after is not None and before.value != after.value
    assert here.get("/api/auth/me").status_code == 200
    assert here.post("/api/auth/logout").status_code in (204, 403)
    assert other.get("/api/auth/me").status_code == 401
    old = app.test_client()
    old.set_cookie("ecopick_session", before.value)
    assert old.get("/api/auth/me").status_code == 401
    stored = user(world, "manager")
    assert passwords.matches(stored.password_hash, NEW)
    assert stored.password_updated_at is not None
    assert mails(world, "manager")[-1] == MailKind.PASSWORD_CHANGED
    assert outcomes(world, "manager", "password_change") == [("success", None)]


@pytest.mark.parametrize(
    ("current", "new", "field", "reason"),
    [
        ("not this one", NEW, "current_password", "wrong_password"),
        (PASSWORD, "too short", "new_password", "weak_password"),
        (PASSWORD, "passwordpassword", "new_password", "weak_password"),
        (PASSWORD, PASSWORD, "new_password", "same_password"),
    ],
)
def test_refusals(
    app: Flask, world: World, current: str, new: str, field: str, reason: str
) -> None:
    """Check 5: the rules hold where a password is changed."""
    api = api_of(app, world, "manager")
    answer = change(api, current_password=current, new_password=new)
    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {field}
    assert outcomes(world, "manager", "password_change") == [("failure", reason)]
    assert passwords.matches(user(world, "manager").password_hash, PASSWORD)
    assert api.get("/api/auth/me").status_code == 200
    assert MailKind.PASSWORD_CHANGED not in mails(world, "manager")


def test_own_name_and_address_are_refused(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    answer = change(api, current_password=PASSWORD, new_password=world.emails["manager"])
    assert "your name, your email address" in answer.json["errors"]["new_password"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"new_password": NEW},
        {"current_password": PASSWORD},
        {"current_password": PASSWORD, "new_password": "x" * 257},
        {"current_password": PASSWORD, "new_password": NEW, "user_id": "x"},
        {"current_password": [PASSWORD], "new_password": NEW},
    ],
)
def test_malformed(app: Flask, world: World, body: dict[str, Any]) -> None:
    """Check 19: unknown fields are refused like malformed ones."""
    assert change(api_of(app, world, "manager"), **body).status_code == 422


def test_guessing_the_current_password_is_slow(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    answers = [change(api, current_password=f"no {n}", new_password=NEW) for n in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert "0 attempts left" in answers[4].json["errors"]["current_password"]
    assert change(api, current_password=PASSWORD, new_password=NEW).status_code == 429
    assert outcomes(world, "manager", "password_change")[-1] == ("denied", "rate_limited")


def test_right_guesses_are_not_counted(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    for _ in range(8):
        assert change(api, current_password=PASSWORD, new_password="weak").status_code == 422
    assert change(api, current_password=PASSWORD, new_password=NEW).status_code == 200


def test_eight_characters_beside_a_second_factor(app: Flask, world: World) -> None:
    """Check 5: at least 8 with a second factor."""
    api = api_of(app, world, "manager")
    short = "k9#mPvw2"
    assert change(api, current_password=PASSWORD, new_password=short).status_code == 422
    edit(world, "manager", two_factor_enabled=True)
    assert change(api, current_password=PASSWORD, new_password=short[:7]).status_code == 422
    assert change(api, current_password=PASSWORD, new_password=short).status_code == 200


def test_strangers_and_forged_requests(app: Flask, client: FlaskClient, world: World) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert client.post("/api/auth/password/change", json=body).status_code == 401
    api = api_of(app, world, "manager")
    assert api.client.post("/api/auth/password/change", json=body).status_code == 403


def test_first_password_needs_a_fresh_confirmation(app: Flask, world: World) -> None:
    """Check 8: what protects the account changes only after a confirmation of 5 minutes at most."""
    api = api_of(app, world, "manager")
    edit(world, "manager", password_hash=None)
    with Session(world.engine) as session, session.begin():
        for row in session.scalars(
            select(AuthSession).where(AuthSession.user_id == world.people["manager"])
        ):
            row.step_up_at = clock.now() - timedelta(minutes=5, seconds=1)
    answer = change(api, new_password=NEW)
    assert (answer.status_code, answer.json["code"]) == (403, "step_up_required")
    with Session(world.engine) as session, session.begin():
        for row in session.scalars(
            select(AuthSession).where(AuthSession.user_id == world.people["manager"])
        ):
            row.step_up_at = clock.now() - timedelta(minutes=4)
    assert change(api, new_password=NEW).status_code == 200
    assert passwords.matches(user(world, "manager").password_hash, NEW)
    assert outcomes(world, "manager", "password_change") == [("success", "first_password")]
