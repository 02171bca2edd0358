"""Members, invitations, password and address on pages, without scripts."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.auth.commands import proofs
from ecopick.domains.auth.models import VerificationPurpose
from ecopick.domains.people.models import InvitationStatus, User
from tests.factories import PASSWORD, World
from tests.invitations import fresh_address, row, send, token_of
from tests.signing_in import Api, api_of

NEW = "nine bright lamps at dawn"


def form(api: Api, path: str, **values: Any) -> Any:
    return api.client.post(path, data={"csrf_token": api.csrf, **values})


@pytest.mark.parametrize(
    ("nickname", "status"),
    [
        ("owner", 200),
        ("manager", 200),
        ("tenant_admin", 200),
        ("vendor", 200),
        ("caretaker", 403),
        ("resident", 403),
        ("occupant", 403),
        ("vendor_tech", 403),
    ],
)
def test_who_sees_the_members(app: Flask, world: World, nickname: str, status: int) -> None:
    assert api_of(app, world, nickname).get("/en/members").status_code == status


@pytest.mark.parametrize("locale", ["en", "de", "fr", "it"])
def test_members_are_of_this_owner_alone(
    app: Flask, world: World, other_world: World, locale: str
) -> None:
    page = api_of(app, world, "owner").get(f"/{locale}/members").text
    for nickname in ("owner", "manager", "caretaker", "tenant_admin"):
        assert world.emails[nickname] in page
        assert other_world.emails[nickname] not in page
    assert world.emails["vendor"] not in page


def test_inviting_resending_and_taking_back(app: Flask, world: World) -> None:
    api, email = api_of(app, world, "manager"), fresh_address()
    refused = form(api, "/en/members", email=email, role="RESIDENT")
    assert refused.status_code == 422
    assert "Please choose the unit" in refused.text
    assert f'value="{email}"' in refused.text
    sent = form(api, "/en/members", email=email, role="RESIDENT", unit_id=str(world.unit_id))
    assert (sent.status_code, sent.location) == (303, "/en/members")
    page = api.get("/en/members").text
    assert email in page
    (path,) = set(re.findall(r'action="(/en/members/invitations/[^"]+/resend)"', page))
    assert form(api, path).status_code == 303
    assert form(api, path.replace("resend", "revoke")).status_code == 303
    assert email not in api.get("/en/members").text
    assert api.client.post(path).status_code == 403


def test_request_is_confirmed_and_ended_on_the_page(app: Flask, world: World) -> None:
    stranger, manager = api_of(app, world, "stranger"), api_of(app, world, "manager")
    body = {"role": "CARETAKER", "org_id": str(world.owner_id)}
    asked = stranger.post("/api/memberships/add-business-role", body).json["id"]
    assert "Requests" in manager.get("/en/members").text
    assert form(manager, f"/en/members/{asked}/confirm").status_code == 303
    assert stranger.get("/api/auth/me").json["flags"]["is_staff"]
    assert form(manager, f"/en/members/{asked}/end").status_code == 303
    assert not stranger.get("/api/auth/me").json["flags"]["is_staff"]


def test_joining_on_the_page(app: Flask, world: World) -> None:
    """Check 28: looking at an invitation changes nothing."""
    sent = send(api_of(app, world, "manager"), role="CARETAKER")
    client = app.test_client()
    path = f"/en/invitations/{token_of(world, sent['id'])}"
    for method in ("HEAD", "GET", "GET"):
        page = client.open(path, method=method)
        assert page.status_code == 200
        assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Owner " in page.text and "Manager " in page.text
    assert sent["email"] not in page.text
    assert row(world, sent["id"]).status == InvitationStatus.PENDING
    weak = client.post(path, data={"name": "Ida Neu", "password": "short"})
    assert weak.status_code == 422
    assert 'value="Ida Neu"' in weak.text
    assert "At least 15 characters" in weak.text
    assert 'value="short"' not in weak.text
    joined = client.post(path, data={"name": "Ida Neu", "password": NEW})
    assert (joined.status_code, joined.location) == (303, "/en/")
    assert client.get("/api/auth/me").json["email"] == sent["email"]
    again = app.test_client().get(path)
    assert again.status_code == 410
    assert "already been accepted" in again.text


def test_known_person_signs_in_first(app: Flask, world: World) -> None:
    sent = send(api_of(app, world, "manager"), email=world.emails["stranger"], role="CARETAKER")
    path = f"/en/invitations/{token_of(world, sent['id'])}"
    assert "Sign in to accept" in app.test_client().get(path).text
    wrong = api_of(app, world, "resident")
    assert form(wrong, path).status_code == 403
    right = api_of(app, world, "stranger")
    assert right.client.post(path).status_code == 403
    assert form(right, path).status_code == 303


def test_unknown_expired_and_revoked_links_say_so(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Check 7: what no longer counts answers clearly."""
    assert client.get("/en/invitations/nonsense").status_code == 410
    api = api_of(app, world, "manager")
    revoked, expired = send(api, role="CARETAKER"), send(api, role="CARETAKER")
    api.post(f"/api/invitations/{revoked['id']}/revoke")
    clock.shift(timedelta(days=8))
    for sent, words in ((revoked, "taken back"), (expired, "expired")):
        page = client.get(f"/en/invitations/{token_of(world, sent['id'])}")
        assert page.status_code == 410
        assert words in page.text


def test_password_page(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    path = "/en/account/security/password"
    page = api.get(path).text
    assert 'autocomplete="current-password"' in page
    assert 'autocomplete="new-password"' in page
    assert page.count("data-reveal=") == 2
    wrong = form(api, path, current_password="no", new_password=NEW)
    assert wrong.status_code == 422
    assert "not your current password" in wrong.text
    assert NEW not in wrong.text
    saved = form(api, path, current_password=PASSWORD, new_password=NEW)
    assert (saved.status_code, saved.location) == (303, "/en/account/security")
    card = api.get("/en/account/security")
    assert card.status_code == 200
    assert "Last changed" in card.text


def test_password_page_without_a_password(app: Flask, world: World) -> None:
    """Check 8: a first password needs a fresh confirmation."""
    api = api_of(app, world, "manager")
    with Session(world.engine) as session, session.begin():
        session.get_one(User, world.people["manager"]).password_hash = None
    path = "/en/account/security/password"
    page = api.get(path)
    assert page.status_code == 200
    assert "current_password" not in page.text
    clock.shift(timedelta(minutes=6))
    assert api.get(path).status_code == 303
    assert form(api, path, new_password=NEW).status_code in (303, 403)


def test_address_page(app: Flask, world: World) -> None:
    """Check 8: the address changes only after a fresh confirmation."""
    api, email = api_of(app, world, "manager"), fresh_address("moved")
    path = "/en/account/security/email"
    assert "new_email" in api.get(path).text
    asked = form(api, path, new_email=email)
    assert asked.status_code == 200
    found = re.search(r'name="proof_id" value="([0-9a-f-]{36})"', asked.text)
    assert found is not None
    wrong = form(api, f"{path}/confirm", proof_id=found[1], code="12", new_email=email)
    assert wrong.status_code == 422
    assert f'value="{found[1]}"' in wrong.text
    code = proofs.code_for(found[1], VerificationPurpose.EMAIL_CHANGE)  # type: ignore[arg-type]
    done = form(api, f"{path}/confirm", proof_id=found[1], code=code, new_email=email)
    assert (done.status_code, done.location) == (303, "/en/account/security")
    assert email in api.get("/en/account/security").text


def test_address_page_asks_for_a_confirmation(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    clock.shift(timedelta(minutes=6))
    path = "/en/account/security/email"
    assert api.get(path).status_code == 303
    asked = form(api, path, new_email=fresh_address())
    assert asked.status_code == 403
    assert "access_password" in asked.text


def test_malformed_address_keeps_what_was_typed(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    page = form(api, "/en/account/security/email", new_email="no address")
    assert page.status_code == 422
    assert 'value="no address"' in page.text


def test_a_role_is_asked_for_confirmed_and_given_up(app: Flask, world: World) -> None:
    stranger, manager = api_of(app, world, "stranger"), api_of(app, world, "manager")
    page = "/en/account/memberships"
    number = str(world.owner_id)
    assert number in manager.get("/en/members").text
    wrong = form(stranger, f"{page}/role", role="CARETAKER", org_number="nobody's")
    assert wrong.status_code == 422
    assert 'id="f-org_number-error"' in wrong.text
    assert 'value="nobody&#39;s"' in wrong.text
    asked = form(stranger, f"{page}/role", role="CARETAKER", org_number=number)
    assert (asked.status_code, asked.location) == (303, page)
    again = form(stranger, f"{page}/role", role="CARETAKER", org_number=number)
    assert again.status_code == 409
    assert "You already have this role" in again.text
    shown = stranger.get(page).text
    assert "Awaiting an answer" in shown
    (path,) = set(re.findall(r'action="(/en/account/memberships/[^"]+/end)"', shown))
    assert world.emails["stranger"] in manager.get("/en/members").text
    assert form(manager, path.replace("account/memberships", "members").replace("end", "confirm"))
    assert "Awaiting an answer" not in stranger.get(page).text
    assert form(stranger, path).location == page
    assert "You hold no role" in stranger.get(page).text


def test_a_home_is_asked_for_and_taken_back(app: Flask, world: World) -> None:
    stranger, manager = api_of(app, world, "stranger"), api_of(app, world, "manager")
    page = "/en/account/memberships"
    assert str(world.unit_id) in manager.get("/en/members").text
    refused = form(stranger, f"{page}/home", unit_number="", relationship="resident")
    assert refused.status_code == 422
    assert 'id="f-unit_number-error"' in refused.text
    asked = form(stranger, f"{page}/home", unit_number=str(world.unit_id), relationship="owner")
    assert asked.status_code == 303
    (path,) = set(
        re.findall(r'action="(/en/account/memberships/[^"]+/end)"', stranger.get(page).text)
    )
    assert world.emails["stranger"] in manager.get("/en/members").text
    assert form(stranger, path).status_code == 303
    assert "Awaiting an answer" not in stranger.get(page).text
    assert world.emails["stranger"] not in manager.get("/en/members").text
