"""Explicit rights on vendors and routing rules; kinds of things that bear none."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.db import new_id
from ecopick.core.models import Outbox
from ecopick.core.permissions import allows
from ecopick.domains.people.models import UserUnit
from ecopick.domains.routing.models import RoutingRule
from ecopick.domains.tickets.commands.assignment import assign_ticket
from ecopick.domains.tickets.inputs import AssignTicket
from ecopick.domains.vendors.models import OwnerVendor
from tests.domains.tickets.test_main_line import assign_vendor, now_at, report
from tests.domains.tickets.test_open_jobs import publish
from tests.factories import World
from tests.signing_in import Api, api_of

INBOX = "/api/vendors/inbox"


def given(app: Flask, world: World, who: str = "manager", **values: Any) -> Any:
    body = {
        "user_id": str(world.people["occupant"]),
        "resource_type": "VendorOrg",
        "resource_id": str(world.vendor_org_id),
        "permissions": {"view": ["*"]},
        **values,
    }
    return api_of(app, world, who).post("/api/permissions/grant", body)


def seen(api: Api) -> list[str]:
    answer = api.get(INBOX)
    assert answer.status_code == 200, answer.text
    return [each["ticket_id"] for each in answer.get_json()["items"]]


@pytest.mark.parametrize(
    "matrix", [{"view": ["*"]}, {"view": ["vendors"]}, {"view_opportunities": ["*"]}]
)
def test_a_right_shows_the_jobs_of_one_vendor(
    app: Flask, world: World, matrix: dict[str, list[str]]
) -> None:
    mine, other, open_job = report(world), report(world), publish(world)
    assign_vendor(world, mine)
    assign_vendor(world, other, second=True)
    occupant = api_of(app, world, "occupant")
    assert occupant.get(INBOX).status_code == 403
    assert given(app, world, permissions=matrix).status_code == 200
    assert set(seen(occupant)) == {str(mine.id), str(open_job.id)}
    listed = occupant.get("/api/permissions").get_json()["items"]
    assert [(each["resource_type"], each["permissions"]) for each in listed] == [
        ("VendorOrg", matrix)
    ]
    end = {
        "user_id": str(world.people["occupant"]),
        "resource_type": "VendorOrg",
        "resource_id": str(world.vendor_org_id),
    }
    assert api_of(app, world, "manager").post("/api/permissions/revoke", end).status_code == 200
    assert occupant.get(INBOX).status_code == 403


def test_it_reaches_from_the_whole_owner_where_it_names_vendors(app: Flask, world: World) -> None:
    ticket = report(world)
    assign_vendor(world, ticket)
    on = {"resource_type": "PropertyOwner", "resource_id": str(world.owner_id)}
    occupant = api_of(app, world, "occupant")
    assert given(app, world, permissions={"view": ["buildings"]}, **on).status_code == 200
    assert occupant.get(INBOX).status_code == 403
    assert given(app, world, permissions={"view": ["vendors"]}, **on).status_code == 200
    assert seen(occupant) == [str(ticket.id)]


def test_it_never_shows_the_vendors_jobs_for_another_owner(
    app: Flask, world: World, other_world: World
) -> None:
    """Check 15: the vendor works for both owners, and the person has a home with both."""
    other_world.add(
        OwnerVendor(property_owner_id=other_world.owner_id, vendor_org_id=world.vendor_org_id)
    )
    other_world.add(
        UserUnit(
            user_id=world.people["occupant"],
            property_owner_id=other_world.owner_id,
            building_id=other_world.building_id,
            unit_id=other_world.unit_id,
            relationship="resident",
            start_date=clock.now().date(),
        )
    )
    mine, foreign = report(world), report(other_world)
    assign_vendor(world, mine)
    manager = other_world.actor("manager")
    sent = AssignTicket(type="VENDOR", vendor_org_id=world.vendor_org_id)
    with world.database.transaction(manager.scope) as session:
        assign_ticket(session, manager, foreign.id, sent)
    assert given(app, world).status_code == 200
    assert seen(api_of(app, world, "occupant")) == [str(mine.id)]


def test_a_right_to_answer(app: Flask, world: World) -> None:
    """Looking is not answering; the answer counts as the vendor's."""
    ticket = report(world)
    assignment = assign_vendor(world, ticket)
    occupant = api_of(app, world, "occupant")
    body = {"ticket_id": str(ticket.id), "accept": True}
    assert given(app, world).status_code == 200
    assert occupant.post("/api/vendors/dispatch/respond", body).status_code in (403, 404)
    actor = world.actor("occupant")
    with world.database.transaction(actor.scope) as session:
        assert not allows(session, actor, "vendor:respond_assignment", assignment)
    assert given(app, world, permissions={"respond_assignment": ["*"]}).status_code == 200
    with world.database.transaction(actor.scope) as session:
        assert allows(session, actor, "vendor:respond_assignment", assignment)
    answer = occupant.post("/api/vendors/dispatch/respond", body)
    assert answer.status_code == 200, answer.text
    assert now_at(world, ticket).status == "IN_PROGRESS"
    second = report(world)
    assign_vendor(world, second, second=True)
    body["ticket_id"] = str(second.id)
    assert occupant.post("/api/vendors/dispatch/respond", body).status_code in (403, 404)


def test_with_an_approval(app: Flask, world: World) -> None:
    ticket = report(world)
    assign_vendor(world, ticket)
    occupant = api_of(app, world, "occupant")
    assert given(app, world, needs_approval=True).status_code == 200
    assert occupant.get(INBOX).status_code == 403
    asked = occupant.post(
        "/api/admin/approvals",
        {
            "action": "vendor:view_opportunities",
            "resource_type": "VendorOrg",
            "resource_id": str(world.vendor_org_id),
            "approver_id": str(world.people["manager"]),
        },
    )
    assert asked.status_code == 201, asked.text
    path = f"/api/admin/approvals/{asked.get_json()['id']}/decide"
    decided = api_of(app, world, "manager").post(path, {"decision": "APPROVED"})
    assert decided.status_code == 200, decided.text
    assert seen(occupant) == [str(ticket.id)]
    assert seen(occupant) == [str(ticket.id)]


def test_the_use_of_a_right_for_emergencies_is_told(app: Flask, world: World) -> None:
    ticket = report(world)
    assign_vendor(world, ticket)
    flags = {"needs_approval": True, "emergency": True}
    assert given(app, world, who="owner", **flags).status_code == 200
    assert seen(api_of(app, world, "occupant")) == [str(ticket.id)]
    with Session(world.engine) as session:
        told = session.scalars(
            select(Outbox).where(
                Outbox.property_owner_id == world.owner_id,
                Outbox.name == "permission.emergency_used",
            )
        ).all()
    assert [each.payload["action"] for each in told] == ["vendor:view_opportunities"]
    assert told[0].payload["resource_type"] == "VendorOrg"


def test_only_ones_own_vendors_and_only_for_the_whole_owner(
    app: Flask, world: World, other_world: World
) -> None:
    foreign = given(app, world, resource_id=str(other_world.vendor_org_id))
    assert (foreign.status_code, list(foreign.get_json()["errors"])) == (422, ["resource_id"])
    assert given(app, world, who="vendor").status_code in (403, 422)
    assert given(app, world, who="caretaker").status_code == 403


@pytest.mark.parametrize(
    "kind",
    ["Module", "Report", "AuditLog", "User", "AccessRequest", "Invoice", "TenantCompany"],
)
def test_kinds_without_rights_are_refused_in_words(app: Flask, world: World, kind: str) -> None:
    answer = given(app, world, resource_type=kind, resource_id=str(world.owner_id))
    assert answer.status_code == 422
    told = answer.get_json()["errors"]["resource_type"]
    assert told.startswith("Rights cannot be granted on this kind of thing")


def test_a_right_on_a_routing_rule(app: Flask, world: World) -> None:
    rule_id = new_id()
    rule = RoutingRule(
        id=rule_id,
        property_owner_id=world.owner_id,
        building_id=world.building_id,
        category="plumbing",
        default_vendor_org_id=world.vendor_org_id,
    )
    world.add(rule)
    actor = world.actor("occupant")

    def may(verb: str) -> bool:
        with world.database.transaction(actor.scope) as session:
            found = session.get_one(RoutingRule, rule_id)
            return allows(session, actor, f"routing:{verb}", found)

    assert not may("view")
    on = {"resource_type": "RoutingRule", "resource_id": str(rule_id)}
    assert given(app, world, **on).status_code == 200
    assert (may("view"), may("manage")) == (True, False)


def test_vendors_are_a_choice_on_the_page(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    assert f'value="VendorOrg:{world.vendor_org_id}"' in manager.get("/en/admin/permissions").text
    body = {
        "user_id": str(world.people["occupant"]),
        "place": f"VendorOrg:{world.vendor_org_id}",
        "verbs": ["view", "respond_assignment"],
        "csrf_token": manager.csrf,
    }
    done = manager.client.post("/en/admin/permissions/grant", data=body)
    assert done.status_code == 303, done.text
    page = manager.get("/en/admin/permissions").text
    assert "<span>Vendor</span>" in page
    assert "<span>Answer assignments</span>" in page
    assert "VendorOrg</" not in page
