"""Who does the work: answers and their undoing, participation, departed people."""

from typing import Any

import pytest
from sqlalchemy import select, text

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.audit.models import AccessDecision
from ecopick.core.errors import Conflict, Forbidden
from ecopick.core.roles import MembershipRole
from ecopick.domains.people.models import Membership
from ecopick.domains.tickets.commands.assignment import assign_ticket, undo_response
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.intake import triage_ticket
from ecopick.domains.tickets.commands.stakeholders import add_stakeholder, remove_stakeholder
from ecopick.domains.tickets.inputs import (
    AddStakeholder,
    AssignTicket,
    PostMessage,
    TriageTicket,
)
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import Assignment, Ticket, TicketStakeholder
from tests.domains.tickets.test_main_line import (
    add_evidence,
    answer,
    assign_vendor,
    audit_actions,
    now_at,
    report,
    status,
)
from tests.factories import World

S = TicketStatus


def assign(world: World, ticket: Ticket, who: str) -> Assignment:
    manager = world.actor("manager")
    data = AssignTicket(type="INTERNAL", assigned_to_user_id=world.people[who])
    with world.database.transaction(manager.scope) as session:
        return assign_ticket(session, manager, ticket.id, data)


def part_of(world: World, ticket: Ticket, who: str) -> TicketStakeholder | None:
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        return session.scalars(
            select(TicketStakeholder).where(
                TicketStakeholder.ticket_id == ticket.id,
                TicketStakeholder.user_id == world.people[who],
            )
        ).one_or_none()


def write(world: World, ticket: Ticket, who: str, visibility: str = "everyone") -> None:
    actor = world.actor(who)
    data = PostMessage.model_validate({"body": "Guten Tag", "visibility": visibility})
    with world.database.transaction(actor.scope) as session:
        post_message(session, actor, ticket.id, data)


def undo(world: World, assignment: Assignment, who: str = "vendor") -> None:
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        undo_response(session, actor, assignment.id)


@pytest.mark.parametrize("who", ["caretaker", "maintenance"])
def test_caretakers_review_accept_work_and_resolve(world: World, who: str) -> None:
    ticket = report(world)
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        triage_ticket(session, actor, ticket.id, TriageTicket())
    with pytest.raises(Forbidden):
        status(world, ticket, "IN_PROGRESS", who)
    assign(world, ticket, who)
    for target in ("IN_PROGRESS", "AWAITING_TENANT", "IN_PROGRESS", "AWAITING_VENDOR"):
        status(world, ticket, target, who)
    add_evidence(world, ticket)
    status(world, ticket, "RESOLVED", who)
    assert now_at(world, ticket).status == S.RESOLVED


def test_a_decline_of_the_staff_is_no_decline_of_a_vendor(world: World) -> None:
    ticket = report(world)
    answer(world, assign(world, ticket, "caretaker"), "caretaker", accept=False)
    assert audit_actions(world, ticket)[-1] == "STATUS_CHANGED"
    answer(world, assign_vendor(world, ticket), accept=False)
    assert audit_actions(world, ticket)[-1] == "VENDOR_DECLINED"


@pytest.mark.parametrize("step", ["message", "status"])
def test_an_answer_on_which_something_was_built_stays(world: World, step: str) -> None:
    ticket = report(world)
    assignment = assign_vendor(world, ticket)
    answer(world, assignment)
    if step == "message":
        write(world, ticket, "resident")
    else:
        status(world, ticket, "AWAITING_VENDOR", "vendor")
        status(world, ticket, "IN_PROGRESS", "vendor")
    with pytest.raises(Conflict, match="illegal_transition"):
        undo(world, assignment)


def test_a_note_of_the_team_takes_no_undo_away(world: World) -> None:
    ticket = report(world)
    assignment = assign_vendor(world, ticket)
    answer(world, assignment)
    write(world, ticket, "manager", "team")
    undo(world, assignment)
    assert now_at(world, ticket).status == S.ASSIGNED
    part = part_of(world, ticket, "vendor")
    assert part is not None and part.removed_at is not None


def test_the_undo_of_a_decline_ends_with_the_next_assignment(world: World) -> None:
    ticket = report(world)
    assignment = assign_vendor(world, ticket)
    answer(world, assignment, accept=False)
    assign(world, ticket, "caretaker")
    vendor = world.actor("vendor")
    with (
        pytest.raises(Conflict, match="illegal_transition"),
        world.database.transaction(vendor.scope) as session,
    ):
        undo_response(session, vendor, session.get_one(Assignment, assignment.id))


def test_whoever_accepts_takes_part_until_the_work_goes_elsewhere(world: World) -> None:
    ticket = report(world)
    manager = world.actor("manager")
    data = AddStakeholder(user_id=world.people["caretaker"], can_edit=True)
    with world.database.transaction(manager.scope) as session:
        add_stakeholder(session, manager, ticket.id, data)
    answer(world, assign(world, ticket, "caretaker"), "caretaker")
    part = part_of(world, ticket, "caretaker")
    assert part is not None
    rights = (part.can_view, part.can_comment, part.can_resolve, part.can_edit)
    assert (part.role, rights) == ("assignee", (True, True, True, False))
    answer(world, assign_vendor(world, ticket))
    part = part_of(world, ticket, "caretaker")
    assert part is not None and part.removed_at is not None


def test_rules_outlive_people_and_contracts(world: World) -> None:
    world.add_rule(assignee="caretaker", vendor=True, priority=10)
    world.add_rule(assignee="maintenance")
    with world.engine.begin() as connection:
        for statement in (
            "update memberships set ended_at = now() where user_id = :id",
            "update owner_vendors set ended_at = now() where vendor_org_id = :id",
        ):
            for key in (world.people["caretaker"], world.vendor_org_id):
                connection.execute(text(statement), {"id": key})
    ticket = report(world)
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        found = session.get_one(Assignment, now_at(world, ticket).current_assignment_id)
        assert found.assigned_to_user_id == world.people["maintenance"]


def test_nothing_changes_on_a_closed_ticket(world: World) -> None:
    ticket = report(world)
    manager = world.actor("manager")
    data = AddStakeholder(user_id=world.people["caretaker"])
    with world.database.transaction(manager.scope) as session:
        add_stakeholder(session, manager, ticket.id, data)
    status(world, ticket, "CANCELLED")
    steps: list[Any] = [
        lambda session: add_stakeholder(session, manager, ticket.id, data),
        lambda session: remove_stakeholder(session, manager, ticket.id, data.user_id),
        lambda session: post_message(session, manager, ticket.id, PostMessage(body="Noch da?")),
    ]
    for step in steps:
        with pytest.raises(Conflict), world.database.transaction(manager.scope) as session:
            step(session)


def test_a_refused_team_note_is_recorded(world: World) -> None:
    ticket = report(world)
    with pytest.raises(Forbidden):
        write(world, ticket, "resident", "team")
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        denied = session.scalars(
            select(AccessDecision.action).where(
                AccessDecision.resource_id == ticket.id, AccessDecision.granted.is_(False)
            )
        ).all()
    assert denied == ["ticket:note"]


def test_a_role_that_ended_opens_nothing(world: World) -> None:
    ticket = report(world)
    world.add(
        Membership(
            user_id=world.people["stranger"],
            role=MembershipRole.BUILDING_MANAGER,
            property_owner_id=world.owner_id,
            ended_at=clock.now(),
        )
    )
    assert not world.actor("stranger").is_management(world.owner_id, ticket.building_id)
