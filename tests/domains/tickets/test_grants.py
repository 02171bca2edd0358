"""Explicit grants, building narrowing, and what a company's staff see."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ecopick.core import clock
from ecopick.core.permissions import allows
from ecopick.core.roles import MembershipRole
from ecopick.domains.governance.models import ResourcePermission
from ecopick.domains.people.models import Membership
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.list import list_tickets
from tests.domains.tickets.test_main_line import report
from tests.factories import World


def grant(world: World, kind: str, resource_id: Any, **values: Any) -> None:
    """An explicit grant for somebody without any role."""
    world.add(
        ResourcePermission(
            **{
                "property_owner_id": world.owner_id,
                "user_id": world.people["stranger"],
                "resource_type": kind,
                "resource_id": resource_id,
                "granted_at": clock.now(),
                **values,
            }
        )
    )


def may(world: World, who: str, action: str, ticket: Ticket) -> bool:
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        granted = allows(session, actor, action, ticket)
        if action == "ticket:view":
            listed = [row.id for row in list_tickets(session, actor, ListTickets()).items]
            assert (ticket.id in listed) == granted
    return granted


@pytest.mark.parametrize("kind", ["Ticket", "Building", "PropertyOwner"])
@pytest.mark.parametrize("scope", ["*", "tickets"])
def test_a_grant_counts_on_the_ticket_and_what_it_stands_in(
    world: World, kind: str, scope: str
) -> None:
    ticket = report(world)
    places = {
        "Ticket": ticket.id,
        "Building": world.building_id,
        "PropertyOwner": world.owner_id,
    }
    assert not may(world, "stranger", "ticket:view", ticket)
    grant(world, kind, places[kind], permissions={"view": [scope], "edit": ["units", "routing"]})
    assert may(world, "stranger", "ticket:view", ticket)
    assert not may(world, "stranger", "ticket:edit", ticket)


@pytest.mark.parametrize(
    "values",
    [
        {"expires_at": clock.now() - timedelta(minutes=1)},
        {"revoked_at": clock.now()},
        {"needs_approval": True},
        {"full": False, "permissions": {"view": []}},
        {"full": False, "permissions": {"view": ["units"]}},
    ],
    ids=["expired", "revoked", "needs approval", "no scope", "other scope"],
)
def test_a_grant_that_is_not_live_grants_nothing(world: World, values: dict[str, Any]) -> None:
    ticket = report(world)
    grant(world, "Building", world.building_id, **{"full": True, **values})
    assert not may(world, "stranger", "ticket:view", ticket)
    assert not may(world, "stranger", "ticket:edit", ticket)


def test_a_company_sees_its_requests_unless_the_owner_says_no(world: World) -> None:
    ticket = report(world, "manager", tenant_company_id=world.company_id)
    assert may(world, "tenant_admin", "ticket:view", ticket)
    assert not may(world, "occupant", "ticket:view", ticket)
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "update property_owners set settings = settings"
                " || '{\"tenant_company_staff\": false}' where id = :id"
            ),
            {"id": world.owner_id},
        )
    assert not may(world, "tenant_admin", "ticket:view", ticket)


def test_a_role_in_one_building_stops_at_its_door(world: World) -> None:
    world.add(
        Membership(
            user_id=world.people["stranger"],
            role=MembershipRole.BUILDING_MANAGER,
            property_owner_id=world.owner_id,
            building_id=world.second_building_id,
        )
    )
    inside = report(world, "manager", building_id=world.second_building_id, unit_id=None)
    outside = report(world)
    assert may(world, "stranger", "ticket:view", inside)
    assert may(world, "stranger", "ticket:assign", inside)
    assert not may(world, "stranger", "ticket:view", outside)


def test_app_admins_see_nothing_without_a_stated_reason(world: World) -> None:
    ticket = report(world)
    assert not may(world, "app_admin", "ticket:view", ticket)
    assert not may(world, "app_admin", "ticket:edit", ticket)
