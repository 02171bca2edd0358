"""Roles and homes that somebody asks for: who is told, and what the answer brings."""

from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.domains.notifications.models import Notification
from tests.factories import World
from tests.jobs.conftest import Post, text_of
from tests.signing_in import api_of


def told(world: World, kind: str) -> set[str]:
    """Who has something of this kind to read in the app, by nickname."""
    names = {user_id: name for name, user_id in world.people.items()}
    with Session(world.engine) as session:
        rows = session.scalars(
            select(Notification.user_id).where(
                Notification.property_owner_id == world.owner_id,
                Notification.type == kind,
                Notification.channel == "in_app",
            )
        ).all()
    return {names[user_id] for user_id in rows}


def test_a_home_asked_for_and_confirmed(app: Flask, world: World, post: Post, work: Any) -> None:
    """Management hears of it with the way to where it confirms; then whoever asked does."""
    body = {"unit_id": str(world.unit_id)}
    asked = api_of(app, world, "stranger").post("/api/memberships/add-residence", body)
    work()
    work()
    assert told(world, "approval_requested") == {"owner", "manager", "building_admin"}
    (mail,) = post.to(world.emails["manager"])
    assert "asks for a role: Resident" in str(mail["Subject"])
    assert "3.07" in text_of(mail)
    assert "/en/members" in text_of(mail)
    manager = api_of(app, world, "manager")
    assert '/en/members"' in manager.get("/en/notifications").text
    path = f"/api/memberships/{asked.json['id']}/confirm"
    assert manager.post(path).status_code == 200
    work()
    assert told(world, "approval_decided") == {"stranger"}
    (answer,) = post.to(world.emails["stranger"])
    assert "Your role is confirmed: Resident" in str(answer["Subject"])
    assert "/en/account/memberships" in text_of(answer)


def test_the_owners_role_and_a_refusal(app: Flask, world: World, post: Post, work: Any) -> None:
    """Only whoever can confirm is told."""
    body = {"role": "PROPERTY_OWNER", "org_id": str(world.owner_id)}
    asked = api_of(app, world, "stranger").post("/api/memberships/add-business-role", body)
    work()
    assert told(world, "approval_requested") == {"owner"}
    owner = api_of(app, world, "owner")
    assert owner.delete(f"/api/memberships/{asked.json['id']}").status_code == 204
    work()
    (answer,) = post.to(world.emails["stranger"])
    assert "was refused: Property owner" in str(answer["Subject"])


def test_a_role_in_a_company(app: Flask, world: World, work: Any) -> None:
    body = {"role": "TENANT_OCCUPANT", "org_id": str(world.company_id)}
    stranger = api_of(app, world, "stranger")
    asked = stranger.post("/api/memberships/add-business-role", body)
    work()
    assert "tenant_admin" in told(world, "approval_requested")
    assert stranger.delete(f"/api/memberships/{asked.json['id']}").status_code == 204
    work()
    assert told(world, "approval_decided") == set()
