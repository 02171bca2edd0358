"""Acts on several tickets from the list: chosen, carried out, told ticket by ticket, undone."""

import re
import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ecopick.core.db import new_id
from ecopick.domains.tickets.lifecycle import (
    AssignmentState,
    BulkOutcome,
    BulkState,
    TicketPriority,
    TicketStatus,
)
from ecopick.domains.tickets.models import Assignment, BulkAct, BulkResult, Message, Ticket
from tests.factories import World
from tests.pages.test_tickets import Desk

BULK = "/en/tickets/bulk"


@pytest.fixture
def manager(client: FlaskClient, world: World) -> Desk:
    return Desk(client, world, "manager")


def report(desk: Desk, count: int, **form: object) -> list[str]:
    """Ids of new tickets."""
    return [desk.report(**form).rsplit("/", 1)[1].split("?")[0] for _each in range(count)]


def ticket(world: World, key: object) -> Ticket:
    with Session(world.engine) as session:
        return session.get_one(Ticket, uuid.UUID(str(key)))


def results(world: World) -> dict[str, BulkResult]:
    """What became of each ticket of the newest act."""
    with Session(world.engine) as session:
        act = session.scalars(
            select(BulkAct)
            .where(BulkAct.property_owner_id == world.owner_id)
            .order_by(BulkAct.created_at.desc(), BulkAct.id.desc())
            .limit(1)
        ).one()
        rows = session.scalars(select(BulkResult).where(BulkResult.bulk_act_id == act.id))
        return {str(row.ticket_id): row for row in rows}


def newest(world: World) -> BulkAct:
    with Session(world.engine) as session:
        return session.scalars(
            select(BulkAct)
            .where(BulkAct.property_owner_id == world.owner_id)
            .order_by(BulkAct.created_at.desc(), BulkAct.id.desc())
            .limit(1)
        ).one()


def test_priority_with_a_result_for_each_and_undone(manager: Desk, world: World) -> None:
    first, second = report(manager, 2)
    foreign = str(new_id())
    chosen = [first, second, foreign]
    _where, page = manager.post(f"{BULK}/priority", 200, ticket_id=chosen)
    assert "3 tickets selected" in page and "1 of them cannot be seen by you" in page
    assert page.count('name="ticket_id"') == 3
    before = ticket(world, first)
    where, _page = manager.post(
        f"{BULK}/priority/apply", ticket_id=chosen, priority="URGENT", next="/en/tickets?view=all"
    )
    assert where == "/en/tickets?view=all"
    told = manager.get(where)
    assert "2 changed, 1 not" in told
    changed = ticket(world, first)
    assert changed.priority is TicketPriority.URGENT
    assert changed.sla_due_at != before.sla_due_at
    found = results(world)
    assert found[first].outcome is BulkOutcome.DONE
    assert found[foreign].outcome is BulkOutcome.HIDDEN
    act = newest(world)
    shown = manager.get(f"{BULK}/acts/{act.id}")
    assert "A ticket that you cannot see" in shown and foreign not in shown
    # One is changed by somebody in between: the undo leaves it and says so.
    manager.post(f"/en/tickets/{second}/details", title="Another title")
    where, _page = manager.post(f"{BULK}/acts/{act.id}/undo")
    assert "It was changed since." in manager.get(where)
    back = ticket(world, first)
    assert (back.priority, back.sla_due_at, back.sla_warn_at) == (
        before.priority,
        before.sla_due_at,
        before.sla_warn_at,
    )
    assert ticket(world, second).priority is TicketPriority.URGENT
    assert newest(world).state is BulkState.UNDONE
    manager.post(f"{BULK}/acts/{act.id}/undo")
    assert ticket(world, first).version == back.version


def test_the_same_post_twice_does_nothing_twice(manager: Desk, world: World) -> None:
    (only,) = report(manager, 1)
    _where, page = manager.post(f"{BULK}/message", 200, ticket_id=[only])
    key = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert key is not None
    assert "cannot be taken back" in page and "told" in page
    form = {"ticket_id": [only], "body": "Water is off.", "visibility": "everyone"}
    for _each in range(2):
        manager.post(f"{BULK}/message/apply", **form, idempotency_key=key[1])
    with Session(world.engine) as session:
        count = session.scalar(select(func.count()).where(Message.ticket_id == uuid.UUID(only)))
    assert count == 1
    act = newest(world)
    assert act.input == {"body": "", "visibility": "everyone"}
    manager.post(f"{BULK}/acts/{act.id}/undo", 409)


def test_status_offers_what_the_lifecycle_has_and_says_why_not(manager: Desk, world: World) -> None:
    new, triaged = report(manager, 2)
    manager.post(f"/en/tickets/{triaged}/triage")
    _where, page = manager.post(f"{BULK}/status", 200, ticket_id=[new, triaged])
    offered = set(re.findall(r'name="status" value="(\w+)"', page))
    assert {"TRIAGED", "AWAITING_TENANT", "CANCELLED"} <= offered
    assert not offered & {"CLOSED", "RESOLVED"}
    assert "Possible for 1 of 2" in page and "Not possible for any" in page
    manager.post(f"{BULK}/status/apply", ticket_id=[new, triaged], status="TRIAGED")
    found = results(world)
    assert found[new].outcome is BulkOutcome.DONE
    assert found[triaged].outcome is BulkOutcome.REFUSED
    assert found[triaged].reason == "It already stands there."
    manager.post(f"{BULK}/status/apply", ticket_id=[new, triaged], status="AWAITING_TENANT")
    manager.post(f"{BULK}/acts/{newest(world).id}/undo")
    assert {ticket(world, each).status for each in (new, triaged)} == {TicketStatus.TRIAGED}
    manager.post(f"{BULK}/status/apply", ticket_id=[new], status="CANCELLED")
    where, _page = manager.post(f"{BULK}/acts/{newest(world).id}/undo")
    assert "no way leads back" in manager.get(where)


def test_assignment_is_taken_back_until_it_is_answered(manager: Desk, world: World) -> None:
    new, held = report(manager, 2)
    manager.post(f"/en/tickets/{held}/assign", assignee=f"user:{world.people['maintenance']}")
    chosen = [new, held]
    _where, page = manager.post(f"{BULK}/assign", 200, ticket_id=chosen)
    whom = f"user:{world.people['caretaker']}"
    assert whom in page and f"vendor:{world.vendor_org_id}" in page
    manager.post(f"{BULK}/assign/apply", ticket_id=chosen, assignee=whom)
    assert {ticket(world, each).status for each in chosen} == {TicketStatus.ASSIGNED}
    manager.post(f"{BULK}/acts/{newest(world).id}/undo")
    assert ticket(world, new).status is TicketStatus.TRIAGED
    with Session(world.engine) as session:
        again = session.get_one(Assignment, ticket(world, held).current_assignment_id)
    assert again.assigned_to_user_id == world.people["maintenance"]
    assert again.state is AssignmentState.PENDING
    manager.post(f"{BULK}/assign/apply", 422, ticket_id=chosen, assignee="nobody")


def test_nobody_reaches_further_than_alone(
    client: FlaskClient, manager: Desk, world: World
) -> None:
    (only,) = report(manager, 1)
    manager.post(f"{BULK}/priority/apply", ticket_id=[only], priority="HIGH")
    act = newest(world)
    form = {"ticket_id": [only], "priority": "LOW"}
    for who in ("resident", "vendor"):
        desk = Desk(client, world, who)
        desk.post(f"{BULK}/priority", 403, ticket_id=[only])
        desk.post(f"{BULK}/priority/apply", 403, **form)
    caretaker = Desk(client, world, "caretaker")
    caretaker.post(f"{BULK}/assign", 403, ticket_id=[only])
    caretaker.post(f"{BULK}/priority/apply", **form)
    assert results(world)[only].outcome is BulkOutcome.REFUSED
    assert ticket(world, only).priority is TicketPriority.HIGH
    caretaker.get(f"{BULK}/acts/{act.id}", 404)
    caretaker.post(f"{BULK}/acts/{act.id}/undo", 404)
