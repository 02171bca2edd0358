"""Approvals in time: people are told, reminded once, and what nobody decides ends."""

from datetime import timedelta
from typing import Any

from ecopick.core import clock
from ecopick.domains.governance.commands.approvals import decide_approval
from ecopick.domains.governance.inputs import DecideApproval
from ecopick.domains.governance.models import AccessRequest
from jobs import approvals
from jobs.runtime import Runtime
from tests.domains.governance.test_approvals import asked
from tests.domains.governance.test_permissions import edit, given
from tests.domains.tickets.test_main_line import report
from tests.factories import World
from tests.jobs.conftest import Post


def subjects(world: World, post: Post, who: str) -> list[str]:
    return [str(mail["Subject"]) for mail in post.to(world.emails[who])]


def state(world: World, jobs: Runtime, request: AccessRequest) -> str:
    with jobs.as_system(world.owner_id) as (session, _system):
        return session.get_one(AccessRequest, request.id).status.value


def test_asked_reminded_and_expired(world: World, jobs: Runtime, post: Post, work: Any) -> None:
    until = clock.now() + timedelta(hours=8)
    asking = {"approver_id": world.people["manager"], "title": "Neue Pumpe", "expires_at": until}
    request = asked(world, **asking)
    work()
    assert any("Please decide: Neue Pumpe" in each for each in subjects(world, post, "manager"))
    approvals.sweep()
    clock.shift(timedelta(hours=5))
    approvals.sweep()
    approvals.sweep()
    work()
    due = [each for each in subjects(world, post, "manager") if "Decision due soon" in each]
    assert len(due) == 1
    clock.shift(timedelta(hours=9))
    approvals.sweep()
    approvals.sweep()
    assert state(world, jobs, request) == "EXPIRED"
    work()
    ended = [each for each in subjects(world, post, "caretaker") if "Not decided in time" in each]
    assert len(ended) == 1


def test_the_answer_is_told_and_lapses(world: World, jobs: Runtime, post: Post, work: Any) -> None:
    request = asked(world, approver_id=world.people["manager"], title="Neue Pumpe")
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        decide_approval(session, manager, request.id, DecideApproval(decision="APPROVED"))
    work()
    assert any("Approved: Neue Pumpe" in each for each in subjects(world, post, "caretaker"))
    clock.shift(timedelta(hours=25))
    approvals.sweep()
    assert state(world, jobs, request) == "CLOSED"


def test_management_hears_of_an_emergency(
    world: World, jobs: Runtime, post: Post, work: Any
) -> None:
    """Check 20: a right for emergencies is not used in silence."""
    ticket = report(world)
    right = {"permissions": {"edit": ["*"], "view": ["*"]}, "needs_approval": True}
    given(world, "owner", "Building", world.building_id, emergency=True, **right)
    edit(world, ticket, "Wasser abgestellt")
    work()
    for who in ("manager", "owner"):
        assert any("emergency permission" in each for each in subjects(world, post, who)), who
