"""The way to a provider and back, and what is stored afterwards."""

import urllib.error
import urllib.request
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.core.audit.models import AuthAuditEvent
from ecopick.core.db import new_id
from ecopick.domains.auth.models import AccountMail, AuthIdentity
from tests.factories import World
from tests.oidc_provider import LocalProvider

START = "/en/login/with/acme"
CALLBACK = f"{START}/callback"


def begin(client: FlaskClient, path: str = START) -> str:
    """Start; answers the address at the provider."""
    answer = client.get(path)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def approve(address: str) -> str:
    """What the browser does there, over real HTTP; answers the way back."""
    opener = urllib.request.build_opener(_NoRedirect)
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(address, timeout=10)
    assert caught.value.code == 303
    caught.value.close()
    return str(caught.value.headers["Location"]).removeprefix("http://localhost")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def walk(client: FlaskClient, path: str = START) -> TestResponse:
    return client.get(approve(begin(client, path)))


def identity(world: World, provider: LocalProvider, nickname: str = "manager") -> None:
    """Link the provider's present person to one of the world's people."""
    world.add(
        AuthIdentity(
            id=new_id(),
            user_id=world.people[nickname],
            issuer=provider.issuer,
            subject=provider.person.subject,
            created_at=clock.now(),
        )
    )


def passwordless(world: World, provider: LocalProvider, **values: Any) -> None:
    """Somebody without a password, whose address the provider vouches for."""
    user = world.person("guest", **values)
    user.email = f"guest-{user.id.hex[-8:]}@acme.example"
    user.password_hash = None
    provider.person.email = user.email
    world.people["guest"], world.emails["guest"] = user.id, user.email
    world.add(user)


def reasons(world: World) -> list[str | None]:
    """Reason codes of sign-ins, newest first; ids rise even where a test moved the clock."""
    with Session(world.engine) as session:
        return list(
            session.scalars(
                select(AuthAuditEvent.reason_code)
                .where(AuthAuditEvent.action == "sign_in")
                .order_by(AuthAuditEvent.id.desc())
                .limit(3)
            )
        )


def linked(world: World, nickname: str) -> list[str]:
    with Session(world.engine) as session:
        query = select(AuthIdentity.subject).where(AuthIdentity.user_id == world.people[nickname])
        return list(session.scalars(query))


def mails(world: World, nickname: str) -> list[tuple[str, Any]]:
    with Session(world.engine) as session:
        rows = session.execute(
            select(AccountMail.kind, AccountMail.facts).where(
                AccountMail.user_id == world.people[nickname]
            )
        )
        return [(str(kind), (facts or {}).get("name")) for kind, facts in rows]


def refused(answer: TestResponse, world: World, status: int, reason: str) -> str:
    """The sign-in page with a sentence, audited; nobody is signed in."""
    page = answer.get_data(as_text=True)
    assert answer.status_code == status, page
    assert 'role="alert"' in page and 'id="sign-in"' in page
    assert reasons(world)[0] == reason
    assert not any("ecopick_session=" in each for each in answer.headers.getlist("Set-Cookie"))
    return page
