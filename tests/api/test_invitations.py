"""Inviting people and coming in through an invitation, over HTTP."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.audit.models import AuditEvent, AuthAuditEvent
from ecopick.core.models import Outbox
from ecopick.domains.auth.models import AccountMail, MailKind
from ecopick.domains.people.models import Invitation, InvitationStatus, User, UserUnit
from tests.factories import World
from tests.figures import figure
from tests.invitations import fresh_address, roles_of, row, send, token_of
from tests.signing_in import api_of

FULL = os.environ.get("ECOPICK_FULL") == "1"
JOIN = {"name": "Ida Neu", "password": "nine bright lamps at dawn"}


def join(app: Flask, token: str, **body: Any) -> Any:
    return app.test_client().post(f"/api/invitations/{token}/accept", json={**JOIN, **body})


def user_of(world: World, email: str) -> User | None:
    with Session(world.engine) as session:
        return session.scalars(select(User).where(User.email == email)).one_or_none()


def reasons(world: World, email_user: uuid.UUID | None, action: str) -> list[str | None]:
    with Session(world.engine) as session:
        return list(
            session.scalars(
                select(AuthAuditEvent.reason_code)
                .where(AuthAuditEvent.user_id == email_user, AuthAuditEvent.action == action)
                .order_by(AuthAuditEvent.created_at)
            )
        )


def test_inviting_mails_a_link_and_stores_its_hash(app: Flask, world: World) -> None:
    """Check 30: the token is nowhere in plain text."""
    sent = send(api_of(app, world, "manager"), role="CARETAKER", building_id=str(world.building_id))
    assert (sent["status"], sent["organization_type"]) == ("pending", "property_owner")
    with Session(world.engine) as session:
        mail = session.scalars(
            select(AccountMail).where(AccountMail.subject_id == uuid.UUID(sent["id"]))
        ).one()
        event = session.scalars(
            select(Outbox).where(
                Outbox.name == "invitation.sent",
                Outbox.payload["invitation_id"].astext == sent["id"],
            )
        ).one()
        entry = session.scalars(
            select(AuditEvent).where(
                AuditEvent.property_owner_id == world.owner_id,
                AuditEvent.action == "ENTITY_CREATED",
                AuditEvent.actor_id == world.people["manager"],
            )
        ).one()
    assert (mail.kind, mail.email, mail.version) == (MailKind.INVITATION, sent["email"], 1)
    assert mail.facts["role"] == "CARETAKER"
    assert mail.facts["organisation"].startswith("Owner ")
    token = token_of(world, sent["id"])
    assert token not in f"{mail.facts} {entry.changes} {entry.body!r} {event.payload}"


@pytest.mark.parametrize(
    ("nickname", "role", "status"),
    [
        ("owner", "PROPERTY_OWNER", 201),
        ("owner", "BUILDING_MANAGER", 201),
        ("manager", "PROPERTY_OWNER", 403),
        ("manager", "BUILDING_MANAGER", 201),
        ("manager", "CARETAKER", 201),
        ("building_admin", "BUILDING_MANAGER", 403),
        ("building_admin", "BUILDING_ADMIN", 201),
        ("caretaker", "CARETAKER", 403),
        ("maintenance", "RESIDENT", 403),
        ("resident", "RESIDENT", 403),
        ("tenant_admin", "CARETAKER", 403),
        ("tenant_admin", "TENANT_OCCUPANT", 201),
        ("tenant_admin", "TENANT_ADMIN", 201),
        ("occupant", "TENANT_OCCUPANT", 403),
        ("vendor", "VENDOR_TECH", 201),
        ("vendor", "VENDOR_ADMIN", 201),
        ("vendor", "CARETAKER", 403),
        ("vendor_tech", "VENDOR_TECH", 403),
        ("manager", "VENDOR_ADMIN", 403),
        ("stranger", "RESIDENT", 403),
    ],
)
def test_who_may_invite_to_what(
    app: Flask, world: World, nickname: str, role: str, status: int
) -> None:
    """Nobody invites to a role above their own, or into what they do not lead."""
    body: dict[str, Any] = {"email": fresh_address(), "role": role}
    if role == "RESIDENT":
        body["unit_id"] = str(world.unit_id)
    if role.startswith("VENDOR"):
        body["org_id"] = str(world.vendor_org_id)
    if role.startswith("TENANT"):
        body["org_id"] = str(world.company_id)
    answer = api_of(app, world, nickname).post("/api/invitations", body)
    assert answer.status_code == status, answer.text


def test_foreign_ids_are_refused(app: Flask, world: World, other_world: World) -> None:
    """Check 18: foreign ids inside the body write nothing."""
    api = api_of(app, world, "owner")
    foreign = {
        "building_id": ({"role": "CARETAKER"}, other_world.building_id),
        "unit_id": ({"role": "RESIDENT"}, other_world.unit_id),
        "org_id": ({"role": "TENANT_ADMIN"}, other_world.company_id),
    }
    for field, (body, foreign_id) in foreign.items():
        email = fresh_address()
        for value in (str(foreign_id), str(uuid.uuid4()), "nonsense"):
            answer = api.post("/api/invitations", {"email": email, **body, field: value})
            assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    answer = api.post(
        "/api/invitations",
        {"email": fresh_address(), "role": "CARETAKER", "org_id": str(other_world.owner_id)},
    )
    assert answer.status_code == 422
    with Session(world.engine) as session:
        assert not session.scalars(
            select(Invitation).where(Invitation.invited_by == world.people["owner"])
        ).all()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "RESIDENT"}, "unit_id"),
        ({"role": "TENANT_ADMIN"}, "org_id"),
        ({"role": "KING"}, "role"),
        ({"role": "CARETAKER", "email": "no address"}, "email"),
        ({"role": "CARETAKER", "status": "accepted"}, "status"),
        ({"role": "CARETAKER", "property_owner_id": "x"}, "property_owner_id"),
        ({"role": "CARETAKER", "org_type": "vendor_org"}, "org_type"),
    ],
)
def test_malformed(app: Flask, world: World, body: dict[str, Any], field: str) -> None:
    """Check 19: unknown fields are refused."""
    answer = api_of(app, world, "owner").post(
        "/api/invitations", {"email": fresh_address(), **body}
    )
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_unit_only_for_those_who_live_there(app: Flask, world: World) -> None:
    body = {"email": fresh_address(), "role": "CARETAKER", "unit_id": str(world.unit_id)}
    assert api_of(app, world, "owner").post("/api/invitations", body).status_code == 422


def test_link_shows_organisation_role_and_inviter_only(app: Flask, world: World) -> None:
    sent = send(api_of(app, world, "manager"), role="CARETAKER")
    token = token_of(world, sent["id"])
    answer = app.test_client().get(f"/api/invitations/{token}")
    assert set(answer.json) == {"organisation", "role", "inviter", "status"}
    assert answer.json["inviter"].startswith("Manager ")
    assert sent["email"] not in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert app.test_client().get("/api/invitations/nonsense").status_code == 404


def test_new_person_joins(app: Flask, world: World) -> None:
    """A person without an account makes it behind the link: the address counts as proved."""
    sent = send(api_of(app, world, "manager"), role="RESIDENT", unit_id=str(world.unit_id))
    client = app.test_client()
    answer = client.post(f"/api/invitations/{token_of(world, sent['id'])}/accept", json=JOIN)
    assert answer.status_code == 200, answer.text
    me = client.get("/api/auth/me").json
    assert (me["email"], me["email_verified"], me["name"]) == (sent["email"], True, "Ida Neu")
    assert [unit["label"] for unit in me["units"]] == ["3.07"]
    assert [role["role"] for role in me["memberships"]] == ["RESIDENT"]
    assert row(world, sent["id"]).status == InvitationStatus.ACCEPTED
    person = user_of(world, sent["email"])
    assert person is not None and not person.is_app_admin
    assert reasons(world, person.id, "invitation_accept") == [None]
    assert reasons(world, person.id, "account_created") == [None]


def test_known_person_joins_signed_in(app: Flask, world: World, other_world: World) -> None:
    email = other_world.emails["stranger"]
    sent = send(api_of(app, world, "manager"), email=email, role="CARETAKER")
    token = token_of(world, sent["id"])
    assert join(app, token).status_code == 409
    api = api_of(app, other_world, "stranger")
    assert api.client.post(f"/api/invitations/{token}/accept", json={}).status_code == 403
    assert api.post(f"/api/invitations/{token}/accept").status_code == 204
    assert api.get("/api/auth/me").json["flags"]["is_staff"]
    assert api.post(f"/api/invitations/{token}/accept").status_code == 409
    held = roles_of(world, other_world.people["stranger"])
    assert [(m.role, m.property_owner_id) for m in held] == [("CARETAKER", world.owner_id)]


def test_link_of_another_address_is_refused(app: Flask, world: World) -> None:
    sent = send(api_of(app, world, "manager"), role="BUILDING_MANAGER")
    answer = api_of(app, world, "resident").post(
        f"/api/invitations/{token_of(world, sent['id'])}/accept"
    )
    assert (answer.status_code, answer.json["code"]) == (403, "other_address")
    assert reasons(world, world.people["resident"], "invitation_accept") == ["other_address"]
    assert row(world, sent["id"]).status == InvitationStatus.PENDING


@pytest.mark.parametrize("nickname", ["manager", "tenant_admin", "vendor"])
def test_every_kind_of_organisation(app: Flask, world: World, nickname: str) -> None:
    body = {
        "manager": {"role": "TENANT_COORDINATOR", "org_id": str(world.company_id)},
        "tenant_admin": {"role": "TENANT_OCCUPANT", "unit_id": str(world.neighbour_unit_id)},
        "vendor": {"role": "VENDOR_TECH"},
    }[nickname]
    sent = send(api_of(app, world, nickname), **body)
    token = token_of(world, sent["id"])
    seen = app.test_client().get(f"/api/invitations/{token}").json
    assert seen["organisation"].split()[0] in ("Mieter", "Plumber")
    assert join(app, token).status_code == 200
    person = user_of(world, sent["email"])
    assert person is not None
    held = roles_of(world, person.id)
    assert [m.role for m in held] == [body["role"]]
    expected = world.vendor_org_id if nickname == "vendor" else world.company_id
    assert expected in (held[0].vendor_org_id, held[0].tenant_company_id)
    with Session(world.engine) as session:
        ties = session.scalars(select(UserUnit).where(UserUnit.user_id == person.id)).all()
    assert [tie.unit_id for tie in ties] == (
        [world.neighbour_unit_id] if nickname == "tenant_admin" else []
    )


def test_vendor_who_left_invites_nobody(app: Flask, world: World) -> None:
    sent = send(api_of(app, world, "vendor"), role="VENDOR_TECH")
    with Session(world.engine) as session, session.begin():
        for held in roles_of(world, world.people["vendor"]):
            session.merge(held).ended_at = clock.now()
    answer = join(app, token_of(world, sent["id"]))
    assert (answer.status_code, answer.json["code"]) == (409, "invitation_revoked")
    assert user_of(world, sent["email"]) is None


@pytest.mark.parametrize("weak", ["short", "passwordpassword", "Ecopick ecopick 26"])
def test_weak_password_makes_no_account(app: Flask, world: World, weak: str) -> None:
    """Check 5: the rules hold where an account is made."""
    sent = send(api_of(app, world, "manager"), role="CARETAKER")
    answer = join(app, token_of(world, sent["id"]), password=weak)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["password"])
    assert user_of(world, sent["email"]) is None


def test_invitation_expires_after_seven_days(app: Flask, world: World) -> None:
    """Check 7: invitations expire."""
    sent = send(api_of(app, world, "manager"), role="CARETAKER")
    token = token_of(world, sent["id"])
    clock.shift(timedelta(days=6, hours=23))
    assert app.test_client().get(f"/api/invitations/{token}").json["status"] == "pending"
    clock.shift(timedelta(days=7, minutes=1))
    assert app.test_client().get(f"/api/invitations/{token}").json["status"] == "expired"
    assert row(world, sent["id"]).status == InvitationStatus.PENDING  # Reading changes nothing.
    answer = join(app, token)
    assert (answer.status_code, answer.json["code"]) == (409, "invitation_expired")
    assert row(world, sent["id"]).status == InvitationStatus.EXPIRED
    assert "expired" in answer.json["title"]


def test_sending_again_kills_the_earlier_link(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    sent = send(api, role="CARETAKER")
    earlier = token_of(world, sent["id"])
    answer = api.post(f"/api/invitations/{sent['id']}/resend")
    assert answer.status_code == 200
    later = token_of(world, sent["id"])
    assert earlier != later
    assert join(app, earlier).status_code == 404
    assert join(app, later).status_code == 200
    assert api.post(f"/api/invitations/{sent['id']}/resend").status_code == 409
    assert api.post(f"/api/invitations/{sent['id']}/revoke").status_code == 409


def test_expired_one_can_be_sent_again(app: Flask, world: World) -> None:
    sent = send(api_of(app, world, "manager"), role="CARETAKER")
    clock.shift(timedelta(days=8))
    api = api_of(app, world, "manager")
    assert api.get("/api/invitations").json["items"][0]["status"] == "expired"
    assert api.post(f"/api/invitations/{sent['id']}/resend").status_code == 200
    assert join(app, token_of(world, sent["id"])).status_code == 200


def test_taken_back_one_is_dead(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    sent = send(api, role="CARETAKER")
    token = token_of(world, sent["id"])
    assert api.post(f"/api/invitations/{sent['id']}/revoke").json["status"] == "revoked"
    answer = join(app, token)
    assert (answer.status_code, answer.json["code"]) == (409, "invitation_revoked")
    assert api.get("/api/invitations").json["items"] == []


def test_foreign_invitation_answers_as_a_missing_one(
    app: Flask, world: World, other_world: World
) -> None:
    """Check 15: foreign, missing and malformed ids look the same."""
    sent = send(api_of(app, other_world, "owner"), role="CARETAKER")
    api = api_of(app, world, "owner")
    answers = []
    for key in (sent["id"], str(uuid.uuid4()), "nonsense"):
        for act in ("resend", "revoke"):
            answer = api.post(f"/api/invitations/{key}/{act}")
            body = answer.json
            body.pop("request_id")
            answers.append((answer.status_code, body))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 404
    assert row(other_world, sent["id"]).status == InvitationStatus.PENDING
    assert api.get("/api/invitations").json["items"] == []


def test_twice_to_the_same_role(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    sent = send(api, role="CARETAKER")
    again = api.post("/api/invitations", {"email": sent["email"], "role": "CARETAKER"})
    assert again.status_code == 409
    other = api.post("/api/invitations", {"email": sent["email"], "role": "BUILDING_MAINTENANCE"})
    assert other.status_code == 201


def test_manager_cannot_touch_an_owners_invitation(app: Flask, world: World) -> None:
    sent = send(api_of(app, world, "owner"), role="PROPERTY_OWNER")
    api = api_of(app, world, "manager")
    assert api.post(f"/api/invitations/{sent['id']}/revoke").status_code == 403
    assert api.get("/api/invitations").json["items"] == []


def test_mails_to_one_address_are_limited(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    sent = send(api, role="CARETAKER")
    answers = [api.post(f"/api/invitations/{sent['id']}/resend").status_code for _ in range(10)]
    assert answers == [200] * 9 + [429]


def test_strangers_list_nothing(client: FlaskClient) -> None:
    assert client.get("/api/invitations").status_code == 401
    assert client.post("/api/invitations", json={}).status_code == 401


@pytest.mark.full
@pytest.mark.parametrize("is_new", [True, False])
def test_parallel_accepts_give_one_success(app: Flask, world: World, is_new: bool) -> None:
    """Check 7: an invitation counts once, however many come at the same time."""
    number = 50 if FULL else 12
    email = fresh_address() if is_new else world.emails["stranger"]
    sent = send(api_of(app, world, "manager"), email=email, role="CARETAKER")
    token = token_of(world, sent["id"])
    if is_new:

        def attempt(_number: int) -> int:
            return int(join(app, token).status_code)
    else:
        api = api_of(app, world, "stranger")

        def attempt(_number: int) -> int:
            client = app.test_client()
            for name in ("ecopick_session", "ecopick_csrf"):
                kept = api.client.get_cookie(name)
                assert kept is not None
                client.set_cookie(name, kept.value)
            headers = {"X-CSRF-Token": api.csrf}
            path = f"/api/invitations/{token}/accept"
            return int(client.post(path, headers=headers).status_code)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(attempt, range(number)))
    good = 200 if is_new else 204
    assert answers.count(good) == 1
    assert set(answers) <= {good, 409}
    person = user_of(world, email)
    assert person is not None
    assert len(roles_of(world, person.id)) == 1
    figure("invitation", f"parallel accepts of {number}", answers.count(good), "1 success")
