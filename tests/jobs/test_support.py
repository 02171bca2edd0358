"""Support: with a reason, for a short time, shown, told and recorded under both names."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.audit.models import AccessDecision, AccessEvent, AuditEvent
from ecopick.core.audit.writer import flush_reads
from ecopick.core.uow import Database
from ecopick.domains.notifications.models import Notification
from jobs.outbox import dispatch_owner
from jobs.runtime import Runtime
from tests.factories import World
from tests.jobs.conftest import Post
from tests.signing_in import Api, api_of

REASON = "Support request 4711: list stays empty"


def opened(api: Api, world: World, **more: object) -> object:
    body = {"property_owner_id": str(world.owner_id), "reason": REASON, **more}
    return api.post("/api/admin/support", body)


def ticket_of(app: Flask, world: World) -> str:
    answer = api_of(app, world, "manager").post(
        "/api/tickets",
        {"building_id": str(world.building_id), "title": "Licht", "category": "electrical"},
    )
    found: str = answer.get_json()["id"]
    return found


@pytest.fixture
def admin(app: Flask, world: World, other_world: World) -> Api:
    """An app administrator who has no role with ``world``."""
    return api_of(app, other_world, "app_admin")


def test_an_administrator_sees_nothing_without_a_reason(
    app: Flask, admin: Api, world: World
) -> None:
    ticket_id = ticket_of(app, world)
    assert admin.get(f"/api/tickets/{ticket_id}").status_code == 404
    assert opened(admin, world).status_code == 201
    assert admin.get(f"/api/tickets/{ticket_id}").status_code == 200
    assert admin.delete("/api/admin/support").status_code == 204
    assert admin.get(f"/api/tickets/{ticket_id}").status_code == 404


def test_it_ends_by_itself_and_with_its_session(app: Flask, admin: Api, world: World) -> None:
    ticket_id = ticket_of(app, world)
    opened(admin, world, minutes=15)
    clock.shift(timedelta(minutes=16))
    assert admin.get(f"/api/tickets/{ticket_id}").status_code == 404
    clock.reset()
    other = Api(app, admin.get("/api/auth/me").get_json()["email"])
    assert other.get(f"/api/tickets/{ticket_id}").status_code == 404


def test_with_the_eyes_of_a_person(app: Flask, admin: Api, world: World) -> None:
    ticket_id = ticket_of(app, world)
    assert opened(admin, world, email=world.emails["neighbour"]).status_code == 201
    me = admin.get("/api/auth/me").get_json()
    assert me["email"] == world.emails["neighbour"]
    assert me["flags"]["is_app_admin"] is False
    assert admin.get(f"/api/tickets/{ticket_id}").status_code == 404
    page = admin.get("/en/tickets").get_data(as_text=True)
    assert "acts as" in page
    assert REASON in page
    for path, body in (
        ("/api/auth/password/change", {"current_password": "x", "new_password": "y"}),
        ("/api/auth/security", {"action": "totp_setup"}),
        ("/api/auth/verify-access-password", {"password": "x"}),
        ("/api/auth/logout-everywhere", {}),
    ):
        answer = admin.post(path, body)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "acting_as_somebody")
    assert admin.get("/en/account/security").status_code == 403
    assert admin.get("/api/auth/sessions").status_code == 403
    assert admin.delete("/api/admin/support").status_code == 204
    assert admin.get("/api/auth/me").get_json()["flags"]["is_app_admin"] is True


def test_both_identities_stand_in_every_row(
    app: Flask, admin: Api, world: World, database: Database
) -> None:
    """Check 20: what an administrator does is recorded with its reason."""
    admin_id = admin.get("/api/auth/me").get_json()["id"]
    opened(admin, world, email=world.emails["manager"])
    body = {"building_id": str(world.building_id), "title": "Tor", "category": "general"}
    ticket_id = admin.post("/api/tickets", body).get_json()["id"]
    admin.get(f"/api/tickets/{ticket_id}")
    flush_reads(database)
    with Session(world.engine) as session:
        change = session.scalars(
            select(AuditEvent).where(
                AuditEvent.ticket_id == ticket_id, AuditEvent.action == "TICKET_CREATED"
            )
        ).one()
        reads = session.scalars(
            select(AccessEvent).where(AccessEvent.resource_id == ticket_id)
        ).all()
        decisions = session.scalars(
            select(AccessDecision).where(
                AccessDecision.property_owner_id == world.owner_id,
                AccessDecision.user_id == world.people["manager"],
            )
        ).all()
        started = session.scalars(
            select(AuditEvent).where(
                AuditEvent.property_owner_id == world.owner_id,
                AuditEvent.meta["resource"].astext == "support_accesses",
            )
        ).all()
    assert change.actor_id == world.people["manager"]
    assert change.meta is not None
    assert change.meta["support_admin_id"] == admin_id
    assert reads
    assert all((row.metadata_ or {})["support_admin_id"] == admin_id for row in reads)
    assert decisions
    assert [row.action for row in decisions if admin_id not in (row.reason or "")] == []
    assert [str(row.actor_id) for row in started] == [admin_id]


def test_the_owners_are_told(
    app: Flask, admin: Api, world: World, jobs: Runtime, post: Post
) -> None:
    opened(admin, world)
    dispatch_owner(jobs, world.owner_id)
    with Session(world.engine) as session:
        told = session.scalars(
            select(Notification).where(
                Notification.property_owner_id == world.owner_id,
                Notification.type == "security_alert",
            )
        ).all()
    assert {row.user_id for row in told} == {world.people["owner"]}
    assert all(REASON in (row.body or "") for row in told)
    assert {row.channel.value for row in told} == {"in_app", "email"}
    assert all(re.search(r"until \d\d:\d\d \(CES?T\)", row.body or "") for row in told)


@pytest.mark.parametrize("who", ["owner", "manager", "resident", "vendor"])
def test_only_administrators_give_support(app: Flask, world: World, who: str) -> None:
    api = api_of(app, world, who)
    assert opened(api, world).status_code in (403, 422)
    assert api.get("/api/admin/support").status_code == 403
    assert api.get("/en/admin/support").status_code == 403


def test_what_is_refused(app: Flask, admin: Api, world: World, other_world: World) -> None:
    nobody = {"email": "nobody@example.org"}
    elsewhere = {"email": other_world.emails["resident"]}
    own = {"email": other_world.emails["app_admin"]}
    for body in (nobody, elsewhere, own, {"reason": "short"}, {"minutes": 61}, {"reason": None}):
        assert opened(admin, world, **body).status_code == 422
    foreign = opened(admin, world, property_owner_id="00000000-0000-0000-0000-000000000001")
    assert foreign.status_code == 422
    assert opened(admin, world).status_code == 201
    assert opened(admin, world).status_code == 409


def test_it_needs_a_fresh_proof_of_identity(app: Flask, admin: Api, world: World) -> None:
    clock.shift(timedelta(minutes=6))
    answer = opened(admin, world)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "step_up_required")


def test_the_page_opens_and_ends_it(app: Flask, admin: Api, world: World) -> None:
    page = admin.get("/en/admin/support")
    assert page.status_code == 200
    assert str(world.owner_id) in page.get_data(as_text=True)
    form = {
        "property_owner_id": str(world.owner_id),
        "reason": REASON,
        "minutes": "30",
        "email": "",
        "csrf_token": admin.csrf,
    }
    bad = admin.client.post("/en/admin/support", data={**form, "reason": "kurz"})
    assert bad.status_code == 422
    assert "kurz" in bad.get_data(as_text=True)
    assert admin.client.post("/en/admin/support", data=form).status_code == 303
    assert "gives support" in admin.get("/en/tickets").get_data(as_text=True)
    assert admin.client.post("/en/support/end", data={"csrf_token": admin.csrf}).status_code == 303
    assert "gives support" not in admin.get("/en/tickets").get_data(as_text=True)
