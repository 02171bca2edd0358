"""Rights on single things: who gives them, what they open, how they end."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from ecopick.core import clock
from ecopick.core.errors import AppError, Forbidden, Invalid
from ecopick.core.permissions import allows
from ecopick.core.roles import MembershipRole
from ecopick.domains.governance.commands import permissions as commands
from ecopick.domains.governance.commands.approvals import (
    decide_approval,
    expire_request,
    request_approval,
)
from ecopick.domains.governance.inputs import (
    DecideApproval,
    GrantPermissions,
    GrantToMany,
    RequestApproval,
    RevokePermissions,
)
from ecopick.domains.governance.models import AccessRequest, ResourcePermission
from ecopick.domains.governance.queries import permissions as queries
from ecopick.domains.governance.resources import find_resource
from ecopick.domains.people.models import Membership
from ecopick.domains.tickets.commands.intake import update_ticket
from ecopick.domains.tickets.inputs import ListTickets, UpdateTicket
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.list import list_tickets
from tests.domains.tickets.test_main_line import report
from tests.factories import World


def given(world: World, who: str, kind: str, key: Any, **values: Any) -> ResourcePermission:
    """A right that ``who`` grants to the occupant, through the command."""
    actor = world.actor(who)
    data = GrantPermissions.model_validate(
        {
            "user_id": world.people["occupant"],
            "resource_type": kind,
            "resource_id": key,
            **values,
        }
    )
    with world.database.transaction(actor.scope) as session:
        return commands.grant_permissions(
            session, actor, commands.place(session, actor, data), data
        )


def taken(world: World, who: str, kind: str, key: Any, **values: Any) -> ResourcePermission:
    actor = world.actor(who)
    data = RevokePermissions.model_validate(
        {"user_id": world.people["occupant"], "resource_type": kind, "resource_id": key, **values}
    )
    with world.database.transaction(actor.scope) as session:
        act = commands.revoke_scopes if data.permissions else commands.revoke_permissions
        return act(session, actor, commands.place(session, actor, data), data)


def may(world: World, action: str, ticket: Ticket, who: str = "occupant") -> bool:
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        found = allows(session, actor, action, ticket)
        if action == "ticket:view":
            listed = {row.id for row in list_tickets(session, actor, ListTickets()).items}
            assert (ticket.id in listed) == found
    return found


def edit(world: World, ticket: Ticket, title: str) -> Ticket:
    actor = world.actor("occupant")
    data = UpdateTicket.model_validate({"title": title})
    with world.database.transaction(actor.scope) as session:
        return update_ticket(session, actor, ticket.id, data)


VIEW = {"view": ["tickets"]}


def test_a_grant_opens_and_a_revocation_closes(world: World) -> None:
    ticket = report(world)
    assert not may(world, "ticket:view", ticket)
    row = given(world, "manager", "Building", world.building_id, permissions=VIEW)
    assert may(world, "ticket:view", ticket)
    assert not may(world, "ticket:edit", ticket)
    given(world, "manager", "Building", world.building_id, permissions={"edit": ["*"]})
    assert may(world, "ticket:edit", ticket)
    assert may(world, "ticket:view", ticket)
    taken(world, "manager", "Building", world.building_id, permissions={"edit": ["*"]})
    assert not may(world, "ticket:edit", ticket)
    assert may(world, "ticket:view", ticket)
    taken(world, "manager", "Building", world.building_id)
    assert not may(world, "ticket:view", ticket)
    again = given(world, "manager", "Building", world.building_id, permissions={"edit": ["*"]})
    assert (again.id, again.revoked_at) == (row.id, None)
    assert again.permissions == {"edit": ["*"]}


def test_every_grant_is_in_the_audit_and_the_person_is_told(world: World) -> None:
    row = given(world, "manager", "Building", world.building_id, permissions=VIEW)
    taken(world, "manager", "Building", world.building_id)
    with world.engine.connect() as connection:
        entries = connection.execute(
            text(
                "select actor_id, changes from audit_events where action = 'ENTITY_UPDATED'"
                " and meta ->> 'resource_id' = :id order by created_at"
            ),
            {"id": str(row.id)},
        ).all()
        events = connection.execute(
            text("select name from outbox where payload ->> 'permission_id' = :id order by name"),
            {"id": str(row.id)},
        ).scalars()
        assert list(events) == ["permission.granted", "permission.revoked"]
    assert [entry.actor_id for entry in entries] == [world.people["manager"]] * 2
    changed = {each["field"]: each for each in entries[0].changes}
    assert changed["permissions"]["to"] == {"view": ["tickets"]}
    assert "resource_permissions.revoked_at" in {each["field"] for each in entries[1].changes}


@pytest.mark.parametrize(
    ("who", "kind", "values", "error"),
    [
        ("caretaker", "Building", {}, Forbidden),
        ("building_admin", "Building", {"full": True}, Forbidden),
        ("manager", "Building", {"emergency": True}, Forbidden),
        ("narrow", "PropertyOwner", {}, Forbidden),
        ("narrow", "Second", {}, Invalid),
        ("manager", "Foreign", {}, Invalid),
        ("manager", "Self", {}, Invalid),
        ("manager", "Stranger", {}, Invalid),
        ("manager", "Past", {}, Invalid),
    ],
)
def test_nobody_grants_beyond_their_reach(
    world: World,
    other_world: World,
    who: str,
    kind: str,
    values: dict[str, Any],
    error: type[AppError],
) -> None:
    """Check 18: foreign buildings and people in a grant are 422; nothing is written."""
    if who == "narrow":
        world.add(world.person("narrow"))
        world.add(
            Membership(
                user_id=world.people["narrow"],
                role=MembershipRole.BUILDING_MANAGER,
                property_owner_id=world.owner_id,
                building_id=world.building_id,
            )
        )
    keys = {
        "PropertyOwner": world.owner_id,
        "Second": world.second_building_id,
        "Foreign": other_world.building_id,
    }
    extra: dict[str, Any] = {
        "Self": {"user_id": world.people["manager"]},
        "Stranger": {"user_id": other_world.people["resident"]},
        "Past": {"expires_at": clock.now() - timedelta(hours=1)},
    }.get(kind, {})
    with pytest.raises(error):
        given(
            world,
            who,
            "PropertyOwner" if kind == "PropertyOwner" else "Building",
            keys.get(kind, world.building_id),
            **{"permissions": VIEW, **values, **extra},
        )
    with world.engine.connect() as connection:
        query = "select count(*) from resource_permissions where property_owner_id = :id"
        assert connection.execute(text(query), {"id": world.owner_id}).scalar_one() == 0


def test_only_an_owner_touches_full_and_emergency_rights(world: World) -> None:
    given(world, "owner", "Building", world.building_id, full=True)
    for act in (
        lambda: given(world, "manager", "Building", world.building_id, permissions=VIEW),
        lambda: taken(world, "manager", "Building", world.building_id),
    ):
        with pytest.raises(Forbidden):
            act()
    taken(world, "owner", "Building", world.building_id)
    row = given(world, "manager", "Building", world.building_id, permissions=VIEW)
    assert not row.full


def ask(world: World, ticket: Ticket, action: str = "ticket:edit") -> AccessRequest:
    """The occupant asks to use a right that needs it; the manager approves."""
    occupant, manager = world.actor("occupant"), world.actor("manager")
    data = RequestApproval.model_validate(
        {"action": action, "approver_id": manager.user_id, "valid_hours": 4}
    )
    with world.database.transaction(occupant.scope) as session:
        # What needs an approval cannot be seen yet: the thing is found as its system does.
        about = find_resource(session, world.actor("owner"), "Ticket", ticket.id)
        request = request_approval(session, occupant, data, about=about, ticket_id=ticket.id)
    with world.database.transaction(manager.scope) as session:
        decide_approval(session, manager, request.id, DecideApproval(decision="APPROVED"))
    return request


def test_an_approval_counts_once_and_is_linked_to_its_use(world: World) -> None:
    ticket = report(world)
    given(world, "manager", "Building", world.building_id, permissions=VIEW)
    assert not may(world, "ticket:edit", ticket)
    taken(world, "manager", "Building", world.building_id)
    given(
        world,
        "manager",
        "Building",
        world.building_id,
        permissions={"edit": ["*"], "view": ["*"]},
        needs_approval=True,
    )
    assert not may(world, "ticket:view", ticket)
    assert not may(world, "ticket:edit", ticket)
    ask(world, ticket, "ticket:view")
    assert may(world, "ticket:view", ticket)
    request = ask(world, ticket)
    assert may(world, "ticket:edit", ticket)
    assert may(world, "ticket:edit", ticket), "looking at the button uses nothing up"
    edit(world, ticket, "Neuer Titel")
    with world.database.transaction(world.actor("owner").scope) as session:
        row = session.get_one(AccessRequest, request.id)
        assert row.status == "CLOSED"
        assert row.closed_at is not None
        used = (row.metadata_ or {})["used"]
        assert used["action"] == "ticket:edit"
        assert used["resource_id"] == str(ticket.id)
        assert used["by"] == str(world.people["occupant"])
    assert not may(world, "ticket:edit", ticket)
    with pytest.raises(Forbidden):
        edit(world, ticket, "Noch einer")
    assert may(world, "ticket:view", ticket), "reading goes on while the approval lasts"


def test_an_approved_right_lapses(world: World) -> None:
    ticket = report(world)
    right = {"permissions": {"edit": ["*"], "view": ["*"]}, "needs_approval": True}
    given(world, "manager", "Building", world.building_id, **right)
    request = ask(world, ticket, "ticket:view")
    assert may(world, "ticket:view", ticket)
    clock.shift(timedelta(hours=5))
    assert not may(world, "ticket:view", ticket)
    system = world.actor("owner")
    from ecopick.core.actor import Actor

    with world.database.transaction(system.scope) as session:
        assert expire_request(session, Actor.system(world.owner_id), request.id)
        assert session.get_one(AccessRequest, request.id).status == "CLOSED"


def test_an_emergency_overrides_the_approval_and_is_told(world: World) -> None:
    """Check 20: whoever passes an approval in an emergency leaves a record each time."""
    ticket = report(world)
    right = {
        "permissions": {"edit": ["*"], "view": ["*"]},
        "needs_approval": True,
        "emergency": True,
    }
    given(world, "owner", "Building", world.building_id, **right)
    assert may(world, "ticket:view", ticket)
    edit(world, ticket, "Wasser abgestellt")
    actor = world.actor("occupant")
    with world.database.transaction(actor.scope) as session:
        get_ticket(session, actor, ticket.id)
        session.rollback()  # Read all the same.
    with world.engine.connect() as connection:
        rows = connection.execute(
            text(
                "select reason_code from auth_audit_events where action = 'emergency_access'"
                " and user_id = :id order by created_at"
            ),
            {"id": world.people["occupant"]},
        ).scalars()
        assert list(rows).count("ticket:view") == 2  # once for the change, once for the look
        events = connection.execute(
            text(
                "select payload ->> 'action' from outbox"
                " where name = 'permission.emergency_used' and property_owner_id = :id"
            ),
            {"id": world.owner_id},
        ).scalars()
        assert {"ticket:edit", "ticket:view"} == set(events)


def test_the_questions_that_code_may_ask(world: World) -> None:
    ticket = report(world)
    other = report(world, title="Anderes")
    given(world, "manager", "Ticket", ticket.id, permissions={"view": ["*"], "edit": ["tickets"]})
    actor = world.actor("occupant")
    manager = world.actor("manager")
    with world.database.transaction(actor.scope) as session:
        here = ("tickets", "Ticket", ticket.id)
        assert queries.has_permission(session, actor, "view", *here)
        assert not queries.has_permission(session, actor, "resolve", *here)
        assert not queries.has_permission(session, actor, "fly", *here)
        assert queries.has_all_permissions(session, actor, ["view", "edit"], *here)
        assert not queries.has_all_permissions(session, actor, ["view", "resolve"], *here)
        assert not queries.has_all_permissions(session, actor, [], *here)
        assert queries.has_any_permission(session, actor, ["resolve", "view"], *here)
        assert not queries.has_any_permission(session, actor, ["resolve"], *here)
        assert not queries.has_permission(session, actor, "view", "tickets", "Ticket", other.id)
        matrix = queries.get_permissions(session, actor.user_id, "Ticket", ticket.id)
        assert matrix == {"view": ["*"], "edit": ["tickets"]}
        assert queries.get_permissions(session, actor.user_id, "Ticket", other.id) == {}
        found = queries.get_accessible_resources(session, actor, "view", "tickets", "Ticket")
        assert found == [ticket.id]
    with world.database.transaction(manager.scope) as session:
        lines = queries.get_all_permissions_for_user(session, manager, actor.user_id)
        assert [line.resource_id for line in lines] == [ticket.id]


def test_setting_replaces_and_many_at_once(world: World) -> None:
    manager = world.actor("manager")
    ids = [world.people["occupant"], world.people["tenant_admin"]]
    data = GrantToMany(
        user_ids=ids,
        resource_type="Building",
        resource_id=world.building_id,
        permissions={"view": ["*"]},
    )
    with world.database.transaction(manager.scope) as session:
        at = commands.place(session, manager, data)
        assert len(commands.grant_permissions_bulk(session, manager, at, data)) == 2
    with world.database.transaction(manager.scope) as session:
        one = GrantPermissions(
            user_id=ids[0],
            resource_type="Building",
            resource_id=world.building_id,
            permissions={"edit": ["tickets"]},
        )
        row = commands.set_permissions(session, manager, commands.place(session, manager, one), one)
        assert row.permissions == {"edit": ["tickets"]}
        count = session.scalars(select(ResourcePermission.id)).all()
        assert len(count) == 2


def test_buildings_by_right(world: World) -> None:
    """Lists of buildings and the single check agree on explicit rights."""
    from ecopick.domains.property.models import Building
    from ecopick.domains.property.queries import buildings

    given(world, "manager", "Building", world.second_building_id, permissions={"view": ["*"]})
    actor = world.actor("occupant")
    with world.database.transaction(actor.scope) as session:
        listed = {line.id for line in buildings(session, actor)}
        for building in session.scalars(select(Building)):
            assert (building.id in listed) == allows(session, actor, "building:view", building)
        assert world.second_building_id in listed
