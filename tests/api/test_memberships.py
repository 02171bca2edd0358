"""Asking for roles and homes, confirming and ending them, over HTTP."""

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.audit.models import AuditEvent
from ecopick.core.roles import MembershipRole
from ecopick.domains.people.models import Membership, UserUnit
from tests.factories import World
from tests.invitations import roles_of
from tests.signing_in import Api, api_of


def own(world: World, nickname: str) -> Membership:
    """The only role of a person."""
    (found,) = roles_of(world, world.people[nickname])
    return found


def ask_role(api: Api, **body: Any) -> Any:
    return api.post("/api/memberships/add-business-role", body)


def ask_home(api: Api, **body: Any) -> Any:
    return api.post("/api/memberships/add-residence", body)


def test_role_waits_for_management(app: Flask, world: World) -> None:
    stranger, manager = api_of(app, world, "stranger"), api_of(app, world, "manager")
    answer = ask_role(stranger, role="CARETAKER", org_id=str(world.owner_id))
    assert (answer.status_code, answer.json["status"]) == (201, "pending")
    assert not stranger.get("/api/auth/me").json["flags"]["is_staff"]
    assert stranger.get("/api/tickets").json["items"] == []
    path = f"/api/memberships/{answer.json['id']}/confirm"
    assert stranger.post(path).status_code == 404
    assert api_of(app, world, "caretaker").post(path).status_code == 404
    assert manager.post(path).status_code == 200
    assert manager.post(path).status_code == 409
    assert stranger.get("/api/auth/me").json["flags"]["is_staff"]


def test_owner_role_is_confirmed_by_owners_only(app: Flask, world: World) -> None:
    answer = ask_role(
        api_of(app, world, "stranger"), role="PROPERTY_OWNER", org_id=str(world.owner_id)
    )
    path = f"/api/memberships/{answer.json['id']}/confirm"
    assert api_of(app, world, "manager").post(path).status_code == 403
    assert api_of(app, world, "owner").post(path).status_code == 200


@pytest.mark.parametrize("role", ["TENANT_ADMIN", "VENDOR_TECH"])
def test_companies_and_vendors_confirm_their_own(app: Flask, world: World, role: str) -> None:
    organisation = world.company_id if role == "TENANT_ADMIN" else world.vendor_org_id
    leader = "tenant_admin" if role == "TENANT_ADMIN" else "vendor"
    answer = ask_role(api_of(app, world, "stranger"), role=role, org_id=str(organisation))
    assert answer.status_code == 201, answer.text
    path = f"/api/memberships/{answer.json['id']}/confirm"
    assert api_of(app, world, "vendor_two").post(path).status_code == 404
    assert api_of(app, world, leader).post(path).status_code == 200
    assert own(world, "stranger").role == role


def test_home_waits_for_management(app: Flask, world: World) -> None:
    stranger, manager = api_of(app, world, "stranger"), api_of(app, world, "manager")
    answer = ask_home(stranger, unit_id=str(world.unit_id), relationship="resident")
    assert answer.status_code == 201, answer.text
    assert stranger.get("/api/users/me/units").json["items"] == []
    assert manager.post(f"/api/memberships/{answer.json['id']}/confirm").status_code == 200
    units = stranger.get("/api/users/me/units").json["items"]
    assert [unit["label"] for unit in units] == ["3.07"]
    assert stranger.delete(f"/api/memberships/{answer.json['id']}").status_code == 204
    assert stranger.get("/api/users/me/units").json["items"] == []
    with Session(world.engine) as session:
        tie = session.scalars(
            select(UserUnit).where(UserUnit.user_id == world.people["stranger"])
        ).one()
    assert not tie.is_active and tie.end_date is not None
    again = ask_home(stranger, unit_id=str(world.unit_id))
    assert manager.post(f"/api/memberships/{again.json['id']}/confirm").status_code == 200
    assert len(stranger.get("/api/users/me/units").json["items"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "CARETAKER", "org_id": str(uuid.uuid4())}, "org_id"),
        ({"role": "TENANT_ADMIN", "org_id": str(uuid.uuid4())}, "org_id"),
        ({"role": "VENDOR_TECH", "org_id": str(uuid.uuid4())}, "org_id"),
        ({"role": "CARETAKER", "org_id": "nonsense"}, "org_id"),
        ({"role": "RESIDENT", "org_id": str(uuid.uuid4())}, "role"),
        ({"role": "KING", "org_id": str(uuid.uuid4())}, "role"),
        ({"role": "CARETAKER", "org_id": str(uuid.uuid4()), "status": "active"}, "status"),
        ({"role": "CARETAKER", "org_id": str(uuid.uuid4()), "user_id": "x"}, "user_id"),
    ],
)
def test_malformed_request_of_a_role(
    app: Flask, world: World, body: dict[str, Any], field: str
) -> None:
    """Check 18 and 19: what does not exist and what is not asked for is refused."""
    answer = ask_role(api_of(app, world, "stranger"), **body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert roles_of(world, world.people["stranger"]) == []


def test_building_of_another_owner(app: Flask, world: World, other_world: World) -> None:
    """Check 18: a foreign building writes nothing."""
    answer = ask_role(
        api_of(app, world, "stranger"),
        role="CARETAKER",
        org_id=str(world.owner_id),
        building_id=str(other_world.building_id),
    )
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["building_id"])
    assert roles_of(world, world.people["stranger"]) == []


def test_unknown_unit(app: Flask, world: World) -> None:
    answer = ask_home(api_of(app, world, "stranger"), unit_id=str(uuid.uuid4()))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["unit_id"])


def test_same_request_twice_and_too_many(app: Flask, world: World) -> None:
    api = api_of(app, world, "stranger")
    roles = [r for r in MembershipRole if not r.startswith(("TENANT", "VENDOR", "RES"))]
    answers = [ask_role(api, role=r, org_id=str(world.owner_id)).status_code for r in roles]
    assert answers == [201] * len(roles)
    assert ask_role(api, role="CARETAKER", org_id=str(world.owner_id)).status_code == 409
    for unit_id in (world.unit_id, world.neighbour_unit_id):
        ask_home(api, unit_id=str(unit_id))
    for building_id in (world.building_id, world.second_building_id):
        for role in ("CARETAKER", "BUILDING_MANAGER"):
            answer = ask_role(
                api, role=role, org_id=str(world.owner_id), building_id=str(building_id)
            )
    assert answer.status_code == 409
    assert len(roles_of(world, world.people["stranger"])) == 10


def test_role_removed_counts_no_more_at_the_next_request(app: Flask, world: World) -> None:
    """Check 11: role removal takes effect with the next request."""
    caretaker, manager = api_of(app, world, "caretaker"), api_of(app, world, "manager")
    membership = own(world, "caretaker")
    assert caretaker.get("/api/auth/me").json["flags"]["is_staff"]
    assert manager.delete(f"/api/memberships/{membership.id}").status_code == 204
    assert not caretaker.get("/api/auth/me").json["flags"]["is_staff"]
    assert own(world, "caretaker").ended_by_id == world.people["manager"]
    assert manager.delete(f"/api/memberships/{membership.id}").status_code == 404
    with Session(world.engine) as session:
        actions = session.scalars(
            select(AuditEvent.action).where(
                AuditEvent.property_owner_id == world.owner_id,
                AuditEvent.actor_id == world.people["manager"],
            )
        ).all()
    assert actions == ["ENTITY_DEACTIVATED"]


def test_last_owner_stays(app: Flask, world: World) -> None:
    owner = api_of(app, world, "owner")
    membership = own(world, "owner")
    path = f"/api/memberships/{membership.id}"
    assert api_of(app, world, "manager").delete(path).status_code == 403
    answer = owner.delete(path)
    assert (answer.status_code, answer.json["code"]) == (409, "last_owner")
    world.add(
        Membership(
            user_id=world.people["manager"],
            role=MembershipRole.PROPERTY_OWNER,
            property_owner_id=world.owner_id,
        )
    )
    assert owner.delete(path).status_code == 204


def test_own_request_is_taken_back(app: Flask, world: World) -> None:
    api = api_of(app, world, "stranger")
    asked = ask_role(api, role="CARETAKER", org_id=str(world.owner_id)).json["id"]
    assert api.delete(f"/api/memberships/{asked}").status_code == 204
    assert own(world, "stranger").ended_at is not None


def test_foreign_role_answers_as_a_missing_one(
    app: Flask, world: World, other_world: World
) -> None:
    """Check 15: foreign, missing and malformed ids look the same."""
    api = api_of(app, world, "owner")
    answers = []
    for key in (own(other_world, "caretaker").id, uuid.uuid4(), "nonsense"):
        for answer in (
            api.delete(f"/api/memberships/{key}"),
            api.post(f"/api/memberships/{key}/confirm"),
        ):
            body = answer.json
            body.pop("request_id")
            answers.append((answer.status_code, body))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 404
    assert own(other_world, "caretaker").ended_at is None


@pytest.mark.parametrize("nickname", ["resident", "caretaker", "vendor", "tenant_admin"])
def test_others_end_no_role(app: Flask, world: World, nickname: str) -> None:
    membership = own(world, "manager")
    answer = api_of(app, world, nickname).delete(f"/api/memberships/{membership.id}")
    assert answer.status_code == 404
    assert own(world, "manager").ended_at is None
