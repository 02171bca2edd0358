"""What workers do for the list: acts on many tickets, long files, and what outlives them."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.notifications.models import Notification
from ecopick.domains.notifications.reach import people_reached
from ecopick.domains.tickets.commands.bulk import begin_bulk, carry_on
from ecopick.domains.tickets.desk_inputs import BulkMessage, BulkPriority
from ecopick.domains.tickets.lifecycle import (
    EXPORT_KEPT,
    BulkKind,
    BulkOutcome,
    BulkState,
    TicketPriority,
)
from ecopick.domains.tickets.models import BulkAct, BulkResult, ListExport, Ticket
from jobs import bulk, exports
from jobs.outbox import dispatch_owner
from jobs.runtime import Runtime
from tests.factories import World
from tests.pages.test_export import fill, report
from tests.signing_in import Api, api_of


@pytest.fixture
def manager(app: Flask, world: World) -> Api:
    return api_of(app, world, "manager")


def ids(world: World) -> list[uuid.UUID]:
    with Session(world.engine) as session:
        return list(
            session.scalars(select(Ticket.id).where(Ticket.property_owner_id == world.owner_id))
        )


def test_a_worker_goes_on_where_another_died(jobs: Runtime, world: World) -> None:
    fill(world, 60)
    actor, chosen = world.actor("manager"), ids(world)
    data = BulkPriority(ticket_id=chosen, priority=TicketPriority.HIGH)
    with jobs.database.transaction(actor.scope) as session:
        act_id = begin_bulk(session, actor, None, BulkKind.PRIORITY, data).id
    with jobs.database.transaction(actor.scope) as session:
        assert carry_on(session, actor, act_id)
    assert bulk.work() == 1 and bulk.work() == 0
    with Session(world.engine) as session:
        act = session.get_one(BulkAct, act_id)
        assert (act.state, act.changed, act.tickets_done) == (BulkState.DONE, 60, 60)
        rows = session.scalars(select(BulkResult).where(BulkResult.bulk_act_id == act_id)).all()
        assert {row.outcome for row in rows} == {BulkOutcome.DONE}
        versions = session.scalars(select(Ticket.version).where(Ticket.id.in_(chosen))).all()
        assert set(versions) == {2}


def test_as_many_are_told_as_was_said(jobs: Runtime, world: World, manager: Api) -> None:
    """The number that stands beside a message is that of the people who hear of it."""
    own = report(manager, world, "Lift stands still")
    home = api_of(jobs_app(manager), world, "resident").post(
        "/api/tickets",
        {
            "building_id": str(world.building_id),
            "unit_id": str(world.unit_id),
            "title": "Water under the sink",
            "category": "plumbing",
        },
    )
    chosen = [uuid.UUID(own), uuid.UUID(home.get_json()["id"])]
    dispatch_owner(jobs, world.owner_id)
    actor = world.actor("manager")
    with jobs.database.transaction(actor.scope) as session:
        said = people_reached(session, actor, chosen)
        act = begin_bulk(
            session, actor, None, BulkKind.MESSAGE, BulkMessage(ticket_id=chosen, body="Off.")
        )
        assert not carry_on(session, actor, act.id)
    dispatch_owner(jobs, world.owner_id)
    with Session(world.engine) as session:
        told = session.scalars(
            select(Notification.user_id)
            .where(
                Notification.property_owner_id == world.owner_id,
                Notification.type == "ticket_message",
            )
            .distinct()
        ).all()
    assert said == len(told) > 0


def jobs_app(api: Api) -> Flask:
    return api.client.application


def test_a_list_is_written_told_fetched_and_gone(jobs: Runtime, world: World, manager: Api) -> None:
    fill(world, 1500)
    made = manager.post("/api/tickets/exports", {"format": "csv", "view": "all"})
    assert made.status_code == 202, made.text
    path = f"/api/tickets/exports/{made.get_json()['id']}"
    assert manager.get(f"{path}/file").status_code == 404
    # A worker that died had begun it.
    with Session(world.engine) as session, session.begin():
        session.execute(update(ListExport).values(attempts=1, rows_done=700))
    assert exports.make_waiting() >= 1
    state = manager.get(path).get_json()
    assert (state["state"], state["rows_done"], state["rows_total"]) == ("ready", 1500, 1500)
    file = manager.get(f"{path}/file")
    assert file.data.count(b"\r\n") == 1501 and len(file.data) == state["size_bytes"]
    assert "Your list is ready" in manager.get("/en/notifications").text
    assert "there until" in manager.get("/en/tickets/exports").text
    clock.shift(EXPORT_KEPT + timedelta(minutes=1))
    try:
        assert exports.remove_expired() >= 1
    finally:
        clock.reset()
    assert manager.get(path).get_json()["state"] == "removed"
    assert manager.get(f"{path}/file").status_code == 404


def test_a_list_of_somebody_without_the_right_is_not_written(
    jobs: Runtime, world: World, manager: Api
) -> None:
    made = manager.post("/api/tickets/exports", {"format": "csv"}).get_json()
    with Session(world.engine) as session, session.begin():
        session.execute(
            text("update memberships set ended_at = now() where user_id = :who"),
            {"who": world.people["manager"]},
        )
    for _each in range(3):
        exports.make_waiting()
    with Session(world.engine) as session:
        found = session.get_one(ListExport, uuid.UUID(made["id"]))
    assert (found.state.value, found.storage_key) == ("failed", None)
