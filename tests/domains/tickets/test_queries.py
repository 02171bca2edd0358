"""Reading tickets: what each person sees, filters, pages by key, the count of statements."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.db import new_id
from ecopick.core.errors import Forbidden, Invalid, NotFound
from ecopick.domains.sla import targets
from ecopick.domains.sla.models import SLAEvent
from ecopick.domains.tickets.commands.assignment import assign_ticket
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.intake import create_ticket, update_ticket
from ecopick.domains.tickets.inputs import (
    AssignTicket,
    CreateTicket,
    ListTickets,
    PostMessage,
    UpdateTicket,
)
from ecopick.domains.tickets.lifecycle import TicketPriority, TicketStatus
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.detail import ticket_view
from ecopick.domains.tickets.queries.history import history
from ecopick.domains.tickets.queries.list import list_tickets, view_counts
from ecopick.domains.tickets.queries.pickers import members, vendor_orgs
from ecopick.domains.tickets.queries.timeline import counted_total, intervals, paused_total
from tests.factories import World
from tests.statements import statements

START = datetime(2026, 3, 12, 7, 12, tzinfo=UTC)


def add_tickets(world: World, count: int, first: int = 1000) -> list[Ticket]:
    """Stored rows, one minute apart, the last one the newest."""
    now = clock.now()
    rows = [
        Ticket(
            id=new_id(),
            property_owner_id=world.owner_id,
            building_id=world.building_id,
            unit_id=world.unit_id,
            number=first + index,
            title=f"Leak {index}",
            category="plumbing",
            priority=TicketPriority.MEDIUM,
            status=TicketStatus.NEW,
            reporter_id=world.people["resident"],
            created_at=now - timedelta(minutes=count - index),
            updated_at=now,
            sla_due_at=now + timedelta(hours=20, minutes=index % 7),
            version=1,
            open_to_vendors=False,
        )
        for index in range(count)
    ]
    with Session(world.engine, expire_on_commit=False) as session, session.begin():
        session.add_all(rows)
    return rows


def report(world: World, who: str = "resident", **values: object) -> Ticket:
    actor = world.actor(who)
    data = CreateTicket.model_validate(
        {
            "building_id": world.building_id,
            "unit_id": world.unit_id,
            "title": "Wasser unter der Spüle",
            "category": "plumbing",
            **values,
        }
    )
    with world.database.transaction(actor.scope) as session:
        return create_ticket(session, actor, data)


@pytest.mark.parametrize("sort", ["newest", "due"])
def test_every_row_once_forwards_and_backwards(world: World, sort: str) -> None:
    rows = add_tickets(world, 23)
    add_tickets_without_due = [row.id for row in rows[:2]]
    with Session(world.engine) as session, session.begin():
        for row_id in add_tickets_without_due:
            session.get_one(Ticket, row_id).sla_due_at = None
    actor = world.actor("manager")
    with world.database.transaction(actor.scope) as session:
        seen, cursor, pages = [], None, []
        while True:
            page = list_tickets(
                session,
                actor,
                ListTickets.model_validate({"sort": sort, "limit": 5, "cursor": cursor}),
            )
            pages.append([row.id for row in page.items])
            seen += pages[-1]
            if page.next_cursor is None:
                break
            cursor = page.next_cursor
        assert len(seen) == len(set(seen)) == 23
        for expected in reversed(pages[:-1]):
            page = list_tickets(
                session,
                actor,
                ListTickets.model_validate({"sort": sort, "limit": 5, "cursor": page.back_cursor}),
            )
            assert [row.id for row in page.items] == expected
        assert page.back_cursor is None
    if sort == "newest":
        assert seen == [row.id for row in reversed(rows)]
    else:
        assert set(seen[-2:]) == set(add_tickets_without_due)


def test_statements_do_not_grow_with_the_rows(world: World) -> None:
    actor = world.actor("manager")
    counts = []
    for more, first in ((1, 1000), (60, 2000)):
        add_tickets(world, more, first=first)
        with statements(world.database) as seen, world.database.transaction(actor.scope) as session:
            page = list_tickets(session, actor, ListTickets(limit=200))
            view_counts(session, actor)
        assert len(page.items) >= more
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 6


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("manager", True),
        ("caretaker", True),
        ("resident", True),
        ("neighbour", False),
        ("vendor", False),
        ("stranger", False),
    ],
)
def test_the_list_holds_what_may_be_seen(world: World, who: str, sees: bool) -> None:
    ticket = report(world)
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        found = [row.id for row in list_tickets(session, actor, ListTickets()).items]
    assert (ticket.id in found) is sees


def test_filters_and_views_agree_with_their_counts(world: World) -> None:
    now = clock.now()
    add_tickets(world, 3)
    with Session(world.engine, expire_on_commit=False) as session, session.begin():
        rows = session.query(Ticket).filter_by(property_owner_id=world.owner_id).all()
        rows[0].status, rows[0].sla_due_at = TicketStatus.IN_PROGRESS, now + timedelta(minutes=30)
        rows[1].status = TicketStatus.AWAITING_TENANT
        rows[2].status, rows[2].sla_due_at = TicketStatus.TRIAGED, now - timedelta(minutes=1)
    actor = world.actor("manager")
    with world.database.transaction(actor.scope) as session:
        counts = view_counts(session, actor)
        assert counts.pop("total") == counts["all"]
        for view, count in counts.items():
            page = list_tickets(session, actor, ListTickets(view=view))
            assert len(page.items) == count, view
        assert (counts["open"], counts["due_soon"], counts["awaiting_tenant"]) == (3, 1, 1)
        past = list_tickets(session, actor, ListTickets(due="past")).items
        assert [row.clock.state.value for row in past] == ["past_due"]
        soon = list_tickets(session, actor, ListTickets(due="soon")).items
        assert [row.clock.state.value for row in soon] == ["at_risk"]


def test_search_finds_words_and_numbers_of_the_own_owner(world: World, other_world: World) -> None:
    mine, theirs = report(world), report(other_world)
    actor = world.actor("manager")
    with world.database.transaction(actor.scope) as session:
        for words in ("wasser", "spule", "Wass", f"EP-{mine.number}"):
            found = [row.id for row in list_tickets(session, actor, ListTickets(q=words)).items]
            assert mine.id in found and theirs.id not in found, words
        assert list_tickets(session, actor, ListTickets(q="' or 1=1 --%")).items == []


@pytest.mark.parametrize(
    "values",
    [
        {"cursor": "nonsense"},
        {"cursor": "WzEsMl0"},
        {"view": "secret"},
        {"assigned_to": "somebody"},
    ],
)
def test_what_is_not_understood_is_refused(world: World, values: dict[str, str]) -> None:
    actor = world.actor("manager")
    with world.database.transaction(actor.scope) as session, pytest.raises(Invalid) as refusal:
        list_tickets(session, actor, ListTickets.model_validate(values))
    assert set(refusal.value.fields) == set(values)


def test_vendors_learn_nothing_of_people_before_acceptance(world: World) -> None:
    ticket = report(world, access_note="Key under the mat")
    manager, vendor = world.actor("manager"), world.actor("vendor")
    with world.database.transaction(manager.scope) as session:
        post_message(session, manager, ticket.id, PostMessage(body="Call the tenant"))
        data = AssignTicket(type="VENDOR", vendor_org_id=world.vendor_org_id)
        assign_ticket(session, manager, ticket.id, data)
    with world.database.transaction(vendor.scope) as session:
        view = ticket_view(session, vendor, ticket.id)
    shown = view.ticket.model_dump_json()
    assert view.hidden and view.side == "vendor"
    for secret in ("Resident", "+49 761", "Key under", "Call the tenant"):
        assert secret not in shown
    assert [row.vendor_org_id for row in view.ticket.assignments] == [world.vendor_org_id]


def test_tenants_see_neither_notes_nor_refusals(world: World) -> None:
    ticket = report(world)
    manager, resident = world.actor("manager"), world.actor("resident")
    with world.database.transaction(manager.scope) as session:
        note = PostMessage(body="Insured", visibility="team")
        post_message(session, manager, ticket.id, note)
        assert len(ticket_view(session, manager, ticket.id).ticket.messages) == 1
    with world.database.transaction(resident.scope) as session:
        view = ticket_view(session, resident, ticket.id)
        assert (view.side, view.ticket.messages, view.ticket.stakeholders) == ("tenant", [], [])
        assert history(session, resident, ticket.id) == []


def test_history_names_people_and_opens_their_values(world: World) -> None:
    ticket = report(world, access_note="Door code 4711")
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        update_ticket(session, manager, ticket.id, UpdateTicket(title="New", priority="HIGH"))
        data = AssignTicket(type="INTERNAL", assigned_to_user_id=world.people["caretaker"])
        assign_ticket(session, manager, ticket.id, data)
    with world.database.transaction(manager.scope) as session:
        entries = history(session, manager, ticket.id)
    assert [entry.action for entry in entries][-1] == "TICKET_CREATED"
    created = {change.field: change.after for change in entries[-1].entries}
    assert created["access_note"] == "Door code 4711"
    edited = next(entry for entry in entries if entry.action == "TICKET_UPDATED")
    assert edited.actor_name is not None and edited.actor_name.startswith("Manager")
    assert ("title", "Wasser unter der Spüle", "New") in [
        (change.field, change.before, change.after) for change in edited.entries
    ]
    assigned = next(entry for entry in entries if entry.action == "ASSIGNED")
    names = [str(change.after) for change in assigned.entries]
    assert any(name.startswith("Caretaker") for name in names)


def test_unknown_ids_are_not_found(world: World, other_world: World) -> None:
    theirs = report(other_world)
    actor = world.actor("manager")
    for key in (theirs.id, new_id(), "nonsense", ""):
        with world.database.transaction(actor.scope) as session, pytest.raises(NotFound):
            ticket_view(session, actor, key)


@pytest.mark.parametrize("who", ["caretaker", "resident", "vendor"])
def test_pickers_are_for_managers(world: World, who: str) -> None:
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        for picker in (members, vendor_orgs):
            with pytest.raises(Forbidden):
                picker(session, actor)
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        assert len(members(session, manager)) == 5
        assert len(vendor_orgs(session, manager)) == 2


def test_intervals_add_up() -> None:
    def mark(kind: str, minutes: int) -> SLAEvent:
        return SLAEvent(type=kind, occurred_at=START + timedelta(minutes=minutes))

    events = [
        mark("started", 0),
        mark("paused", 60),
        mark("resumed", 85),
        mark("paused", 100),
        mark("resumed", 130),
        mark("met", 200),
    ]
    end = START + timedelta(minutes=200)
    spans = intervals(events, START, end)
    assert paused_total(spans) == timedelta(minutes=55)
    assert counted_total(spans) == timedelta(minutes=145)
    assert spans[0].start == START and spans[-1].end == end
    for before, after in itertools.pairwise(spans):
        assert before.end == after.start and before.paused is not after.paused
    assert targets.due_at(START, "HIGH", paused_total(spans)) == START + timedelta(minutes=295)
