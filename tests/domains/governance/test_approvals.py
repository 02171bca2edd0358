"""Approvals: every move, who may make it, in which order, and in time."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Conflict, Forbidden, Invalid, NotFound
from ecopick.core.roles import MembershipRole
from ecopick.domains.governance.commands import approvals, delegates
from ecopick.domains.governance.inputs import (
    AskQuestion,
    DecideApproval,
    ListApprovals,
    NameDelegate,
    RequestApproval,
    SkipStep,
)
from ecopick.domains.governance.lifecycle import (
    REQUEST_MOVES,
    TASK_MOVES,
    AccessRequestStatus,
    AccessRequestTaskStatus,
    Move,
    advance,
    possible,
)
from ecopick.domains.governance.models import AccessRequest, AccessRequestTask
from ecopick.domains.governance.queries import approvals as queries
from ecopick.domains.people.models import Membership
from tests.factories import World

R = AccessRequestStatus
T = AccessRequestTaskStatus


def asked(world: World, who: str = "caretaker", **values: Any) -> AccessRequest:
    actor = world.actor(who)
    data = RequestApproval.model_validate({"action": "cost:approve", **values})
    with world.database.transaction(actor.scope) as session:
        return approvals.request_approval(session, actor, data)


def decided(world: World, who: str, key: Any, answer: str = "APPROVED", **values: Any) -> Any:
    actor = world.actor(who)
    data = DecideApproval.model_validate({"decision": answer, **values})
    with world.database.transaction(actor.scope) as session:
        return approvals.decide_approval(session, actor, key, data).status


def shown(world: World, key: Any, who: str = "owner") -> queries.Approval:
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        return queries.get_approval(session, actor, key)


def waiting(world: World, who: str) -> set[Any]:
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        rows = queries.list_approvals(session, actor, ListApprovals(view="waiting"))
        assert len(rows) == queries.waiting_count(session, actor)
        return {row.id for row in rows}


@pytest.mark.parametrize(
    ("kind", "state", "move"),
    [(AccessRequest, state, move) for state, move in itertools.product(R, Move)]
    + [(AccessRequestTask, state, move) for state, move in itertools.product(T, Move)],
)
def test_only_the_table_moves_a_state(kind: Any, state: Any, move: Move) -> None:
    moves = REQUEST_MOVES if kind is AccessRequest else TASK_MOVES
    row = kind(status=state)
    if move in moves and state in moves[move].before:
        assert move in possible(state)
        advance(row, move)
        assert row.status is moves[move].after
    else:
        assert move not in possible(state)
        with pytest.raises(Conflict):
            advance(row, move)
        assert row.status is state


def test_terminal_states_lead_nowhere() -> None:
    assert not any(possible(state) for state in (R.EXPIRED, R.CANCELLED, R.CLOSED))
    assert not any(possible(s) for s in (T.APPROVED, T.REJECTED, T.SKIPPED, T.CANCELLED))


def test_asked_decided_closed(world: World) -> None:
    request = asked(world, approver_id=world.people["manager"], reason="Pumpe blockiert")
    assert request.status is R.SUBMITTED
    assert waiting(world, "manager") == {request.id}
    assert waiting(world, "owner") == set()
    assert decided(world, "manager", request.id, note="Heute noch") is R.APPROVED
    found = shown(world, request.id)
    assert [(step.kind, step.status) for step in found.steps] == [("approve", "APPROVED")]
    assert waiting(world, "manager") == set()
    with pytest.raises(Conflict):
        decided(world, "manager", request.id, "REJECTED", note="Doch nicht")
    actor = world.actor("caretaker")
    with world.database.transaction(actor.scope) as session:
        approvals.close_approval(session, actor, request.id)
    assert shown(world, request.id).status is R.CLOSED


def test_steps_come_in_order(world: World) -> None:
    request = asked(
        world,
        approver_id=world.people["owner"],
        reviewer_ids=[world.people["building_admin"], world.people["manager"]],
    )
    with pytest.raises(Forbidden):
        decided(world, "owner", request.id)
    with pytest.raises(Forbidden):
        decided(world, "manager", request.id)
    assert decided(world, "building_admin", request.id) is R.IN_REVIEW
    assert waiting(world, "manager") == {request.id}
    assert decided(world, "manager", request.id) is R.IN_REVIEW
    assert decided(world, "owner", request.id) is R.APPROVED


def test_one_no_ends_it(world: World) -> None:
    request = asked(
        world, approver_id=world.people["owner"], reviewer_ids=[world.people["manager"]]
    )
    with pytest.raises(Invalid):
        decided(world, "manager", request.id, "REJECTED")
    assert decided(world, "manager", request.id, "REJECTED", note="Zu teuer") is R.REJECTED
    steps = shown(world, request.id).steps
    assert [step.status for step in steps] == ["REJECTED", "CANCELLED"]


def test_nobody_decides_for_themself(world: World) -> None:
    """Check 20: neither by naming oneself, nor through a delegate, nor by skipping."""
    with pytest.raises(Invalid):
        asked(world, "manager", approver_id=world.people["manager"])
    with pytest.raises(Invalid):
        asked(world, "manager", reviewer_ids=[world.people["manager"]])
    owner = world.actor("owner")
    away = NameDelegate(
        delegate_id=world.people["manager"],
        starts_at=clock.now() - timedelta(hours=1),
        ends_at=clock.now() + timedelta(days=3),
    )
    with world.database.transaction(owner.scope) as session:
        delegates.name_delegate(session, owner, None, away)
    request = asked(world, "manager", approver_id=world.people["owner"])
    assert waiting(world, "manager") == set()
    with pytest.raises(Forbidden):
        decided(world, "manager", request.id)
    manager = world.actor("manager")
    with pytest.raises(Forbidden), world.database.transaction(manager.scope) as session:
        approvals.skip_step(session, manager, request.id, SkipStep(reason="eilt"))
    assert decided(world, "owner", request.id) is R.APPROVED


def test_a_delegate_decides_while_somebody_is_away(world: World) -> None:
    owner = world.actor("owner")
    away = NameDelegate(
        delegate_id=world.people["building_admin"],
        starts_at=clock.now() + timedelta(days=1),
        ends_at=clock.now() + timedelta(days=3),
    )
    with world.database.transaction(owner.scope) as session:
        row = delegates.name_delegate(session, owner, None, away)
    request = asked(world, approver_id=world.people["owner"])
    with pytest.raises(Forbidden):
        decided(world, "building_admin", request.id)
    clock.shift(timedelta(days=2))
    assert waiting(world, "building_admin") == waiting(world, "owner") == {request.id}
    assert decided(world, "building_admin", request.id) is R.APPROVED
    step = shown(world, request.id).steps[0]
    assert step.reviewer_id == world.people["owner"]
    assert step.decided_by_name != step.reviewer_name
    another = asked(world, approver_id=world.people["owner"])
    with world.database.transaction(owner.scope) as session:
        delegates.end_delegation(session, owner, None, row.id)
    with pytest.raises(Forbidden):
        decided(world, "building_admin", another.id)


def test_only_management_stands_in(world: World, other_world: World) -> None:
    owner = world.actor("owner")
    for who in (world.people["caretaker"], other_world.people["manager"], owner.user_id):
        away = NameDelegate(
            delegate_id=who, starts_at=clock.now(), ends_at=clock.now() + timedelta(days=3)
        )
        with pytest.raises(Invalid), world.database.transaction(owner.scope) as session:
            delegates.name_delegate(session, owner, None, away)


def test_four_eyes_where_there_is_one_manager(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "update memberships set ended_at = now()"
                " where property_owner_id = :owner and role = 'BUILDING_ADMIN'"
            ),
            {"owner": world.owner_id},
        )
    assert asked(world, "caretaker").approver_id == world.people["manager"]
    assert asked(world, "manager").approver_id == world.people["owner"]
    assert asked(world, "owner").approver_id == world.people["manager"]
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "update memberships set ended_at = now()"
                " where property_owner_id = :owner and role = 'PROPERTY_OWNER'"
            ),
            {"owner": world.owner_id},
        )
    with pytest.raises(Invalid):
        asked(world, "manager")


@pytest.mark.parametrize("who", ["resident", "occupant", "vendor", "stranger"])
def test_who_does_not_work_here_asks_for_nothing(world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        asked(world, who)


def test_approvers_are_management_of_this_owner(world: World, other_world: World) -> None:
    for who in (world.people["caretaker"], other_world.people["manager"]):
        with pytest.raises(Invalid):
            asked(world, approver_id=who)


def test_others_see_nothing_of_it(world: World, other_world: World) -> None:
    """Check 15: a foreign approval answers exactly as a missing one."""
    request = asked(world, approver_id=world.people["manager"])
    for where, who in ((world, "maintenance"), (world, "resident"), (other_world, "owner")):
        actor = where.actor(who)
        with pytest.raises(NotFound), where.database.transaction(actor.scope) as session:
            queries.get_approval(session, actor, request.id)
    for who in ("caretaker", "manager", "building_admin"):
        assert shown(world, request.id, who).id == request.id


def test_a_narrowed_manager_decides_only_in_the_building(world: World) -> None:
    world.add(world.person("narrow"))
    world.add(
        Membership(
            user_id=world.people["narrow"],
            role=MembershipRole.BUILDING_MANAGER,
            property_owner_id=world.owner_id,
            building_id=world.second_building_id,
        )
    )
    with pytest.raises(Invalid):
        asked(world, approver_id=world.people["narrow"])


def test_taken_back_and_expired(world: World) -> None:
    request = asked(world, approver_id=world.people["manager"])
    other = asked(
        world, approver_id=world.people["manager"], expires_at=clock.now() + timedelta(hours=2)
    )
    stranger = world.actor("manager")
    with pytest.raises(Forbidden), world.database.transaction(stranger.scope) as session:
        approvals.cancel_approval(session, stranger, request.id)
    actor = world.actor("caretaker")
    with world.database.transaction(actor.scope) as session:
        approvals.cancel_approval(session, actor, request.id)
    found = shown(world, request.id)
    assert (found.status, found.steps[0].status) == (R.CANCELLED, "CANCELLED")
    clock.shift(timedelta(hours=3))
    assert waiting(world, "manager") == set()
    with pytest.raises(Conflict):
        decided(world, "manager", other.id)
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        assert approvals.expire_request(session, system, other.id)
        assert not approvals.expire_request(session, system, other.id)
    found = shown(world, other.id)
    assert (found.status, found.steps[0].status) == (R.EXPIRED, "CANCELLED")


def test_a_step_can_be_skipped_but_not_the_decision(world: World) -> None:
    request = asked(
        world, approver_id=world.people["owner"], reviewer_ids=[world.people["manager"]]
    )
    admin = world.actor("building_admin")
    with world.database.transaction(admin.scope) as session:
        approvals.skip_step(session, admin, request.id, SkipStep(reason="Im Urlaub"))
    with pytest.raises(Conflict), world.database.transaction(admin.scope) as session:
        approvals.skip_step(session, admin, request.id, SkipStep(reason="Auch"))
    assert decided(world, "owner", request.id) is R.APPROVED
    assert [step.status for step in shown(world, request.id).steps] == ["SKIPPED", "APPROVED"]


def test_opening_puts_it_in_review_and_questions_go_both_ways(world: World) -> None:
    request = asked(world, approver_id=world.people["manager"])
    manager, caretaker = world.actor("manager"), world.actor("caretaker")
    with world.database.transaction(manager.scope) as session:
        approvals.open_approval(session, manager, request.id)
        approvals.ask_question(session, manager, request.id, AskQuestion(text="Warum heute?"))
    with world.database.transaction(caretaker.scope) as session:
        approvals.ask_question(session, caretaker, request.id, AskQuestion(text="Es ist kalt."))
    found = shown(world, request.id)
    assert found.status is R.IN_REVIEW
    assert [each["text"] for each in found.questions] == ["Warum heute?", "Es ist kalt."]
    admin = world.actor("building_admin")
    with pytest.raises(Forbidden), world.database.transaction(admin.scope) as session:
        approvals.ask_question(session, admin, request.id, AskQuestion(text="Ich auch"))


def test_every_step_is_in_the_audit_and_told(world: World) -> None:
    request = asked(
        world, approver_id=world.people["owner"], reviewer_ids=[world.people["manager"]]
    )
    decided(world, "manager", request.id)
    decided(world, "owner", request.id)
    with world.engine.connect() as connection:
        entries = connection.execute(
            text(
                "select action, actor_id from audit_events"
                " where meta ->> 'resource_id' = :id order by created_at"
            ),
            {"id": str(request.id)},
        ).all()
        events = connection.execute(
            text(
                "select name from outbox where payload ->> 'request_id' = :id order by created_at"
            ),
            {"id": str(request.id)},
        ).scalars()
        assert list(events) == ["approval.requested", "approval.requested", "approval.ended"]
    people = world.people
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        ("ENTITY_CREATED", people["caretaker"]),
        ("ENTITY_STATUS_CHANGED", people["manager"]),
        ("ENTITY_STATUS_CHANGED", people["owner"]),
    ]
